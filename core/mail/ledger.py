"""The delivery ledger: each message is a row first, then claimed by one worker, then settled."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select, true, update

from core import clock, db, jobs
from core.mail import letters
from core.mail.models import WAITING, Delivery, State, Stream

BELL = "deliver"
# How long a vanished worker keeps what it had; one that lives renews, see `core.mail.sending`.
LEASE = timedelta(seconds=45)
# How long to wait after each refusal "for now" (4xx); after the last one it has failed.
_UNBEGUN = (State.PENDING, State.HELD, State.CLAIMED)
RETRIES = tuple(timedelta(minutes=m) for m in (1, 5, 20, 60, 180, 360, 720, 1440))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A message to be written into the ledger; without `due_at` it goes at once.

    `key` names (thing, person, occurrence); `person` is their id in the letter's package.
    """

    key: str
    letter: str
    recipient: str
    source: str
    payload: dict[str, Any] = field(default_factory=dict)
    person: int | None = None
    due_at: datetime | None = None


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
    entry = Entry(
        key=key,
        letter=letter,
        recipient=recipient,
        source=source,
        payload=payload or {},
        person=person,
        due_at=due_at,
    )
    with db.transaction():
        is_new = db.insert_missing(Delivery, **_row(entry))
        ring()
    return is_new


def enqueue_all(entries: Iterable[Entry]) -> None:
    """Write many messages at once; those whose key is there already stay as they are."""
    rows = [_row(entry) for entry in entries]
    if not rows:
        return
    with db.transaction() as session:
        session.execute(db.insert(Delivery).on_conflict_do_nothing(), rows)
        ring()


def enqueue_selected(people: Select[*tuple[Any, ...]], *, letter: str, source: str) -> int:
    """Write a message to each of `people` in one statement; how many rows were written.

    `people` has the columns `key`, `person`, `recipient` and `reason`. Where a reason is given the
    message is excluded from the beginning, so that everybody is accounted for.
    """
    stream = letters.find(letter).stream
    now = clock.now()
    who = people.subquery()
    included = who.c.reason.is_(None)
    values: dict[str, Any] = {
        "key": who.c.key,
        "letter": literal(letter),
        "stream": literal(stream, Delivery.stream.type),
        "priority": literal(priority_of(stream)),
        "source": literal(source),
        "person": who.c.person,
        "recipient": who.c.recipient,
        "payload": literal({}, Delivery.payload.type),
        "state": case(
            (included, literal(State.PENDING, Delivery.state.type)),
            else_=literal(State.EXCLUDED, Delivery.state.type),
        ),
        "reason": who.c.reason,
        "attempts": literal(0),
        "fence": literal(0),
        "due_at": literal(now, Delivery.due_at.type),
        "created_at": literal(now, Delivery.created_at.type),
        "settled_at": case((included, None), else_=literal(now, Delivery.due_at.type)),
    }
    # SQLite tells ON CONFLICT from a join's ON by the WHERE before it.
    rows = select(*values.values()).where(true())
    with db.transaction():
        written = db.changed(
            db.insert(Delivery).from_select(list(values), rows).on_conflict_do_nothing()
        )
        ring()
    return written


def priority_of(stream: Stream) -> int:
    """Lower goes first: somebody waits for a receipt, nobody for an issue."""
    return 0 if stream is Stream.TRANSACTIONAL else 1


def ring() -> None:
    """Wake the workers once the transaction under way has committed."""
    jobs.ring(BELL)


def claim(worker: str, limit: int) -> Sequence[Delivery]:
    """Take up to `limit` due messages for `worker`, for the length of `LEASE`, in their order."""
    now = clock.now()
    # A common table expression, since PostgreSQL may run a subquery with a lock more than once.
    due = (
        select(Delivery.id)
        .where(_is(State.PENDING), Delivery.due_at <= now)
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
            fence=Delivery.fence + 1,
        )
        .returning(Delivery)
    )
    with db.transaction() as session:
        rows = session.scalars(taken, execution_options={"synchronize_session": False}).all()
    return sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))


def renew(worker: str) -> None:
    """Prolong the leases of a worker that lives."""
    with db.transaction():
        db.changed(
            update(Delivery)
            .where(_is(State.CLAIMED, State.SENDING), Delivery.worker == worker)
            .values(lease_until=clock.now() + LEASE)
        )


def begin(delivery: Delivery, subject: str) -> bool:
    """Mark the intent to send; False where it was taken away, or its source paused, meanwhile."""
    return _move(
        delivery,
        State.SENDING,
        subject=subject,
        reason=None,
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


def doubt(delivery: Delivery, reason: str) -> bool:
    """The connection was lost in the midst of it: after the lease, `expired` asks for its fate."""
    return _move(
        delivery, State.SENDING, reason=reason, worker=None, lease_until=clock.now() + LEASE
    )


def lose(delivery: Delivery, reason: str) -> bool:
    """Its fate is unknown: a transactional one goes again, a marketing one waits for a decision."""
    if delivery.stream is Stream.TRANSACTIONAL:
        return postpone(delivery, reason)
    return _settle(delivery, State.UNKNOWN, reason=reason)


def postpone(delivery: Delivery, reason: str) -> bool:
    """Count a try that came to nothing: again later, or give up after the last of `RETRIES`."""
    tries = delivery.attempts + (delivery.state is State.CLAIMED)
    if tries > len(RETRIES):
        return fail(delivery, reason)
    due_at = clock.now() + RETRIES[max(tries, 1) - 1]
    return _release(delivery, reason=reason, due_at=due_at, attempts=tries)


def wait(delivery: Delivery, until: datetime | None, reason: str) -> bool:
    """Not now: at `until`, or where that is None once its source is resumed."""
    state = State.PENDING if until else State.HELD
    return _release(delivery, state, reason=reason, due_at=until or delivery.due_at)


def release(deliveries: Iterable[Delivery], reason: str | None = None, *, wait: int = 0) -> None:
    """Give back what was claimed, to be taken again after `wait` seconds; nothing was tried."""
    due_at = clock.now() + timedelta(seconds=wait)
    with db.transaction():
        for delivery in deliveries:
            tries = delivery.attempts - (delivery.state is State.SENDING)
            _release(delivery, reason=reason, due_at=due_at, attempts=tries)


def expired() -> Sequence[Delivery]:
    """Messages whose worker went away in the midst of sending them, oldest first."""
    begun = select(Delivery).where(_is_leased(), _is(State.SENDING), _lease_is_over())
    with db.reading() as session:
        return session.scalars(begun.order_by(Delivery.id).limit(500)).all()


def reclaim() -> int:
    """Return to the queue what a vanished worker had claimed and not begun; how many."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(_is_leased(), _is(State.CLAIMED), _lease_is_over())
            .values(state=State.PENDING, worker=None, lease_until=None)
        )


def is_work_waiting() -> bool:
    """Whether a message is due, or a worker that held some has vanished."""
    due = exists().where(_is(State.PENDING), Delivery.due_at <= clock.now())
    left = exists().where(_is_leased(), _lease_is_over())
    with db.reading() as session:
        return bool(session.scalar(select(or_(due, left))))


def hold(source: str) -> None:
    """Pause a source: nothing of it that has not begun goes until `resume`."""
    _move_source(source, (State.PENDING, State.CLAIMED), state=State.HELD)


def resume(source: str) -> None:
    """Let a paused source go on exactly where it stood."""
    with db.transaction():
        _move_source(source, (State.HELD,), state=State.PENDING, reason=None)
        ring()


def cancel(source: str, reason: str) -> int:
    """Decide against all of a source that has not begun; how many messages that were."""
    return _move_source(
        source, _UNBEGUN, state=State.EXCLUDED, reason=reason, settled_at=clock.now()
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
            .values(
                state=State.PENDING, reason=None, attempts=0, due_at=clock.now(), settled_at=None
            )
        )
        ring()
    return again == 1


def tally(source: str) -> list[tuple[State, str, int]]:
    """How many messages of a source are in each state and for which reason.

    What failed is told apart by the three digits of the server's answer alone.
    """
    why = case(
        (Delivery.state == State.FAILED, func.substr(Delivery.reason, 1, 3)),
        (Delivery.state == State.EXCLUDED, Delivery.reason),
        else_="",
    )
    rows = select(Delivery.state, why, func.count()).where(Delivery.source == source)
    with db.reading() as session:
        return [
            (state, reason or "", messages)
            for state, reason, messages in session.execute(rows.group_by(Delivery.state, why))
        ]


def is_open(source: str) -> bool:
    """Whether the fate of any message of a source is still open."""
    waits = exists().where(Delivery.source == source, Delivery.state.in_(WAITING))
    with db.reading() as session:
        return bool(session.scalar(select(waits)))


def count(source: str) -> dict[State, int]:
    """How many messages of a source are in each state; their sum is all of its rows."""
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.source == source)
            .group_by(Delivery.state)
        )
        return dict(rows.all())


def counts(sources: Iterable[str]) -> dict[str, dict[State, int]]:
    """The same as `count` for several sources, in one query."""
    found: dict[str, dict[State, int]] = {source: {} for source in sources}
    rows = (
        select(Delivery.source, Delivery.state, func.count())
        .where(Delivery.source.in_(found))
        .group_by(Delivery.source, Delivery.state)
    )
    with db.reading() as session:
        for source, state, messages in session.execute(rows):
            found[source][state] = messages
    return found


def addressed_to(recipient: str) -> Sequence[Delivery]:
    """Every message to an address, newest first."""
    with db.reading() as session:
        mine = select(Delivery).where(Delivery.recipient == recipient)
        return session.scalars(mine.order_by(Delivery.id.desc())).all()


def under(source: str) -> Sequence[Delivery]:
    """Every message that is counted under a source, newest first; for sources of a few."""
    with db.reading() as session:
        counted = select(Delivery).where(Delivery.source == source)
        return session.scalars(counted.order_by(Delivery.id.desc())).all()


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


def _row(entry: Entry) -> dict[str, Any]:
    stream = letters.find(entry.letter).stream
    now = clock.now()
    return asdict(entry) | {
        "due_at": entry.due_at or now,
        "stream": stream,
        "priority": priority_of(stream),
        "state": State.PENDING,
        "attempts": 0,
        "fence": 0,
        "created_at": now,
    }


def _settle(delivery: Delivery, state: State, *, reason: str | None) -> bool:
    return _move(delivery, state, reason=reason, settled_at=clock.now(), lease_until=None)


def _release(delivery: Delivery, state: State = State.PENDING, **values: Any) -> bool:
    return _move(delivery, state, lease_until=None, worker=None, **values)


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


def _move_source(source: str, states: Iterable[State], **values: Any) -> int:
    """Change all rows of a source that are in one of the states, out of any worker's hands."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(Delivery.source == source, Delivery.state.in_(states))
            .values(worker=None, lease_until=None, **values)
        )


def _is(*states: State) -> ColumnElement[bool]:
    """The row is in one of these states, said so that the partial indexes serve."""
    return or_(*(Delivery.state == db.literally(state, Delivery.state) for state in states))


def _is_leased() -> ColumnElement[bool]:
    return _is(State.CLAIMED, State.SENDING)


def _lease_is_over() -> ColumnElement[bool]:
    return Delivery.lease_until <= clock.now()
