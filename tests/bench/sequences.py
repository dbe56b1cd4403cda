"""A turn of the tick with 10,000 due of a million enrolments, beside moving them one by one."""

import statistics
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select, update

from core import clock, db
from core.mail import ledger
from newsletter import mailing, sequences, walks
from newsletter.models import Enrolment, Sequence, Subscriber, Walk
from newsletter.steps import Mail
from newsletter.tick import tick

DUE = 10_000
REFERENCE = 100
ROUNDS = 5
_LONG = timedelta(days=300)


def measure() -> None:
    """Print how long the tick takes, for the readers that there are."""
    version = sequences.publish(
        "bench", "Bench", [Mail(subject=f"{n}", body="Hello", delay_days=3) for n in range(5)]
    )
    people = _enrol(version)
    reference = _one_by_one(version) / REFERENCE * DUE
    turns = [_turn() for _ in range(ROUNDS)]
    seconds = statistics.median(turns)
    print(f"  sequences, {DUE:,} due of {people:,} enrolments:")
    print(f"  {'a row read, written and committed for each':<46}{reference:>7,.2f} s")
    print(
        f"  {'a turn of the tick, the middle one of five':<46}{seconds:>7,.2f} s"
        f"  ÷ {reference / seconds:.0f}  ({min(turns):.2f} to {max(turns):.2f})"
    )


def _turn() -> float:
    """Seconds that the tick takes."""
    _let_be_due(DUE)
    start = time.perf_counter()
    taken = tick()
    seconds = time.perf_counter() - start
    if taken != DUE:
        raise RuntimeError(f"{taken} of {DUE} were taken")
    return seconds


def _enrol(version: int) -> int:
    """Let everybody walk, with nothing due for long; how many."""
    now = clock.now()
    values: dict[str, Any] = {
        "sequence_id": select(Sequence.id).where(Sequence.name == "bench").scalar_subquery(),
        "version_id": literal(version),
        "subscriber_id": Subscriber.id,
        "occurrence": literal("once"),
        "position": literal(0),
        "due_at": literal(now + _LONG, Enrolment.due_at.type),
        "reached_at": literal(now, Enrolment.reached_at.type),
        "state": literal(Walk.ACTIVE, Enrolment.state.type),
        "created_at": literal(now, Enrolment.created_at.type),
    }
    rows = select(*values.values()).select_from(Subscriber)
    with db.transaction() as session:
        session.execute(insert(Enrolment).from_select(list(values), rows))
        return session.scalar(select(func.count()).select_from(Enrolment)) or 0


def _let_be_due(count: int) -> list[int]:
    """Let the walks of so many people be due now, those whose address comes first."""
    first = select(Enrolment.id).where(Enrolment.position == 0).order_by(Enrolment.id).limit(count)
    with db.transaction() as session:
        ids = list(session.scalars(first))
        db.changed(
            update(Enrolment)
            .where(Enrolment.id.in_(select(first.subquery().c.id)))
            .values(due_at=clock.now())
        )
    return ids


def _one_by_one(version: int) -> float:
    """Seconds to do the same as each person's own job would, with a transaction of its own."""
    ids = _let_be_due(REFERENCE)
    start = time.perf_counter()
    for number in ids:
        with db.transaction() as session:
            walk = session.get_one(Enrolment, number)
            person = session.get_one(Subscriber, walk.subscriber_id)
            ledger.enqueue(
                key=sequences.key(walk.id, version, walk.position),
                letter=mailing.STEP,
                recipient=person.email,
                source=sequences.source(version, walk.position),
                person=person.id,
                payload={"version": version, "position": walk.position},
            )
            walks.note(walk, "sent", "0")
            walk.position += 1
            walk.due_at = clock.now() + _LONG
    return time.perf_counter() - start
