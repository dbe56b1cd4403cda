"""What becomes of a claimed message: each of these moves its row, if it is still in our hands."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update

from core import clock, db
from core.mail import caps, queue
from core.mail.models import Delivery, State, Stream

RETRIES = tuple(timedelta(minutes=m) for m in (1, 5, 20, 60, 180, 360, 720, 1440))
"""How long to wait after each refusal "for now" (4xx); after the last one it has failed."""
JITTER = 0.25
"""By how much of it a wait may be longer, so that what was refused together comes apart."""


def accept(*deliveries: Delivery) -> int:
    """The mail server took them and answers for them from now on; how many were still ours."""
    by_claim: dict[tuple[int, State], list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_claim[delivery.fence, delivery.state].append(delivery)
    accepted = 0
    with db.transaction():
        for claimed in by_claim.values():
            values = {**queue.still(claimed), "now": clock.now()}
            accepted += db.changed(_ACCEPT, values)
            db.changed(_ACCEPT_WITHIN, values)
    return accepted


_ACCEPTED = update(queue.TABLE).values(
    state=State.ACCEPTED, reason=None, settled_at=bindparam("now"), lease_until=None
)
_ACCEPT = _ACCEPTED.where(*queue.STILL)
_ACCEPT_WITHIN = _ACCEPTED.where(*queue.WITHIN)


def exclude(delivery: Delivery, reason: str) -> bool:
    """The last look decided against it."""
    return _settle(delivery, State.EXCLUDED, reason)


def fail(delivery: Delivery, reason: str) -> bool:
    """It can never go, or was refused for good."""
    return _settle(delivery, State.FAILED, reason)


def doubt(delivery: Delivery, reason: str) -> bool:
    """The connection was lost in the midst of it: after the lease, `expired` asks for its fate."""
    return _move(
        delivery,
        State.SENDING,
        reason=reason,
        worker=None,
        lease_until=clock.now() + queue.LEASE,
    )


def lose(delivery: Delivery, reason: str) -> bool:
    """Its fate is unknown: a transactional one goes again, a marketing one waits for a decision."""
    if delivery.stream is Stream.TRANSACTIONAL:
        return postpone(delivery, reason)
    return _settle(delivery, State.UNKNOWN, reason)


def postpone(delivery: Delivery, reason: str) -> bool:
    """Count a try that came to nothing: again later, or give up after the last of `RETRIES`."""
    tries = delivery.attempts + (delivery.state is State.CLAIMED)
    if tries > len(RETRIES):
        return fail(delivery, reason)
    wait = RETRIES[max(tries, 1) - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311 - no secret
    return _release(delivery, reason=reason, due_at=clock.now() + wait, attempts=tries)


def wait(delivery: Delivery, until: datetime, reason: str) -> bool:
    """Not now: at `until`."""
    return _release(delivery, reason=reason, due_at=until)


def release(
    deliveries: Iterable[Delivery],
    reason: str | None = None,
    *,
    after: timedelta = timedelta(0),
) -> None:
    """Give back what was claimed, to be taken again `after` a while; nothing was tried."""
    due_at = clock.now() + after
    with db.transaction():
        for delivery in deliveries:
            tries = delivery.attempts - (delivery.state is State.SENDING)
            _release(delivery, reason=reason, due_at=due_at, attempts=tries)


def _settle(delivery: Delivery, state: State, reason: str) -> bool:
    return _move(delivery, state, reason=reason, settled_at=clock.now(), lease_until=None)


def _release(delivery: Delivery, **values: Any) -> bool:
    return _move(delivery, State.PENDING, lease_until=None, worker=None, **values)


def _move(delivery: Delivery, state: State, **values: Any) -> bool:
    with db.transaction():
        moved = db.changed(
            update(Delivery).where(*queue.STILL).values(state=state, **values),
            queue.still([delivery]),
        )
        if moved == 1 and delivery.state not in (State.CLAIMED, state):
            _follow(delivery, state, values)
    if moved != 1:
        return False
    delivery.state = state
    for name, value in values.items():
        setattr(delivery, name, value)
    return True


def _follow(delivery: Delivery, state: State, values: dict[str, Any]) -> None:
    """Let what goes within a message have its fate; where that is to wait, each waits by itself."""
    theirs: dict[str, Any] = {"state": state, "reason": values.get("reason"), "lease_until": None}
    if "settled_at" in values:
        theirs["settled_at"] = values["settled_at"]
    else:
        theirs |= {
            "state": State.PENDING,
            "reason": caps.WAITS,
            "within": None,
            "worker": None,
            "due_at": values["due_at"],
        }
    db.changed(update(Delivery).where(*queue.WITHIN).values(theirs), queue.still([delivery]))
