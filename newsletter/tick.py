"""Moves everybody whose next letter of a sequence is due: a ledger row and the next due time.

Both are written in one transaction for a batch of people, so that a crash leaves each of them
either before or after their step, and no worker's turn is one person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import clock, db, jobs
from core.mail import ledger
from core.mail.ledger import Entry
from newsletter import mailing, sequences
from newsletter.models import Enrolment, SequenceVersion, Standing, Subscriber, Walk

BATCH = 500


@dataclass(frozen=True)
class _Due:
    """A person whose next letter is due, and the steps that they walk."""

    enrolment: Enrolment
    subscriber: Subscriber
    version: SequenceVersion


@jobs.job(sequences.BELL, every_minutes=1)
def tick() -> int:
    """Write every letter that is due by now into the ledger; how many people moved."""
    moved = 0
    while batch := _move_batch():
        moved += batch
    return moved


def _move_batch() -> int:
    with db.transaction():
        batch = _due()
        ledger.enqueue_all(entry for due in batch if (entry := _entry(due)))
        for due in batch:
            _advance(due)
        return len(batch)


def _due() -> Sequence[_Due]:
    rows = db.session().execute(
        select(Enrolment, Subscriber, SequenceVersion)
        .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .join(SequenceVersion, SequenceVersion.id == Enrolment.version_id)
        .where(
            Enrolment.state == db.literally(Walk.ACTIVE, Enrolment.state),
            Enrolment.due_at <= clock.now(),
        )
        .order_by(Enrolment.due_at, Enrolment.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Enrolment)
    )
    return [_Due(*row) for row in rows]


def _entry(due: _Due) -> Entry | None:
    """The letter that is due, or None for one who is not on the list."""
    enrolment = due.enrolment
    if due.subscriber.standing is not Standing.CONFIRMED:
        return None
    return Entry(
        key=f"sequence:{enrolment.id}:{enrolment.position}",
        letter=mailing.STEP,
        recipient=due.subscriber.email,
        source=sequences.source(enrolment.version_id, enrolment.position),
        person=due.subscriber.id,
        payload={
            "enrolment": enrolment.id,
            "version": enrolment.version_id,
            "position": enrolment.position,
        },
    )


def _advance(due: _Due) -> None:
    enrolment, steps = due.enrolment, due.version.steps
    if due.subscriber.standing is not Standing.CONFIRMED:
        sequences.end(enrolment, Walk.EXITED, due.subscriber.standing.value)
        return
    sequences.note(enrolment, "sent", steps[enrolment.position]["subject"][:200])
    enrolment.position += 1
    enrolment.reached_at = clock.now()
    if enrolment.position == len(steps):
        sequences.end(enrolment, Walk.DONE)
    else:
        enrolment.due_at = sequences.due(
            steps[enrolment.position], enrolment.reached_at, due.subscriber
        )
