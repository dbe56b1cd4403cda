"""Events: what happened to an object, kept, and put before each endpoint that listens."""

from contextvars import ContextVar
from fnmatch import fnmatchcase

from shop.simulator.schema import api_version
from shop.simulator.store import Object, Store, identifier

# The API request at work, as an event's `request` tells it.
request: ContextVar[Object | None] = ContextVar("request", default=None)


def emit(store: Store, kind: str, subject: Object, *, previous: Object | None = None) -> Object:
    """Record that `kind` happened to `subject` and queue it for the webhook endpoints.

    Args:
        store: The account.
        kind: Such as `checkout.session.completed`.
        subject: The object as it is now; the event keeps this snapshot.
        previous: For an update, the changed fields as they were.

    """
    data: Object = {"object": subject}
    if previous is not None:
        data["previous_attributes"] = previous
    endpoints = [each for each in store.select("webhook_endpoint") if _listens(each, kind)]
    event = store.insert(
        {
            "id": identifier("evt_1"),
            "object": "event",
            "api_version": api_version(),
            "created": store.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": request.get() or {"id": None, "idempotency_key": None},
            "type": kind,
        }
    )
    for endpoint in endpoints:
        queue(store, event["id"], endpoint["id"])
    return event


def queue(store: Store, event: str, endpoint: str) -> None:
    """Have an event delivered to an endpoint at once, be it for the first time or again."""
    store.execute(
        "INSERT OR REPLACE INTO deliveries VALUES (?, ?, 'pending', 0, 0)", event, endpoint
    )


def settle(store: Store, event: str) -> None:
    """Bring an event's `pending_webhooks` in line with its deliveries."""
    pending = store.execute(
        "SELECT count(*) AS n FROM deliveries WHERE event = ? AND state <> 'delivered'", event
    )
    store.save({**store.get(event), "pending_webhooks": pending[0]["n"]})


def _listens(endpoint: Object, kind: str) -> bool:
    enabled = endpoint["status"] == "enabled"
    return enabled and any(fnmatchcase(kind, pattern) for pattern in endpoint["enabled_events"])
