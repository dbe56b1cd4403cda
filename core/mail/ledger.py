"""The delivery ledger: each message is a row first, then claimed by one worker, then settled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import clock, db, jobs
from core.mail import letters
from core.mail.models import WAITING, Delivery, State, Stream

BELL = "deliver"
LEASE = timedelta(minutes=5)
# How long to wait after each refusal "for now" (4xx); after the last one it has failed.
_UNBEGUN = (State.PENDING, State.HELD, State.CLAIMED)
RETRIES = tuple(timedelta(minutes=m) for m in (1, 5, 20, 60, 180, 360, 720, 1440))


def enqueue(
    *,
    key: str,
    letter: str,
    recipient: str,
    source: str,
    payload: dict[str, Any] | None = None,
    person: int | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Write a message into the ledger, in the transaction of its cause.

    False where `key` is there already: it will go, or has gone, once. Raises `Undeliverable` for
    an unknown letter.
    """
    stream = letters.find(letter).stream
    now = clock.now()
    with db.transaction():
        is_new = db.insert_missing(
            Delivery,
            key=key,
            letter=letter,
            stream=stream,
            priority=priority_of(stream),
            source=source,
            person=person,
            recipient=recipient,
            payload=payload or {},
            state=State.PENDING,
            attempts=0,
            fence=0,
            due_at=due_at or now,
            created_at=now,
        )
        ring()
    return is_new


def priority_of(stream: Stream) -> int:
    """Lower goes first: somebody waits for a receipt, nobody for an issue."""
    return 0 if stream is Stream.TRANSACTIONAL else 1


def ring() -> None:
    """Wake the workers once the transaction under way has committed."""
    jobs.ring(BELL)


def claim(worker: str, limit: int) -> Sequence[Delivery]:
    """Take up to `limit` due messages for `worker`, for the length of `LEASE`."""
    now = clock.now()
    with db.transaction() as session:
        due = (
            select(Delivery.id)
            .where(Delivery.state == State.PENDING, Delivery.due_at <= now)
            .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(Delivery)
            .where(Delivery.id.in_(due))
            .values(
                state=State.CLAIMED,
                worker=worker,
                lease_until=now + LEASE,
                fence=Delivery.fence + 1,
            )
            .returning(Delivery)
        )
        rows = session.scalars(taken, execution_options={"synchronize_session": False}).all()
        return sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))


def begin(delivery: Delivery, subject: str) -> bool:
    """Mark the intent to send; False where the lease was lost to somebody else meanwhile."""
    return _move(
        delivery,
        State.SENDING,
        subject=subject,
        attempts=delivery.attempts + 1,
        lease_until=clock.now() + LEASE,
    )


def accept(delivery: Delivery) -> bool:
    """The mail server took it and answers for it from now on."""
    return _settle(delivery, State.ACCEPTED, reason=None)


def exclude(delivery: Delivery, reason: str) -> bool:
    """The last look decided against it."""
    return _settle(delivery, State.EXCLUDED, reason=reason)


def fail(delivery: Delivery, reason: str) -> bool:
    """It can never go, or was refused for good."""
    return _settle(delivery, State.FAILED, reason=reason)


def lose(delivery: Delivery, reason: str) -> bool:
    """Its fate is unknown: a transactional one goes again, a marketing one waits for a decision."""
    if delivery.stream is Stream.TRANSACTIONAL:
        return postpone(delivery, reason)
    return _settle(delivery, State.UNKNOWN, reason=reason)


def postpone(delivery: Delivery, reason: str) -> bool:
    """It was refused for now: try again later, or give up after the last of `RETRIES`."""
    if delivery.attempts > len(RETRIES):
        return fail(delivery, reason)
    wait = RETRIES[max(delivery.attempts, 1) - 1]
    return _release(delivery, reason, due_at=clock.now() + wait)


def release(deliveries: Sequence[Delivery], reason: str | None = None, *, wait: int = 0) -> None:
    """Give back what was claimed and not begun, to be taken again after `wait` seconds."""
    due_at = clock.now() + timedelta(seconds=wait)
    for delivery in deliveries:
        _release(delivery, reason, due_at=due_at)


def expired() -> Sequence[Delivery]:
    """Messages whose worker went away in the midst of sending them, oldest first."""
    with db.reading() as session:
        begun = select(Delivery).where(
            Delivery.state == State.SENDING, Delivery.lease_until <= clock.now()
        )
        return session.scalars(begun.order_by(Delivery.id).limit(500)).all()


def reclaim() -> int:
    """Return to the queue what a vanished worker had claimed and not begun; how many."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(Delivery.state == State.CLAIMED, Delivery.lease_until <= clock.now())
            .values(state=State.PENDING, worker=None, lease_until=None)
        )


def hold(source: str) -> None:
    """Pause a source: nothing of it that has not begun goes until `resume`."""
    with db.transaction():
        db.changed(
            update(Delivery)
            .where(Delivery.source == source, Delivery.state == State.PENDING)
            .values(state=State.HELD)
        )


def resume(source: str) -> None:
    """Let a paused source go on exactly where it stood."""
    with db.transaction():
        db.changed(
            update(Delivery)
            .where(Delivery.source == source, Delivery.state == State.HELD)
            .values(state=State.PENDING)
        )
        ring()


def cancel(source: str, reason: str) -> int:
    """Decide against all of a source that has not begun; how many messages that were."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(
                Delivery.source == source,
                Delivery.state.in_((State.PENDING, State.HELD)),
            )
            .values(state=State.EXCLUDED, reason=reason, settled_at=clock.now())
        )


def retry(delivery_id: int) -> bool:
    """Staff's decision to send again what failed or is unknown; False where it is neither."""
    with db.transaction():
        again = db.changed(
            update(Delivery)
            .where(
                Delivery.id == delivery_id,
                Delivery.state.in_((State.FAILED, State.UNKNOWN)),
            )
            .values(state=State.PENDING, attempts=0, due_at=clock.now(), settled_at=None)
        )
        ring()
    return again == 1


def count(source: str) -> dict[State, int]:
    """How many messages of a source are in each state; their sum is all of its rows."""
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.source == source)
            .group_by(Delivery.state)
        )
        return dict(rows.all())


def addressed_to(recipient: str) -> Sequence[Delivery]:
    """Every message to an address, newest first."""
    with db.reading() as session:
        mine = select(Delivery).where(Delivery.recipient == recipient)
        return session.scalars(mine.order_by(Delivery.id.desc())).all()


def forget(recipient: str, *, letters: str) -> None:
    """Take a person out of the rows of letters whose names begin with `letters`.

    What waits does not go; what went stays counted.
    """
    with db.transaction():
        theirs = Delivery.recipient == recipient, Delivery.letter.startswith(letters)
        unbegun = update(Delivery).where(*theirs, Delivery.state.in_(_UNBEGUN))
        db.changed(
            unbegun.values(
                state=State.EXCLUDED,
                reason="erased",
                settled_at=clock.now(),
                fence=Delivery.fence + 1,
            )
        )
        db.changed(update(Delivery).where(*theirs).values(recipient="", person=None, payload={}))


def backlog() -> int:
    """How many messages wait to be sent by now."""
    with db.reading() as session:
        due = select(func.count()).where(
            Delivery.state.in_(WAITING), Delivery.due_at <= clock.now()
        )
        return session.scalar(due) or 0


def _settle(delivery: Delivery, state: State, *, reason: str | None) -> bool:
    return _move(delivery, state, reason=reason, settled_at=clock.now(), lease_until=None)


def _release(delivery: Delivery, reason: str | None, *, due_at: datetime) -> bool:
    return _move(
        delivery, State.PENDING, reason=reason, due_at=due_at, lease_until=None, worker=None
    )


def _move(delivery: Delivery, state: State, **values: Any) -> bool:
    """Change the row's state, if it is still in the state and the hands that `delivery` says."""
    with db.transaction():
        moved = db.changed(
            update(Delivery)
            .where(
                Delivery.id == delivery.id,
                Delivery.fence == delivery.fence,
                Delivery.state == delivery.state,
            )
            .values(state=state, **values)
        )
    if moved != 1:
        return False
    delivery.state = state
    for name, value in values.items():
        setattr(delivery, name, value)
    return True
