"""Events, as the API lists them."""

from typing import Any

from shop.simulator import lists
from shop.simulator.resources.records import Params, fetch
from shop.simulator.store import Object, Store

_UNDELIVERED = "id IN (SELECT event FROM deliveries WHERE state <> 'delivered') = ?"


def retrieve(store: Store, _params: Params, event: str) -> Object:
    """GET /v1/events/:id."""
    return fetch(store, "event", event)


def index(store: Store, params: Params) -> Object:
    """GET /v1/events, by `type`, `types` and `delivery_success`."""
    own = ("type", "types", "delivery_success")
    plain = {name: value for name, value in params.items() if name not in own}
    where: dict[str, Any] = {}
    if "type" in params:
        where["json_extract(body, '$.type') GLOB ?"] = params["type"]
    if "types" in params:
        condition = "instr(?, ' ' || json_extract(body, '$.type') || ' ') > 0"
        where[condition] = f" {' '.join(params['types'])} "
    if "delivery_success" in params:
        where[_UNDELIVERED] = int(not params["delivery_success"])
    return lists.page(store, "event", plain, url="/v1/events", where=where)
