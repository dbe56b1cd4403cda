"""A customer pays a Checkout Session: by card, by bank debit, or with nothing left to pay."""

from dataclasses import dataclass
from typing import Any

from shop.simulator import agenda, cards, events
from shop.simulator.resources import (
    charges,
    coupons,
    customers,
    disputes,
    payment_intents,
    payment_methods,
    presentment,
    session_parts,
)
from shop.simulator.store import Object, Store

# How long a bank takes that answers by itself, in seconds.
_BANK_DELAY = 5
_DEBITS = {"later": "6789", "succeeds": "6789", "fails": "1116"}


@dataclass(frozen=True)
class Payer:
    """Who pays, and where to it goes.

    Attributes:
        email: For receipts.
        name: On the card or bank account.
        address: Of the bill; the form's own, or the shipping address.
        shipping: Name and address the goods go to, where one was asked for.

    """

    email: str
    name: str | None
    phone: str | None
    address: Object
    shipping: Object | None


def pay_by_card(
    store: Store, session: Object, payer: Payer, number: str, expiry: tuple[int, int]
) -> Object:
    """Try a card; the PaymentIntent tells by its status and error how it went."""
    card = cards.find(number)
    method = payment_methods.create_card(store, number, card.brand, expiry, _billing(payer))
    intent = _intent(store, session, payer, method)
    store.hide(intent["id"], number=number)
    if not card.challenge:
        return _charge_card(store, intent, method, card)
    page = f"{store.setting('base_url', '')}/c/authenticate/{session['id']}"
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": page}}
    waiting = "payment_intent.requires_action"
    return payment_intents.move(store, intent, "requires_action", waiting, next_action=action)


def authenticate(store: Store, session: Object, *, passed: bool) -> Object:
    """The customer comes back from 3-D Secure."""
    intent = store.get(session["payment_intent"])
    if intent["status"] != "requires_action":
        return intent
    method = store.get(intent["payment_method"])
    if not passed:
        return _refuse(store, intent, method, "authentication_failed", None)
    card = cards.find(store.hidden(intent["id"])["number"])
    return _charge_card(store, intent, method, card, authenticated=True)


def pay_by_debit(store: Store, session: Object, payer: Payer, outcome: str) -> Object:
    """Start a bank debit, whose money comes or fails to come later.

    Args:
        store: The account.
        session: An open session.
        payer: Who pays.
        outcome: `later` waits for `settle_debit`; `succeeds` and `fails` happen in seconds.

    """
    kind = next(each for each in session["payment_method_types"] if each != "card")
    method = payment_methods.create_debit(store, kind, _DEBITS[outcome], _billing(payer))
    intent = _intent(store, session, payer, method)
    charge = charges.create(store, intent, method)
    events.emit(store, "charge.pending", charge)
    intent = payment_intents.move(
        store, intent, "processing", "payment_intent.processing", latest_charge=charge["id"]
    )
    _complete(store, session["id"], "unpaid")
    if outcome != "later":
        action = "succeed_debit" if outcome == "succeeds" else "fail_debit"
        agenda.schedule(store, store.now() + _BANK_DELAY, action, intent["id"])
    return intent


def settle_debit(store: Store, intent: str, *, succeeds: bool) -> Object:
    """The bank answers: the money of a processing PaymentIntent is there, or never comes."""
    body = store.get(intent)
    if body["status"] != "processing":
        return body
    for action in ("succeed_debit", "fail_debit"):
        agenda.cancel(store, action, intent)
    charge = store.get(body["latest_charge"])
    session = store.get(store.hidden(intent)["session"])
    if succeeds:
        body = _succeed(store, body, charge)
        session["payment_status"] = "paid"
    else:
        message = "The customer's bank account could not be located."
        charges.fail(store, charge, "no_account", message, None)
        error = _error("no_account", message, charge, store.get(body["payment_method"]), None)
        body = _back(store, body, error)
    store.save(session)
    verdict = "succeeded" if succeeds else "failed"
    events.emit(store, f"checkout.session.async_payment_{verdict}", session)
    return body


def complete_free(store: Store, session: Object, payer: Payer) -> None:
    """Nothing is left to pay, as with a code for all of it."""
    _collect(store, session, payer)
    _complete(store, session["id"], "no_payment_required")


def _charge_card(
    store: Store, intent: Object, method: Object, card: cards.Card, *, authenticated: bool = False
) -> Object:
    charge = charges.create(store, intent, method, authenticated=authenticated)
    if card.decline:
        return _refuse(store, intent, method, card.decline, charge)
    intent = _succeed(store, intent, charge)
    _complete(store, store.hidden(intent["id"])["session"], "paid")
    _foresee(store, charge, card)
    return intent


def _succeed(store: Store, intent: Object, charge: Object) -> Object:
    charges.succeed(store, charge)
    return payment_intents.move(
        store,
        intent,
        "succeeded",
        "payment_intent.succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
    )


def _refuse(
    store: Store, intent: Object, method: Object, decline: str, charge: Object | None
) -> Object:
    message = cards.MESSAGES[decline]
    if charge is None:
        code, decline_code = "payment_intent_authentication_failure", None
    else:
        code = decline if decline in cards.OWN_CODES else "card_declined"
        decline_code = decline
        charges.fail(store, charge, code, message, decline)
        intent = {**intent, "latest_charge": charge["id"]}
    return _back(store, intent, _error(code, message, charge, method, decline_code))


def _back(store: Store, intent: Object, error: Object) -> Object:
    return payment_intents.move(
        store,
        intent,
        "requires_payment_method",
        "payment_intent.payment_failed",
        last_payment_error=error,
        payment_method=None,
    )


def _error(
    code: str, message: str, charge: Object | None, method: Object, decline: str | None
) -> Object:
    error: dict[str, Any] = {"code": code, "message": message, "payment_method": method}
    if charge:
        error["charge"] = charge["id"]
    if decline:
        error["decline_code"] = decline
    kind = "card_error" if charge and method["type"] == "card" else "invalid_request_error"
    return error | {"type": kind}


def _intent(store: Store, session: Object, payer: Payer, method: Object) -> Object:
    """The session's PaymentIntent, made at the first attempt, with what is paid now."""
    _collect(store, session, payer)
    shipping = payer.shipping and {**payer.shipping, "phone": payer.phone}
    if not session["payment_intent"]:
        made = payment_intents.create(store, session, shipping)
        session["payment_intent"] = made["id"]
        store.save(session)
    intent = store.get(session["payment_intent"])
    intent |= {
        "amount": session["amount_total"],
        "customer": session["customer"],
        "payment_method": method["id"],
        "shipping": shipping or intent["shipping"],
    }
    shown = presentment.of(session, payer.address["country"])
    store.save(session | shown)
    return store.save(intent | shown)


def _collect(store: Store, session: Object, payer: Payer) -> None:
    """Write what the customer told into the session."""
    session["customer_details"] = {
        "address": payer.address,
        "business_name": None,
        "email": payer.email,
        "individual_name": None,
        "name": payer.name,
        "phone": payer.phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    if payer.shipping:
        details = session_parts.shipping_details(payer.shipping)
        collected = session_parts.nothing_collected()
        session["collected_information"] = {**collected, "shipping_details": details}
    if session["customer_creation"] == "always" and not session["customer"]:
        made = customers.create(store, {"email": payer.email, "name": payer.name})
        session["customer"] = made["id"]
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"
    store.save(session)


def _complete(store: Store, session: str, payment_status: str) -> None:
    body = store.get(session)
    body |= {"status": "complete", "payment_status": payment_status, "url": None}
    store.save(body)
    agenda.cancel(store, "expire_session", session)
    discount = store.hidden(session).get("discount")
    if discount:
        coupons.redeem(store, discount["source"]["coupon"], discount["promotion_code"])
    event = events.emit(store, "checkout.session.completed", body)
    store.hide(session, completed_by=event["id"])


def _foresee(store: Store, charge: Object, card: cards.Card) -> None:
    """What a test card brings upon its payment afterwards."""
    if card.afterwards == "refund_fails":
        store.hide(charge["id"], refund_fails=True)
    elif card.afterwards == "dispute":
        disputes.open_dispute(store, charge["id"])
    elif card.afterwards == "warning":
        disputes.warn(store, charge["id"])


def _billing(payer: Payer) -> Object:
    return {
        "address": payer.address,
        "email": payer.email,
        "name": payer.name,
        "phone": payer.phone,
        "tax_id": None,
    }
