"""The ledger as a queue: a worker claims what is due, keeps it alive, and marks its intent to send.

A claim is known by its fence, a number drawn for it. Every later change names that number, so that
a worker whose lease ended meanwhile changes nothing.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Table,
    bindparam,
    exists,
    false,
    literal_column,
    or_,
    select,
    true,
    update,
)

from core import clock, db
from core.mail import deeds, stops
from core.mail.models import Delivery, State, Stream

LEASE = timedelta(seconds=45)
"""How long a vanished worker keeps what it had; one that lives renews, see `core.mail.sending`."""

_UNTOUCHED = {"synchronize_session": False}
_FENCES = 2**30


def claim(worker: str, limit: int, streams: Collection[Stream] | None = None) -> list[Delivery]:
    """Take up to `limit` due messages for `worker`, for the length of `LEASE`, in their order.

    Those of `streams`, or of all that nothing stops (`core.mail.stops`), and of no source that
    rests (`core.mail.deeds`).
    """
    now = clock.now()
    with db.transaction() as session:
        streams = stops.open_streams() if streams is None else streams
        if not streams:
            return []
        # A common table expression, since PostgreSQL may run a subquery with a lock more than once.
        due = (
            select(Delivery.id)
            .where(is_in(State.PENDING), Delivery.due_at <= now, _is_of(streams), is_awake())
            .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        taken = (
            update(Delivery)
            .where(Delivery.id.in_(select(due.c.id)))
            .values(
                state=State.CLAIMED,
                worker=worker,
                lease_until=now + LEASE,
                fence=secrets.randbelow(_FENCES),
            )
            .returning(Delivery)
        )
        rows = session.scalars(taken, execution_options=_UNTOUCHED).all()
    return sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))


def is_urgent() -> bool:
    """Whether a message is due that somebody waits for."""
    with db.reading() as session:
        return session.scalar(_URGENT, {"now": clock.now()}) is not None


def renew(worker: str) -> None:
    """Prolong the leases of a worker that lives."""
    with db.transaction():
        db.changed(
            update(Delivery)
            .where(_is_leased(), Delivery.worker == worker)
            .values(lease_until=clock.now() + LEASE)
        )


def begin(subjects: Mapping[Delivery, str]) -> list[Delivery]:
    """Mark the intent to send messages with these subjects; those that are still ours.

    The others were taken away, or their source was paused, meanwhile.
    """
    alike: dict[tuple[str, int], list[Delivery]] = defaultdict(list)
    for delivery, subject in subjects.items():
        alike[subject, delivery.fence].append(delivery)
    ours: list[Delivery] = []
    until = clock.now() + LEASE
    with db.transaction() as session:
        for (subject, _), deliveries in alike.items():
            values = {**still(deliveries), "to_subject": subject, "until": until}
            ids = set(session.scalars(_BEGIN, values, execution_options=_UNTOUCHED))
            ours += [delivery for delivery in deliveries if delivery.id in ids]
    for delivery in ours:
        delivery.state = State.SENDING
        delivery.attempts += 1
    return ours


def begin_within(carrier: Delivery, others: Sequence[Delivery], subject: str) -> None:
    """Mark the intent to send waiting messages within one that was just begun.

    They are locked by the transaction under way, and get its hands, its lease and its fence.
    """
    db.changed(
        update(Delivery)
        .where(Delivery.id.in_([each.id for each in others]), is_in(State.PENDING))
        .values(
            state=State.SENDING,
            within=carrier.id,
            subject=subject,
            reason=None,
            worker=carrier.worker,
            fence=carrier.fence,
            lease_until=clock.now() + LEASE,
        )
    )


TABLE = cast("Table", Delivery.__table__)
"""The ledger without its objects, for statements that are asked for every group."""

STILL = (
    db.among(TABLE.c.id, "ids"),
    TABLE.c.fence == bindparam("fence_of_claim"),
    TABLE.c.state == bindparam("state_of_claim"),
)
"""Conditions that rows of one claim are in the state and the hands that `still` says."""

WITHIN = (db.among(TABLE.c.within, "ids"), *STILL[1:])
"""The same of what goes within rows of one claim."""

# Made once: they are asked for every group, and to make one costs as much as to run it.
_BEGIN = (
    update(TABLE)
    .where(*STILL)
    .values(
        state=State.SENDING,
        subject=bindparam("to_subject"),
        reason=None,
        attempts=TABLE.c.attempts + 1,
        lease_until=bindparam("until"),
    )
    .returning(TABLE.c.id)
)


def still(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """What `STILL` asks of rows of one claim."""
    return {
        "ids": [delivery.id for delivery in deliveries],
        "fence_of_claim": deliveries[0].fence,
        "state_of_claim": deliveries[0].state,
    }


def expired() -> Sequence[Delivery]:
    """Messages whose worker went away in the midst of sending them, oldest first.

    What goes within another message has that one's fate.
    """
    begun = select(Delivery).where(
        _is_leased(), is_in(State.SENDING), _lease_is_over(), Delivery.within.is_(None)
    )
    with db.reading() as session:
        return session.scalars(begun.order_by(Delivery.id).limit(500)).all()


def reclaim() -> int:
    """Return to the queue what a vanished worker had claimed and not begun; how many."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(_is_leased(), is_in(State.CLAIMED), _lease_is_over())
            .values(state=State.PENDING, worker=None, lease_until=None)
        )


def is_awake() -> ColumnElement[bool]:
    """That a row's source is neither paused nor called off; most of the time none is."""
    resting = deeds.at_rest()
    return Delivery.source.not_in(resting) if resting else true()


def is_work_waiting() -> bool:
    """Whether a message is due, or a worker that held some has vanished."""
    with db.reading() as session:
        streams = stops.open_streams()
        pending = is_in(State.PENDING), Delivery.due_at <= clock.now()
        due = exists().where(*pending, _is_of(streams), is_awake())
        left = exists().where(_is_leased(), _lease_is_over())
        return bool(session.scalar(select(or_(due, left))))


def is_in(*states: State) -> ColumnElement[bool]:
    """The row is in one of these states, said so that the partial indexes serve."""
    return or_(*(Delivery.state == literal_column(f"'{state.value}'") for state in states))


def _is_of(streams: Collection[Stream]) -> ColumnElement[bool]:
    """The row's priority is of one of these streams; the index begins with it."""
    if len(streams) == len(Stream):
        return true()
    return or_(false(), *(Delivery.priority == stream.priority for stream in streams))


def _is_leased() -> ColumnElement[bool]:
    return is_in(State.CLAIMED, State.SENDING)


def _lease_is_over() -> ColumnElement[bool]:
    return Delivery.lease_until <= clock.now()


_URGENT = (
    select(TABLE.c.id)
    .where(
        TABLE.c.state == literal_column(f"'{State.PENDING.value}'"),
        TABLE.c.priority == Stream.TRANSACTIONAL.priority,
        TABLE.c.due_at <= bindparam("now"),
    )
    .limit(1)
)
