"""The dialogue with Stripe: Sessions, refunds, disputes, events.

The only module that imports `stripe`. It touches no table, and since an answer may take half a
minute, it is never called inside a transaction.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import stripe
from stripe import RequestsClient, StripeClient

from core import config, db
from shop import facts, payment_page
from shop.models import Order, StrayPayment
from shop.payment_page import Wishes

log = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
_TIMEOUT = (3, 10)  # seconds to connect, to answer
_RETRIES = 2
_TOLERANCE = 300  # seconds that an event's signature may be old

stripe.enable_telemetry = False
# It tells of each request, with ids that open pages.
logging.getLogger("stripe").setLevel(logging.WARNING)


class Unavailable(Exception):
    """Stripe cannot be reached or cannot answer; what was asked may be asked again."""


class Refused(Exception):
    """Stripe will not do it; the text is Stripe's reason."""


class Unknown(LookupError):
    """Stripe has no such object."""


class BadEvent(ValueError):
    """What was sent to the webhook is not Stripe's: no valid signature of late, or no event."""


def open_session(order: Order, wishes: Wishes | None = None) -> facts.Session:
    """Open the page on which the order is paid; asked again, the same one.

    Should Stripe not take what is to be offered there, the page opens without: an upsell costs no
    sale. Raises `Unavailable` and `Refused`.
    """
    wishes = wishes or Wishes()
    params = payment_page.session(order, wishes)
    key = f"checkout:{order.token}:{order.attempt}"
    with _speaking() as client:
        if order.discount_amount:
            params["discounts"] = [{"coupon": _coupon(client, order)}]
        elif wishes.take_codes:
            params["allow_promotion_codes"] = True
        if offered := _offered(client, order, wishes):
            try:
                return _opened(client, {**params, "optional_items": offered}, key)
            except stripe.InvalidRequestError as error:
                if not str(error.param).startswith("optional_items"):
                    raise
                log.warning("Stripe does not offer what it was asked to: %s", error)
                _price_ids.clear()
                key = f"{key}:alone"
        return _opened(client, params, key)


def read_session(session_id: str) -> facts.Session:
    """The Session as it is now. Raises `Unavailable` and `Unknown`."""
    with _speaking() as client:
        found = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
        return facts.session(found.to_dict())


def lines_of(session_id: str) -> list[facts.Line]:
    """What a Session sells in the end, line by line. Raises `Unavailable` and `Unknown`."""
    with _speaking() as client:
        found = client.v1.checkout.sessions.line_items.list(session_id, {"limit": 100})
        return [facts.line(each.to_dict()) for each in found.auto_paging_iter()]


def expire_session(session_id: str) -> facts.Session:
    """Make sure that nobody can pay any more; the Session as it is then, perhaps paid before.

    Raises `Unavailable` and `Unknown`.
    """
    try:
        with _speaking() as client:
            client.v1.checkout.sessions.expire(session_id)
    except Refused as reason:
        log.info("session %s is not open any more: %s", session_id, reason)
    return read_session(session_id)


def session_of(payment_intent: str) -> str | None:
    """The Session that a payment was made on. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1})
        return next((each.id for each in found.data), None)


def refund(order: Order, amount: int, row: int) -> facts.Refund:
    """Give back `amount` minor units; asked again for the same row, the same refund.

    Raises `Unavailable` and `Refused`.
    """
    assert order.payment_intent is not None, "an order that cost nothing has nothing to refund"
    params: Any = {
        "payment_intent": order.payment_intent,
        "amount": amount,
        "reason": "requested_by_customer",
        "metadata": {"order": order.token, "refund": str(row)},
    }
    key = f"refund:{order.token}:{row}"
    with _speaking() as client:
        made = client.v1.refunds.create(params, {"idempotency_key": key})
        return facts.refund(made.to_dict())


def give_back(stray: StrayPayment, token: str) -> facts.Refund:
    """Give back all that is left of a payment that its order did not ask for; asked again, once.

    Raises `Unavailable` and `Refused`.
    """
    assert stray.payment_intent is not None, "what cost nothing cannot go back"
    assert stray.asked_at is not None, "nobody asked for it"
    params: Any = {
        "payment_intent": stray.payment_intent,
        "reason": "duplicate",
        "metadata": {"order": token},
    }
    key = f"stray:{token}:{stray.id}:{stray.asked_at:%s%f}"
    with _speaking() as client:
        made = client.v1.refunds.create(params, {"idempotency_key": key})
        return facts.refund(made.to_dict())


def read_refund(refund_id: str) -> facts.Refund:
    """The refund as it is now. Raises `Unavailable` and `Unknown`."""
    with _speaking() as client:
        return facts.refund(client.v1.refunds.retrieve(refund_id).to_dict())


def read_dispute(dispute_id: str) -> facts.Dispute:
    """The dispute as it is now. Raises `Unavailable` and `Unknown`."""
    with _speaking() as client:
        return facts.dispute(client.v1.disputes.retrieve(dispute_id).to_dict())


def refunds_of(payment_intent: str) -> list[facts.Refund]:
    """Every refund of a payment. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.refunds.list({"payment_intent": payment_intent, "limit": 100})
        return [facts.refund(each.to_dict()) for each in found.auto_paging_iter()]


def sessions_since(moment: datetime) -> list[facts.Session]:
    """Every Session that was opened since a moment. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.checkout.sessions.list(
            {
                "created": {"gte": int(moment.timestamp())},
                "limit": 100,
                "expand": ["data.payment_intent"],
            }
        )
        return [facts.session(each.to_dict()) for each in found.auto_paging_iter()]


def charges_since(moment: datetime) -> list[facts.Charge]:
    """Every charge since a moment. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.charges.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        return [facts.charge(each.to_dict()) for each in found.auto_paging_iter()]


def undelivered_since(moment: datetime) -> int:
    """How many events since a moment Stripe could not deliver. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.events.list(
            {
                "delivery_success": False,
                "created": {"gte": int(moment.timestamp())},
                "limit": 100,
            }
        )
        return sum(1 for _ in found.auto_paging_iter())


def refunds_since(moment: datetime) -> list[facts.Refund]:
    """Every refund since a moment. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.refunds.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        return [facts.refund(each.to_dict()) for each in found.auto_paging_iter()]


def disputes_since(moment: datetime) -> list[facts.Dispute]:
    """Every dispute since a moment. Raises `Unavailable`."""
    with _speaking() as client:
        found = client.v1.disputes.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        return [facts.dispute(each.to_dict()) for each in found.auto_paging_iter()]


def warnings_since(moment: datetime) -> list[facts.FraudWarning]:
    """Every early fraud warning since a moment; none where our key may not read them.

    Raises `Unavailable`.
    """
    params: Any = {
        "created": {"gte": int(moment.timestamp())},
        "limit": 100,
        "expand": ["data.charge"],
    }
    with _speaking() as client:
        try:
            found = client.v1.radar.early_fraud_warnings.list(params)
        except stripe.PermissionError as error:
            log.warning("fraud warnings come by events alone: %s", error)
            return []
        return [facts.fraud_warning(each.to_dict()) for each in found.auto_paging_iter()]


def read_event(payload: bytes, signature: str | None) -> facts.Notice:
    """The event that Stripe signed, within five minutes, with one of our secrets.

    Raises `BadEvent`.
    """
    try:
        _verify(payload.decode(), signature or "")
        return facts.notice(json.loads(payload))
    except stripe.SignatureVerificationError as error:
        raise BadEvent(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadEvent(f"no event: {error}") from error


@contextmanager
def _speaking() -> Iterator[StripeClient]:
    """Our client, while nothing of the database is held; the library's errors become ours."""
    db.let_go()
    try:
        yield _client_for(config.current())
    except stripe.InvalidRequestError as error:
        reason = error.user_message or str(error)
        if error.code == "resource_missing":
            raise Unknown(reason) from error
        raise Refused(reason) from error
    except stripe.StripeError as error:
        log.warning("Stripe cannot be asked: %s", error)
        raise Unavailable(str(error)) from error


def _verify(payload: str, signature: str) -> None:
    """Several secrets are in use while one is being replaced; any of them will do."""
    *others, last = config.current().stripe_webhook_secrets
    for secret in others:
        try:
            stripe.WebhookSignature.verify_header(payload, signature, secret, _TOLERANCE)
        except stripe.SignatureVerificationError:
            continue
        return
    stripe.WebhookSignature.verify_header(payload, signature, last, _TOLERANCE)


def _client_for(chosen: config.Config) -> StripeClient:
    return _client(chosen.stripe_secret_key, chosen.stripe_api_base)


@lru_cache(maxsize=4)
def _client(key: str, api_base: str | None) -> StripeClient:
    return StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base} if api_base else None,
        max_network_retries=_RETRIES,
        http_client=RequestsClient(timeout=_TIMEOUT),
    )


def _opened(client: StripeClient, params: dict[str, Any], key: str) -> facts.Session:
    made = client.v1.checkout.sessions.create(
        params,  # type: ignore[arg-type] # its keys and values are those of the class
        {"idempotency_key": key},
    )
    return facts.session(made.to_dict())


def _coupon(client: StripeClient, order: Order) -> str:
    """A coupon for this one page; asked again, the same one."""
    params = payment_page.coupon(order)
    key = f"coupon:{order.token}:{order.attempt}"
    made = client.v1.coupons.create(params, {"idempotency_key": key})  # type: ignore[arg-type] # as above
    return made.id


# What each process knows of the prices that were made, by account and `lookup_key`.
_price_ids: dict[tuple[StripeClient, str], str] = {}


def _offered(client: StripeClient, order: Order, wishes: Wishes) -> list[dict[str, Any]]:
    """What the page is to offer; nothing where Stripe refuses to make a price for it."""
    try:
        prices = [payment_page.price(order, each, wishes.tax_codes) for each in wishes.offers]
        return [
            payment_page.optional_item(each, _price_id(client, price))
            for each, price in zip(wishes.offers, prices, strict=True)
        ]
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        log.warning("Stripe makes no price for what is to be offered: %s", error)
        return []


def _price_id(client: StripeClient, params: dict[str, Any]) -> str:
    key = params["lookup_key"]
    if (client, key) not in _price_ids:
        known = client.v1.prices.list({"lookup_keys": [key], "active": True, "limit": 1}).data
        made = known[0] if known else client.v1.prices.create(params)  # type: ignore[arg-type] # as above
        _price_ids[client, key] = made.id
    return _price_ids[client, key]
