"""Refunds, whole and in part, which may also fail later (https://docs.stripe.com/refunds)."""

from shop.simulator import agenda, currency, events, lists
from shop.simulator.errors import StripeError, absent
from shop.simulator.resources import balance, presentment
from shop.simulator.resources.records import Params, fetch, merged, refer, revise
from shop.simulator.store import Object, Store, field, identifier

# How long a bank takes with a refund that is not settled at once, in seconds.
_BANK_DELAY = 5


def create(store: Store, params: Params) -> Object:
    """POST /v1/refunds, of a charge or of a PaymentIntent's latest charge."""
    charge = _charge(store, params)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    _check(charge, amount)
    by_card = charge["payment_method_details"]["type"] == "card"
    refund = store.insert(_build(store, params, charge, amount, by_card=by_card))
    moved = balance.record(store, "refund" if by_card else "payment_refund", -amount, refund)
    store.save({**refund, "balance_transaction": moved["id"]})
    refund = store.get(refund["id"])
    _take_off(store, charge, amount)
    events.emit(store, "refund.created", refund)
    events.emit(store, "charge.refunded", charge)
    later = store.hidden(charge["id"]).get("refund_fails")
    if later or not by_card:
        action = "fail_refund" if later else "complete_refund"
        agenda.schedule(store, store.now() + _BANK_DELAY, action, refund["id"])
    return refund


def complete(store: Store, refund: str) -> None:
    """A pending refund has reached the customer's bank."""
    body = store.get(refund)
    if body["status"] == "pending":
        agenda.cancel(store, "complete_refund", refund)
        body = {name: value for name, value in body.items() if name != "pending_reason"}
        _tell_update(store, body | {"status": "succeeded"})


def fail(store: Store, refund: str, reason: str = "lost_or_stolen_card") -> Object:
    """A refund comes back from the customer's bank; the money is the account's again.

    Raises:
        StripeError: 400, where it has failed or been canceled already.

    """
    body = fetch(store, "refund", refund)
    if body["status"] not in ("pending", "succeeded"):
        raise StripeError(f"This refund is {body['status']} already.")
    return _undo(store, body, status="failed", failure_reason=reason)


def cancel(store: Store, _params: Params, refund: str) -> Object:
    """POST /v1/refunds/:id/cancel; only while the customer has to act, or the bank has not."""
    body = fetch(store, "refund", refund)
    if body["status"] not in ("pending", "requires_action"):
        raise StripeError(f"Refunds with a status of {body['status']} cannot be canceled.")
    return _undo(store, body, status="canceled")


def retrieve(store: Store, _params: Params, refund: str) -> Object:
    """GET /v1/refunds/:id."""
    return fetch(store, "refund", refund)


def update(store: Store, params: Params, refund: str) -> Object:
    """POST /v1/refunds/:id."""
    return revise(store, fetch(store, "refund", refund), params, event="refund.updated")


def index(store: Store, params: Params) -> Object:
    """GET /v1/refunds."""
    return lists.page(store, "refund", params, url="/v1/refunds")


def of_charge(store: Store, charge: Object) -> Object:
    """The expandable `refunds` of a charge."""
    found = store.select("refund", {field("charge"): charge["id"]}, limit=10)
    return lists.whole(found, f"/v1/charges/{charge['id']}/refunds")


def _charge(store: Store, params: Params) -> Object:
    if "charge" in params:
        return refer(store, "charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise absent("payment_intent")
    intent = refer(store, "payment_intent", params["payment_intent"], "payment_intent")
    charge = intent["latest_charge"] and store.get(intent["latest_charge"])
    if not charge or charge["status"] == "failed":
        raise StripeError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    found: Object = charge
    return found


def _check(charge: Object, amount: int) -> None:
    money, left = charge["currency"], charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise StripeError(f"Charge {charge['id']} is {charge['status']}; nothing can be refunded.")
    if charge["disputed"]:
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if charge["refunded"]:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount < 1:
        raise StripeError(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount"
        )
    if amount > left:
        raise StripeError(
            f"Refund amount ({currency.show(amount, money)}) is greater than unrefunded amount "
            f"on charge ({currency.show(left, money)})",
            param="amount",
        )


def _build(store: Store, params: Params, charge: Object, amount: int, *, by_card: bool) -> Object:
    kind = charge["payment_method_details"]["type"]
    card = {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number"}}
    card["card"]["type"] = "refund"
    return {
        "id": identifier("re_3" if by_card else "pyr_1"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": kind, **(card if by_card else {})},
        "metadata": merged({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded" if by_card else "pending",
        "transfer_reversal": None,
        **({} if by_card else {"pending_reason": "processing"}),
        **presentment.share(charge, amount),
    }


def _take_off(store: Store, charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.save(charge)


def _undo(store: Store, body: Object, **changes: str) -> Object:
    for action in ("complete_refund", "fail_refund"):
        agenda.cancel(store, action, body["id"])
    charge = store.get(body["charge"])
    _take_off(store, charge, -body["amount"])
    back = balance.record(store, "refund_failure", body["amount"], body)
    body = {**body, **changes, "failure_balance_transaction": back["id"]}
    if body["status"] == "failed":
        events.emit(store, "refund.failed", body)
    _tell_update(store, body)
    events.emit(store, "charge.updated", charge)
    return body


def _tell_update(store: Store, body: Object) -> None:
    store.save(body)
    events.emit(store, "refund.updated", body)
    events.emit(store, "charge.refund.updated", body)
