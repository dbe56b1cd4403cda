"""What all resources share: fetching one, changing its fields, merging metadata."""

from collections.abc import Mapping
from typing import Any

from shop.simulator import events
from shop.simulator.errors import missing
from shop.simulator.store import Object, Store

Params = Mapping[str, Any]


def fetch(store: Store, kind: str, identifier: str, *, param: str = "id") -> Object:
    """The object of this kind and id.

    Raises:
        StripeError: 404, where there is none.

    """
    found = store.find(identifier, kind)
    if found is None:
        raise missing(kind, identifier, param=param)
    return found


def refer(store: Store, kind: str, identifier: str, param: str) -> Object:
    """The object that a parameter of a form names.

    Raises:
        StripeError: 400, where there is none.

    """
    found = store.find(identifier, kind)
    if found is None:
        raise missing(kind, identifier, param=param, status=400)
    return found


def revise(store: Store, body: Object, params: Params, *, event: str | None = None) -> Object:
    """Write changed fields and merged metadata; emit `event` if anything changed."""
    after = body | {name: _cleared(value) for name, value in params.items()}
    if "metadata" in params:
        after["metadata"] = merged(body["metadata"], params["metadata"])
    previous = {name: value for name, value in body.items() if after[name] != value}
    if previous:
        store.save(after)
        if event:
            events.emit(store, event, after, previous=previous)
    return after


def merged(metadata: Mapping[str, str] | None, changes: Mapping[str, str] | str) -> dict[str, str]:
    """Metadata after a change: an empty value unsets its key, an empty string all of them."""
    if isinstance(changes, str):
        return {}
    both = {**(metadata or {}), **changes}
    return {key: value for key, value in both.items() if value != ""}


def deleted(store: Store, body: Object) -> Object:
    """Forget an object; the answer that says so."""
    store.remove(body["id"])
    return {"id": body["id"], "object": body["object"], "deleted": True}


def _cleared(value: Any) -> Any:
    return None if value == "" else value
