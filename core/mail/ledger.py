"""The delivery ledger as a book: messages are entered, counted, found, called off.

How workers take them from it is in `core.mail.queue`, what becomes of them in `core.mail.fates`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from core import clock, db, jobs
from core.mail import letters
from core.mail.models import WAITING, Delivery, State, Stream

BELL = "deliver"
_UNBEGUN = (State.PENDING, State.HELD, State.CLAIMED)


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


def enqueue_selected(
    people: Select[*tuple[Any, ...]],
    *,
    letter: str,
    source: str,
    payload: dict[str, Any] | None = None,
) -> int:
    """Write a message to each of `people` in one statement; how many rows were written.

    `people` has the columns `key`, `person`, `recipient` and `reason`, and may have `due_at`.
    Where a reason is given the message is excluded from the beginning, so that everybody is
    accounted for.
    """
    stream = letters.find(letter).stream
    now = clock.now()
    who = people.subquery()
    included = who.c.reason.is_(None)
    values: dict[str, Any] = {
        "key": who.c.key,
        "letter": literal(letter),
        "stream": literal(stream, Delivery.stream.type),
        "priority": literal(stream.priority),
        "source": literal(source),
        "person": who.c.person,
        "recipient": who.c.recipient,
        "payload": literal(payload or {}, Delivery.payload.type),
        "state": case(
            (included, literal(State.PENDING, Delivery.state.type)),
            else_=literal(State.EXCLUDED, Delivery.state.type),
        ),
        "reason": who.c.reason,
        "attempts": literal(0),
        "fence": literal(0),
        "due_at": who.c.due_at if "due_at" in who.c else literal(now, Delivery.due_at.type),
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


def ring() -> None:
    """Wake the workers once the transaction under way has committed."""
    jobs.ring(BELL)


def call_off(keys: Collection[str], reason: str) -> int:
    """Decide against the messages of these keys that have not begun; how many those were."""
    return _move(
        Delivery.key.in_(keys),
        _UNBEGUN,
        state=State.EXCLUDED,
        reason=reason,
        settled_at=clock.now(),
    )


def call_off_to(recipient: str, reason: str, *, letters: str) -> int:
    """Decide against what has not begun to an address, of advertising and of letters named so."""
    meant = or_(Delivery.stream == Stream.MARKETING, Delivery.letter.startswith(letters))
    return _move(
        and_(Delivery.recipient == recipient, meant),
        _UNBEGUN,
        state=State.EXCLUDED,
        reason=reason,
        settled_at=clock.now(),
    )


def retry(delivery_id: int) -> bool:
    """Staff's decision to send again what failed or is unknown; False where it is neither.

    What was to go within it goes again too, each by itself.
    """
    with db.transaction():
        again = db.changed(
            update(Delivery)
            .where(
                or_(Delivery.id == delivery_id, Delivery.within == delivery_id),
                Delivery.state.in_((State.FAILED, State.UNKNOWN)),
            )
            .values(
                state=State.PENDING,
                reason=None,
                attempts=0,
                due_at=clock.now(),
                settled_at=None,
                within=None,
            )
        )
        ring()
    return again > 0


def retry_failed(source: str, code: str, people: Select[int]) -> int:
    """Staff's decision to send again what a server refused with `code` of a source; how many.

    To `people`, by their ids. What goes again has failed no more, so that each failure is answered
    once; it keeps its key, and with it its Message-ID.
    """
    with db.transaction():
        again = db.changed(
            update(Delivery)
            .where(
                Delivery.source == source,
                Delivery.state == State.FAILED,
                func.substr(Delivery.reason, 1, 3) == code,
                Delivery.person.in_(people),
            )
            .values(
                state=State.PENDING,
                reason=literal("again after: ") + Delivery.reason,
                attempts=0,
                due_at=clock.now(),
                settled_at=None,
                within=None,
            )
        )
        ring()
    return again


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


def first(source: str) -> int | None:
    """The id of a source's first message; None without any."""
    with db.reading() as session:
        return session.scalar(select(func.min(Delivery.id)).where(Delivery.source == source))


def last(source: str) -> int:
    """The id of a source's last message; 0 without any."""
    with db.reading() as session:
        return session.scalar(select(func.max(Delivery.id)).where(Delivery.source == source)) or 0


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


def redirect(recipient: str, to: str, *, letters: str) -> None:
    """Send what waits for a person, of letters whose names begin so, to another address."""
    with db.transaction():
        waits = Delivery.state.in_(_UNBEGUN), Delivery.letter.startswith(letters)
        theirs = update(Delivery).where(Delivery.recipient == recipient, *waits)
        db.changed(theirs.values(recipient=to))


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
        "priority": stream.priority,
        "state": State.PENDING,
        "attempts": 0,
        "fence": 0,
        "created_at": now,
    }


def _move(which: ColumnElement[bool], states: Iterable[State], **values: Any) -> int:
    """Change all such rows that are in one of the states, out of any worker's hands."""
    with db.transaction():
        return db.changed(
            update(Delivery)
            .where(which, Delivery.state.in_(states))
            .values(worker=None, lease_until=None, **values)
        )
