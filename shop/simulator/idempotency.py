"""Idempotency keys: the same request is answered once and for all (https://docs.stripe.com/api/idempotent_requests)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from shop.simulator.errors import StripeError, idempotency_clash
from shop.simulator.store import Store

_KEY_MAX = 255
_KEPT = 86400


@dataclass(frozen=True)
class Call:
    """A request that may have been made before."""

    key: str
    method: str
    path: str
    fingerprint: str
    request: str


@dataclass(frozen=True)
class Answer:
    """What a request was answered with, and its id."""

    status: int
    body: str
    request: str


def call(key: str, method: str, path: str, params: Any, request: str) -> Call:
    """A request to remember, recognized by its parameters."""
    if len(key) > _KEY_MAX:
        raise idempotency_clash("Idempotency keys can have up to 255 characters.")
    text = json.dumps(params, sort_keys=True)
    return Call(key, method, path, hashlib.sha256(text.encode()).hexdigest(), request)


def begin(store: Store, made: Call) -> Answer | None:
    """Claim a key for a request, or find the answer it had before.

    Raises:
        StripeError: 400, where the key was used with another request; 409, where the same
            request is at work right now.

    """
    with store.transaction():
        store.execute("DELETE FROM answers WHERE created < ?", store.now() - _KEPT)
        rows = store.execute("SELECT * FROM answers WHERE key = ?", made.key)
        if not rows:
            store.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
                made.key,
                made.method,
                made.path,
                made.fingerprint,
                made.request,
                store.now(),
            )
            return None
    before = rows[0]
    if (before["method"], before["path"]) != (made.method, made.path):
        raise idempotency_clash(
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{before['path']}'). Try using a key other than '{made.key}' if you meant "
            "to execute a different request."
        )
    if before["fingerprint"] != made.fingerprint:
        raise idempotency_clash(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{made.key}' if you meant to execute a "
            "different request."
        )
    if before["status"] is None:
        raise StripeError(
            "There is currently another in-progress request using this Idempotent Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{made.key}. Please try again later.",
            status=409,
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
    return Answer(before["status"], before["body"], before["request"])


def finish(store: Store, made: Call, status: int, body: str) -> None:
    """Keep the answer; in the transaction of what was done."""
    store.execute("UPDATE answers SET status = ?, body = ? WHERE key = ?", status, body, made.key)


def release(store: Store, made: Call) -> None:
    """Free the key of a request that was refused before anything was done."""
    with store.transaction():
        store.execute("DELETE FROM answers WHERE key = ? AND status IS NULL", made.key)


def release_interrupted(store: Store) -> None:
    """Free the keys that a run which was killed had claimed."""
    with store.transaction():
        store.execute("DELETE FROM answers WHERE status IS NULL")
