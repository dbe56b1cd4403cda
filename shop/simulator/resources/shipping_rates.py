"""Shipping rates: what a way of delivery is called and costs."""

from shop.simulator import lists
from shop.simulator.errors import absent
from shop.simulator.resources.records import Params, fetch, merged, revise
from shop.simulator.store import Object, Store, identifier


def create(store: Store, params: Params) -> Object:
    """POST /v1/shipping_rates, and `shipping_rate_data` of a Checkout Session's option."""
    if "fixed_amount" not in params:
        raise absent("fixed_amount")
    fixed = params["fixed_amount"]
    return store.insert(
        {
            "id": identifier("shr_1"),
            "object": "shipping_rate",
            "active": True,
            "created": store.now(),
            "delivery_estimate": _estimate(params.get("delivery_estimate")),
            "display_name": params["display_name"],
            "fixed_amount": {**fixed, "currency": fixed["currency"].lower()},
            "livemode": False,
            "metadata": merged({}, params.get("metadata", {})),
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tax_code": params.get("tax_code"),
            "type": "fixed_amount",
        }
    )


def retrieve(store: Store, _params: Params, rate: str) -> Object:
    """GET /v1/shipping_rates/:id."""
    return fetch(store, "shipping_rate", rate, param="shipping_rate_token")


def update(store: Store, params: Params, rate: str) -> Object:
    """POST /v1/shipping_rates/:id."""
    return revise(store, fetch(store, "shipping_rate", rate, param="shipping_rate_token"), params)


def index(store: Store, params: Params) -> Object:
    """GET /v1/shipping_rates."""
    plain = {name: value for name, value in params.items() if name != "currency"}
    where = {}
    if "currency" in params:
        where["json_extract(body, '$.fixed_amount.currency') = ?"] = params["currency"]
    return lists.page(store, "shipping_rate", plain, url="/v1/shipping_rates", where=where)


def _estimate(estimate: Params | None) -> Object | None:
    if not estimate:
        return None
    return {"maximum": estimate.get("maximum"), "minimum": estimate.get("minimum")}
