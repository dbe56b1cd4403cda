"""Coupons and the promotion codes that customers type in."""

import secrets

from shop.simulator import agenda, events, lists
from shop.simulator.errors import StripeError
from shop.simulator.resources.records import Params, deleted, fetch, merged, refer, revise
from shop.simulator.store import Object, Store, field, identifier

_CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def create(store: Store, params: Params) -> Object:
    """POST /v1/coupons."""
    if ("percent_off" in params) == ("amount_off" in params):
        raise StripeError("Must pass exactly one of `percent_off` and `amount_off`.")
    _check_values(params)
    name = params.get("id") or identifier("", 8)
    if store.find(name):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    coupon = store.insert(
        {
            "id": name,
            "object": "coupon",
            "amount_off": params.get("amount_off"),
            "created": store.now(),
            "currency": params["currency"].lower() if "amount_off" in params else None,
            "duration": params.get("duration", "once"),
            "duration_in_months": params.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged({}, params.get("metadata", {})),
            "name": params.get("name"),
            "percent_off": params.get("percent_off"),
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        },
        products=params.get("applies_to", {}).get("products", []),
    )
    if coupon["redeem_by"]:
        agenda.schedule(store, coupon["redeem_by"], "end_coupon", name)
    events.emit(store, "coupon.created", coupon)
    return coupon


def retrieve(store: Store, _params: Params, coupon: str) -> Object:
    """GET /v1/coupons/:id."""
    return fetch(store, "coupon", coupon, param="coupon")


def update(store: Store, params: Params, coupon: str) -> Object:
    """POST /v1/coupons/:id."""
    body = fetch(store, "coupon", coupon, param="coupon")
    return revise(store, body, params, event="coupon.updated")


def delete(store: Store, _params: Params, coupon: str) -> Object:
    """DELETE /v1/coupons/:id; its promotion codes stop working."""
    body = fetch(store, "coupon", coupon, param="coupon")
    for code in store.select("promotion_code", {field("promotion.coupon"): coupon}):
        store.save({**code, "active": False})
    events.emit(store, "coupon.deleted", body)
    return deleted(store, body)


def index(store: Store, params: Params) -> Object:
    """GET /v1/coupons."""
    return lists.page(store, "coupon", params, url="/v1/coupons")


def applies_to(store: Store, coupon: Object) -> Object | None:
    """The expandable `applies_to`: the products a coupon is limited to."""
    products = store.hidden(coupon["id"])["products"]
    return {"products": products} if products else None


def end(store: Store, coupon: str) -> None:
    """A coupon's `redeem_by` has come."""
    if body := store.find(coupon, "coupon"):
        store.save({**body, "valid": False})


def redeem(store: Store, coupon: str, code: str | None) -> None:
    """Count one use of a coupon and of the promotion code it was reached by."""
    for name in filter(None, (coupon, code)):
        body = store.find(name)
        if body is None:
            continue
        body["times_redeemed"] += 1
        if body["max_redemptions"] and body["times_redeemed"] >= body["max_redemptions"]:
            body["valid" if body["object"] == "coupon" else "active"] = False
        store.save(body)


def create_code(store: Store, params: Params) -> Object:
    """POST /v1/promotion_codes."""
    coupon = refer(store, "coupon", params["promotion"].get("coupon", ""), "promotion[coupon]")
    code = params.get("code") or "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))
    if find_code(store, code):
        raise StripeError(f"An active promotion code with `code: {code}` already exists.")
    restrictions = params.get("restrictions", {})
    promotion_code = store.insert(
        {
            "id": identifier("promo_1"),
            "object": "promotion_code",
            "active": params.get("active", True),
            "code": code,
            "created": store.now(),
            "customer": params.get("customer"),
            "customer_account": None,
            "expires_at": params.get("expires_at"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged({}, params.get("metadata", {})),
            "promotion": {"coupon": coupon["id"], "type": "coupon"},
            "restrictions": {
                "first_time_transaction": restrictions.get("first_time_transaction", False),
                "minimum_amount": restrictions.get("minimum_amount"),
                "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
            },
            "times_redeemed": 0,
        }
    )
    if promotion_code["expires_at"]:
        agenda.schedule(store, promotion_code["expires_at"], "end_code", promotion_code["id"])
    events.emit(store, "promotion_code.created", promotion_code)
    return promotion_code


def retrieve_code(store: Store, _params: Params, code: str) -> Object:
    """GET /v1/promotion_codes/:id."""
    return fetch(store, "promotion_code", code, param="promotion_code")


def update_code(store: Store, params: Params, code: str) -> Object:
    """POST /v1/promotion_codes/:id."""
    body = fetch(store, "promotion_code", code, param="promotion_code")
    return revise(store, body, params, event="promotion_code.updated")


def index_codes(store: Store, params: Params) -> Object:
    """GET /v1/promotion_codes; `code` is matched whatever its case."""
    plain = {name: value for name, value in params.items() if name not in ("code", "coupon")}
    where = {}
    if "code" in params:
        where["lower(json_extract(body, '$.code')) = ?"] = params["code"].lower()
    if "coupon" in params:
        where[field("promotion.coupon")] = params["coupon"]
    return lists.page(store, "promotion_code", plain, url="/v1/promotion_codes", where=where)


def find_code(store: Store, code: str) -> Object | None:
    """The active promotion code that a customer typed, whatever its case."""
    found = store.select(
        "promotion_code",
        {"lower(json_extract(body, '$.code')) = ?": code.strip().lower(), field("active"): 1},
        limit=1,
    )
    return found[0] if found else None


def end_code(store: Store, code: str) -> None:
    """A promotion code's `expires_at` has come."""
    if body := store.find(code, "promotion_code"):
        store.save({**body, "active": False})


def _check_values(params: Params) -> None:
    if not 0 < params.get("percent_off", 100) <= 100:
        raise StripeError("Percent off must be between 0 and 100.", param="percent_off")
    if params.get("amount_off", 1) < 1:
        raise StripeError("Invalid positive integer", param="amount_off")
    if "amount_off" in params and "currency" not in params:
        raise StripeError(
            "Must provide a currency when passing `amount_off`.",
            code="parameter_missing",
            param="currency",
        )
