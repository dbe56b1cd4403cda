"""Webhook endpoints: who is told of which events, and signed with which secret."""

from shop.simulator import lists
from shop.simulator.resources.records import Params, deleted, fetch, merged, revise
from shop.simulator.schema import api_version
from shop.simulator.store import Object, Store, field, identifier


def create(store: Store, params: Params) -> Object:
    """POST /v1/webhook_endpoints; only this answer tells the secret."""
    secret = identifier("whsec_", 32)
    return {**add(store, params, secret), "secret": secret}


def add(store: Store, params: Params, secret: str) -> Object:
    """An endpoint with a secret of the caller's."""
    return store.insert(
        {
            "id": identifier("we_1"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version", api_version()),
            "application": None,
            "created": store.now(),
            "description": params.get("description"),
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merged({}, params.get("metadata", {})),
            "status": "enabled",
            "url": params["url"],
        },
        secret=secret,
    )


def configure(store: Store, url: str, secret: str) -> Object:
    """Make the endpoint that was named when the simulator started, or bring it up to date."""
    found = store.select("webhook_endpoint", {field("metadata.configured"): "yes"})
    if found:
        store.hide(found[0]["id"], secret=secret)
        return store.save({**found[0], "url": url})
    params = {"url": url, "enabled_events": ["*"], "metadata": {"configured": "yes"}}
    return add(store, params, secret)


def retrieve(store: Store, _params: Params, endpoint: str) -> Object:
    """GET /v1/webhook_endpoints/:id."""
    return fetch(store, "webhook_endpoint", endpoint, param="webhook_endpoint")


def update(store: Store, params: Params, endpoint: str) -> Object:
    """POST /v1/webhook_endpoints/:id."""
    body = fetch(store, "webhook_endpoint", endpoint, param="webhook_endpoint")
    changes = {name: value for name, value in params.items() if name != "disabled"}
    if "disabled" in params:
        changes["status"] = "disabled" if params["disabled"] else "enabled"
    return revise(store, body, changes)


def delete(store: Store, _params: Params, endpoint: str) -> Object:
    """DELETE /v1/webhook_endpoints/:id."""
    store.execute("DELETE FROM deliveries WHERE endpoint = ?", endpoint)
    return deleted(store, fetch(store, "webhook_endpoint", endpoint, param="webhook_endpoint"))


def index(store: Store, params: Params) -> Object:
    """GET /v1/webhook_endpoints."""
    return lists.page(store, "webhook_endpoint", params, url="/v1/webhook_endpoints")
