"""Checkout Sessions: made, read, changed, and expired (https://docs.stripe.com/api/checkout/sessions)."""

from typing import Any

from shop.simulator import agenda, events, lists
from shop.simulator.errors import StripeError, absent
from shop.simulator.resources import line_items, payment_intents, pricing, session_parts
from shop.simulator.resources.records import Params, fetch, refer, revise
from shop.simulator.store import Object, Store, field

_RECOVERY_DAYS = 30


def create(store: Store, params: Params) -> Object:
    """POST /v1/checkout/sessions, in `payment` mode on the hosted page."""
    session_parts.check(store, params)
    items = line_items.resolve(store, params)
    session = session_parts.build(store, params, items[0]["currency"])
    store.insert(
        session,
        payment_intent_data=params.get("payment_intent_data", {}),
        shipping_rate=session_parts.first_rate(session),
        discount=None,
        asked=dict(params),
    )
    for item in items:
        line_items.add(store, session["id"], item)
    pricing.reprice(store, session)
    _discount(store, session, params)
    session_parts.check_amount(session)
    agenda.schedule(store, session["expires_at"], "expire_session", session["id"])
    return session


def retrieve(store: Store, _params: Params, session: str) -> Object:
    """GET /v1/checkout/sessions/:id."""
    return fetch(store, "checkout.session", session, param="session")


def update(store: Store, params: Params, session: str) -> Object:
    """POST /v1/checkout/sessions/:id: metadata, the address collected, shipping options."""
    body = retrieve(store, params, session)
    changes: dict[str, Any] = {k: params[k] for k in ("metadata",) if k in params}
    if "collected_information" in params:
        details = params["collected_information"].get("shipping_details")
        known = body["collected_information"] or session_parts.nothing_collected()
        changes["collected_information"] = {
            **known,
            "shipping_details": details and session_parts.shipping_details(details),
        }
    if "shipping_options" in params:
        _require_open(body, "update")
        options = params["shipping_options"] or []
        changes["shipping_options"] = session_parts.options(store, options, body["currency"])
    body = revise(store, body, changes)
    if "shipping_options" in params:
        store.hide(session, shipping_rate=session_parts.first_rate(body))
        pricing.reprice(store, body)
    return body


def expire(store: Store, params: Params, session: str) -> Object:
    """POST /v1/checkout/sessions/:id/expire; only while it is open."""
    body = retrieve(store, params, session)
    if body["status"] != "open":
        raise StripeError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {body['status']}."
        )
    lapse(store, session)
    return store.get(session)


def lapse(store: Store, session: str) -> None:
    """A session's time is over; says so by event, with a recovery address where one was asked."""
    body = store.get(session)
    if body["status"] != "open":
        return
    agenda.cancel(store, "expire_session", session)
    body |= {"status": "expired", "url": None, "expires_at": min(body["expires_at"], store.now())}
    recovery = (body["after_expiration"] or {}).get("recovery")
    if recovery and recovery["enabled"]:
        recovery["url"] = f"{store.setting('base_url', '')}/r/{session}"
        recovery["expires_at"] = store.now() + _RECOVERY_DAYS * 86400
    store.save(body)
    if body["payment_intent"]:
        payment_intents.abandon(store, body["payment_intent"])
    events.emit(store, "checkout.session.expired", body)


def recover(store: Store, session: str) -> Object:
    """A new session that sells what an expired one did."""
    expired = store.get(session)
    asked = store.hidden(session)["asked"]
    params = {name: value for name, value in asked.items() if name != "expires_at"}
    if expired["after_expiration"]["recovery"]["allow_promotion_codes"]:
        params["allow_promotion_codes"] = True
        params.pop("discounts", None)
    body = create(store, params)
    return store.save({**body, "recovered_from": session})


def index(store: Store, params: Params) -> Object:
    """GET /v1/checkout/sessions."""
    plain = {name: value for name, value in params.items() if name != "customer_details"}
    where = {}
    if "email" in params.get("customer_details", {}):
        where[field("customer_details.email")] = params["customer_details"]["email"]
    return lists.page(store, "checkout.session", plain, url="/v1/checkout/sessions", where=where)


def index_items(store: Store, params: Params, session: str) -> Object:
    """GET /v1/checkout/sessions/:id/line_items."""
    retrieve(store, params, session)
    url = f"/v1/checkout/sessions/{session}/line_items"
    return lists.whole(store.children(session, "item"), url, params)


def included_items(store: Store, session: Object) -> Object:
    """The expandable `line_items`."""
    return index_items(store, {}, session["id"])


def _discount(store: Store, session: Object, params: Params) -> None:
    for each in params.get("discounts", []):
        code, coupon = each.get("promotion_code"), each.get("coupon")
        if code:
            found = refer(store, "promotion_code", code, "discounts[0][promotion_code]")
            coupon = found["promotion"]["coupon"]
        elif coupon:
            refer(store, "coupon", coupon, "discounts[0][coupon]")
        else:
            raise absent("discounts[0][coupon]")
        pricing.check_discount(store, session, coupon, code)
        pricing.attach_discount(store, session, coupon, code)
        pricing.reprice(store, session)


def _require_open(session: Object, verb: str) -> None:
    if session["status"] != "open":
        raise StripeError(f"You cannot {verb} a Checkout Session that is {session['status']}.")
