"""Webhooks: events signed and posted to the endpoints, again and again until they are taken."""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shop.simulator import events
from shop.simulator.store import Object, Store

RETRY_DELAYS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
_WORKERS = 4
_TIMEOUT = 10
_QUIET = 3600.0
# How long `stop` waits for a thread that may be waiting for an answer, which it then drops.
_LAST_WORDS = 0.2
_DUE = "SELECT event, endpoint, attempts FROM deliveries WHERE state = 'pending' AND due <= ?"


@dataclass(frozen=True)
class Attempt:
    """One posting of an event.

    Attributes:
        status: The answer's HTTP status; None where there was no answer.
        outcome: `delivered`, `refused` (any status but 2xx), or what kept an answer from coming.

    """

    status: int | None
    outcome: str


def signature(payload: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header (https://docs.stripe.com/webhooks#verify-manually)."""
    signed = f"{timestamp}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Courier:
    """Delivers the events of a store from threads of its own.

    Args:
        store: The account.
        retry_delays: Seconds before each further try; after the last the event has failed.

    """

    def __init__(self, store: Store, retry_delays: Sequence[float] = RETRY_DELAYS) -> None:
        self._store = store
        self._retry_delays = retry_delays
        self._changed = threading.Condition()
        self._version = 0
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self.paused = False
        store.committed.append(self._wake)

    def start(self) -> None:
        """Begin to deliver; what a former run was sending is sent again."""
        with self._store.transaction():
            self._store.execute("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")
        self._threads = [
            threading.Thread(target=self._work, name=f"courier-{number}", daemon=True)
            for number in range(_WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Deliver no more; an answer still awaited is not recorded."""
        self._stopped = True
        self._wake()
        for thread in self._threads:
            thread.join(_LAST_WORDS)

    def pause(self) -> None:
        """Hold all deliveries back until `resume`."""
        self.paused = True
        self._wake()

    def resume(self) -> None:
        """Go on delivering."""
        self.paused = False
        self._wake()

    def retry_now(self) -> None:
        """Make every delivery that waits for its next try, or has failed, due at once."""
        with self._store.transaction():
            self._store.execute(
                "UPDATE deliveries SET state = 'pending', due = 0 "
                "WHERE state IN ('pending', 'failed')"
            )

    def redeliver(self, event: str, times: int = 1) -> list[int | None]:
        """Post an event again, `times` at once, to each endpoint; the statuses answered."""
        body = self._store.get(event)
        statuses: list[int | None] = []

        def post(endpoint: Object) -> None:
            statuses.append(self._attempt(body, endpoint).status)

        threads = [
            threading.Thread(target=post, args=(endpoint,), daemon=True)
            for endpoint in self._store.select("webhook_endpoint")
            for _ in range(times)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    def wait_until_idle(self, timeout: float = 10) -> bool:
        """Whether, within `timeout` seconds, nothing is due or under way any more."""
        return self._wait(self._is_idle, timeout)

    def wait_until_answered(self, event: str, timeout: float = 10) -> bool:
        """Whether, within `timeout` seconds, every endpoint answered the event's first try."""
        unanswered = (
            "SELECT 1 FROM deliveries WHERE event = ? AND attempts = 0 AND state <> 'delivered'"
        )
        return self._wait(
            lambda: self.paused or not self._store.execute(unanswered, event), timeout
        )

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery with its state and attempts, oldest event first."""
        rows = self._store.execute(
            "SELECT d.event, d.endpoint, d.state, d.attempts, "
            "json_extract(o.body, '$.type') AS type FROM deliveries d "
            "JOIN objects o ON o.id = d.event ORDER BY o.sequence"
        )
        return [{**dict(row), "tries": self.attempts(row["event"])} for row in rows]

    def attempts(self, event: str) -> list[dict[str, Any]]:
        """Every posting of an event, oldest first."""
        rows = self._store.execute(
            "SELECT endpoint, url, sent, status, outcome FROM attempts "
            "WHERE event = ? ORDER BY sequence",
            event,
        )
        return [dict(row) for row in rows]

    def _wake(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _wait(self, done: Callable[[], bool], timeout: float) -> bool:
        """Ask anew at each change. The store is never asked while the condition is held."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self._version
            if done():
                return True
            left = deadline - time.monotonic()
            if left <= 0 or self._stopped:
                return False
            self._wait_for_change(seen, left)

    def _wait_for_change(self, seen: int, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen or self._stopped, timeout)

    def _is_idle(self) -> bool:
        due = not self.paused and self._store.execute(_DUE, time.time())
        return not due and not self._store.execute(
            "SELECT 1 FROM deliveries WHERE state = 'sending'"
        )

    def _work(self) -> None:
        while not self._stopped:
            seen = self._version
            if claim := self._claim():
                self._deliver(*claim)
            else:
                self._wait_for_change(seen, self._until_due())

    def _until_due(self) -> float:
        rows = self._store.execute("SELECT min(due) AS due FROM deliveries WHERE state = 'pending'")
        if self.paused or rows[0]["due"] is None:
            return _QUIET
        return max(0.0, float(rows[0]["due"]) - time.time())

    def _claim(self) -> tuple[str, str, int] | None:
        if self.paused or not self._store.execute(_DUE, time.time()):
            return None
        with self._store.transaction():
            rows = self._store.execute(f"{_DUE} ORDER BY due, rowid LIMIT 1", time.time())
            if not rows:
                return None
            self._mark(rows[0]["event"], rows[0]["endpoint"], "sending", rows[0]["attempts"], 0)
        return rows[0]["event"], rows[0]["endpoint"], rows[0]["attempts"]

    def _deliver(self, event: str, endpoint: str, tries: int) -> None:
        attempt = self._attempt(self._store.get(event), self._store.get(endpoint))
        if self._stopped:
            return
        with self._store.transaction():
            if attempt.outcome == "delivered":
                self._mark(event, endpoint, "delivered", tries + 1, 0)
            elif tries < len(self._retry_delays):
                due = time.time() + self._retry_delays[tries]
                self._mark(event, endpoint, "pending", tries + 1, due)
            else:
                self._mark(event, endpoint, "failed", tries + 1, 0)
            events.settle(self._store, event)

    def _mark(self, event: str, endpoint: str, state: str, tries: int, due: float) -> None:
        self._store.execute(
            "UPDATE deliveries SET state = ?, attempts = ?, due = ? "
            "WHERE event = ? AND endpoint = ?",
            state,
            tries,
            due,
            event,
            endpoint,
        )

    def _attempt(self, event: Object, endpoint: Object) -> Attempt:
        secret = self._store.hidden(endpoint["id"])["secret"]
        sent = time.time()
        attempt = _post(endpoint["url"], json.dumps(event, indent=2).encode(), secret)
        if not self._stopped:
            with self._store.transaction():
                self._store.execute(
                    "INSERT INTO attempts (event, endpoint, url, sent, status, outcome) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    event["id"],
                    endpoint["id"],
                    endpoint["url"],
                    sent,
                    attempt.status,
                    attempt.outcome,
                )
        return attempt


def _post(url: str, payload: bytes, secret: str) -> Attempt:
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(payload, secret, int(time.time())),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    connection = kinds[parts.scheme](parts.netloc, timeout=_TIMEOUT)
    try:
        connection.request("POST", parts.path or "/", payload, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Attempt(None, f"no answer: {error}")
    finally:
        connection.close()
    return Attempt(status, "delivered" if 200 <= status < 300 else "refused")
