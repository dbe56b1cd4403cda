"""Pages of objects with cursors, as every list of Stripe's API has them."""

from collections.abc import Mapping
from typing import Any

from shop.simulator.errors import StripeError, exclusive, missing
from shop.simulator.store import Object, Store, field

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LIMIT_DEFAULT, _LIMIT_MAX = 10, 100
# Parameters that every list takes, or that no object of this account can have.
_PAGING = {"limit", "starting_after", "ending_before", "expand", "created"}


def page(
    store: Store,
    kind: str,
    params: Mapping[str, Any],
    *,
    url: str,
    where: Mapping[str, Any] | None = None,
) -> Object:
    """One page of a kind, newest first (https://docs.stripe.com/api/pagination).

    Args:
        store: The account.
        kind: The objects' `object` field.
        params: The request: paging, `created`, and any field by its own name.
        url: The list's own address.
        where: Further SQL conditions and their values.

    """
    conditions = dict(where or {}) | _created(params.get("created"))
    for name, value in params.items():
        if name not in _PAGING and not isinstance(value, list | dict):
            conditions[field(name)] = value
    return _cut(store, kind, params, conditions, url)


def whole(objects: list[Object], url: str, params: Mapping[str, Any] | None = None) -> Object:
    """A list inside an object, or one short enough to be paged here; oldest first."""
    params = params or {}
    start = _index(objects, params.get("starting_after"), -1) + 1
    end = _index(objects, params.get("ending_before"), len(objects))
    limit = _limit(params)
    if "ending_before" in params:
        start = max(start, end - limit)
    cut = objects[start : min(end, start + limit)]
    more = start > 0 if "ending_before" in params else start + limit < end
    return {"object": "list", "data": cut, "has_more": more, "url": url}


def _cut(
    store: Store, kind: str, params: Mapping[str, Any], conditions: dict[str, Any], url: str
) -> Object:
    limit, order = _limit(params), "DESC"
    if "starting_after" in params and "ending_before" in params:
        raise exclusive("starting_after", "ending_before")
    if "starting_after" in params:
        conditions["sequence < ?"] = _sequence(store, params, "starting_after")
    if "ending_before" in params:
        conditions["sequence > ?"] = _sequence(store, params, "ending_before")
        order = "ASC"
    found = store.select(kind, conditions, limit=limit + 1, order=order)
    cut = found[:limit] if order == "DESC" else found[:limit][::-1]
    return {"object": "list", "data": cut, "has_more": len(found) > limit, "url": url}


def _limit(params: Mapping[str, Any]) -> int:
    limit = int(params.get("limit", _LIMIT_DEFAULT))
    if limit < 1:
        raise StripeError("This value must be greater than or equal to 1.", param="limit")
    if limit > _LIMIT_MAX:
        raise StripeError("This value must be less than or equal to 100.", param="limit")
    return limit


def _created(created: Any) -> dict[str, Any]:
    if created is None:
        return {}
    if isinstance(created, int):
        return {"created = ?": created}
    return {f"created {_COMPARISONS[name]} ?": value for name, value in created.items()}


def _sequence(store: Store, params: Mapping[str, Any], cursor: str) -> int:
    rows = store.execute("SELECT sequence FROM objects WHERE id = ?", params[cursor])
    if not rows:
        raise missing("object", params[cursor], param=cursor, status=400)
    return int(rows[0]["sequence"])


def _index(objects: list[Object], cursor: str | None, default: int) -> int:
    return next((i for i, each in enumerate(objects) if each["id"] == cursor), default)
