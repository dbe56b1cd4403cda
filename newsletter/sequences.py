"""Sequences: rows of letters that each reader gets at their own pace, in their own mornings.

Who walks a sequence keeps the version they began with. When the next letter is due is computed
once, when the one before goes into the ledger; `newsletter.tick` moves people on.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import delete, select, update

from core import clock, db, jobs
from newsletter.events import Confirmed, Erased, Left, PreferencesChanged, Returned
from newsletter.models import (
    Enrolment,
    EnrolmentLog,
    Sequence,
    SequenceVersion,
    Standing,
    Subscriber,
    Walk,
)
from newsletter.zones import local_day, morning

BELL = "sequences"


class Step(TypedDict):
    """One letter of a sequence: Markdown, and the days since the one before."""

    subject: str
    preheader: str
    body: str
    delay_days: int


@dataclass(frozen=True, kw_only=True)
class NextLetter:
    """What comes next for a reader, and the day it has in their zone."""

    subject: str
    sequence: str
    due_at: datetime
    day: date


def publish(name: str, title: str, steps: list[Step], *, trigger: str | None = None) -> int:
    """Make these the steps for whoever begins from now on; the id of that version.

    The same steps again make no new version. Whoever is under way goes on with the old one.
    """
    with db.transaction() as session:
        db.insert_missing(
            Sequence, name=name, title=title, trigger=trigger, active=True, created_at=clock.now()
        )
        sequence = session.scalars(
            select(Sequence).where(Sequence.name == name).with_for_update()
        ).one()
        last = latest_version(sequence.id)
        if last is not None and last.steps == steps:
            return last.id
        version = SequenceVersion(
            sequence_id=sequence.id,
            number=last.number + 1 if last else 1,
            steps=[dict(step) for step in steps],
            created_at=clock.now(),
        )
        session.add(version)
        session.flush()
        return version.id


def source(version_id: int, position: int) -> str:
    """What the letters of one step are counted under in the ledger."""
    return f"sequence:{version_id}:{position}"


def latest_version(sequence_id: int) -> SequenceVersion | None:
    """The version that whoever begins now would walk."""
    versions = select(SequenceVersion).where(SequenceVersion.sequence_id == sequence_id)
    with db.reading() as session:
        return session.scalar(versions.order_by(SequenceVersion.number.desc()).limit(1))


def enrol(name: str, subscriber_id: int, *, occurrence: str = "once") -> bool:
    """Let a person begin a sequence; False where they did so before, or it has no steps.

    Raises `LookupError` for an unknown sequence.
    """
    with db.transaction() as session:
        sequence = session.scalar(select(Sequence).where(Sequence.name == name))
        if sequence is None:
            raise LookupError(f"no sequence is called {name!r}")
        version = latest_version(sequence.id)
        if version is None or not version.steps:
            return False
        return _begin(sequence, version, session.get_one(Subscriber, subscriber_id), occurrence)


def due(step: dict[str, Any], reached_at: datetime, subscriber: Subscriber) -> datetime:
    """When a step goes to a reader who got the one before at `reached_at`, in UTC.

    Without a delay at once, else in the morning of the day: days are the longer of the step's own
    and the reader's pace. Never before a pause ends.
    """
    moment, zone = reached_at, subscriber.timezone
    if step["delay_days"] > 0:
        days = max(step["delay_days"], subscriber.pace_days)
        moment = morning(local_day(reached_at, zone) + timedelta(days=days), zone)
    until = subscriber.paused_until
    if until is not None and until > moment:
        moment = max(until, morning(local_day(until, zone), zone))
    return moment


def leave(subscriber_id: int, reason: str, *, sequence_id: int | None = None) -> None:
    """End a person's walks, all or those of one sequence, in the transaction of the cause."""
    with db.transaction():
        for enrolment in active(subscriber_id):
            if sequence_id in (None, enrolment.sequence_id):
                end(enrolment, Walk.EXITED, reason)


def end(enrolment: Enrolment, state: Walk, reason: str | None = None) -> None:
    """Mark a walk as over, in the transaction under way."""
    enrolment.state = state
    enrolment.reason = reason
    enrolment.ended_at = clock.now()
    note(enrolment, state.value, reason)


def note(enrolment: Enrolment, event: str, detail: str | None = None) -> None:
    """Add to an enrolment's log, in the transaction under way."""
    db.session().add(
        EnrolmentLog(
            enrolment_id=enrolment.id,
            event=event,
            position=enrolment.position,
            detail=detail,
            at=clock.now(),
        )
    )


def active(subscriber_id: int) -> Rows[Enrolment]:
    """The walks that a person is on, next due first."""
    walks = select(Enrolment).where(
        Enrolment.subscriber_id == subscriber_id, Enrolment.state == Walk.ACTIVE
    )
    with db.reading() as session:
        return session.scalars(walks.order_by(Enrolment.due_at, Enrolment.id)).all()


def next_letter(subscriber: Subscriber) -> NextLetter | None:
    """The letter of a sequence that comes next for a reader, if one does."""
    if subscriber.standing is not Standing.CONFIRMED:
        return None
    with db.reading() as session:
        for enrolment in active(subscriber.id):
            version = session.get_one(SequenceVersion, enrolment.version_id)
            return NextLetter(
                subject=version.steps[enrolment.position]["subject"],
                sequence=session.get_one(Sequence, enrolment.sequence_id).title,
                due_at=enrolment.due_at,
                day=local_day(enrolment.due_at, subscriber.timezone),
            )
    return None


def on_confirmed(event: Confirmed) -> None:
    """Whoever joins begins the sequences that are for them; whoever comes back goes on."""
    on_returned(Returned(event.subscriber_id))
    with db.transaction() as session:
        for name in session.scalars(
            select(Sequence.name).where(Sequence.trigger == "confirmed", Sequence.active)
        ).all():
            enrol(name, event.subscriber_id)


def on_left(event: Left) -> None:
    """Whoever leaves gets no further letter."""
    leave(event.subscriber_id, event.reason)


def on_returned(event: Returned) -> None:
    """Whoever comes back goes on where leaving ended their walk."""
    with db.transaction() as session:
        ended = select(Enrolment).where(
            Enrolment.subscriber_id == event.subscriber_id,
            Enrolment.state == Walk.EXITED,
            Enrolment.reason == "unsubscribed",
        )
        for enrolment in session.scalars(ended).all():
            enrolment.state, enrolment.reason, enrolment.ended_at = Walk.ACTIVE, None, None
            note(enrolment, "returned")
        on_preferences_changed(PreferencesChanged(event.subscriber_id))


def on_preferences_changed(event: PreferencesChanged) -> None:
    """Another pace, zone or pause moves what is due."""
    with db.transaction() as session:
        subscriber = session.get_one(Subscriber, event.subscriber_id)
        for enrolment in active(subscriber.id):
            steps = session.get_one(SequenceVersion, enrolment.version_id).steps
            enrolment.due_at = due(steps[enrolment.position], enrolment.reached_at, subscriber)
            note(enrolment, "moved", enrolment.due_at.isoformat())
        jobs.ring(BELL)


def on_erased(event: Erased) -> None:
    """Delete a person's walks with them."""
    with db.transaction():
        theirs = select(Enrolment.id).where(Enrolment.subscriber_id == event.subscriber_id)
        db.changed(delete(EnrolmentLog).where(EnrolmentLog.enrolment_id.in_(theirs)))
        db.changed(delete(Enrolment).where(Enrolment.subscriber_id == event.subscriber_id))


def switch(sequence_id: int, *, active: bool) -> None:
    """Let people begin a sequence, or no more; whoever is under way goes on."""
    with db.transaction():
        db.changed(update(Sequence).where(Sequence.id == sequence_id).values(active=active))


def _begin(
    sequence: Sequence, version: SequenceVersion, subscriber: Subscriber, occurrence: str
) -> bool:
    now = clock.now()
    key = {
        "sequence_id": sequence.id,
        "subscriber_id": subscriber.id,
        "occurrence": occurrence,
    }
    is_new = db.insert_missing(
        Enrolment,
        **key,
        version_id=version.id,
        position=0,
        due_at=due(version.steps[0], now, subscriber),
        reached_at=now,
        state=Walk.ACTIVE,
        created_at=now,
    )
    if is_new:
        note(db.session().scalars(select(Enrolment).filter_by(**key)).one(), "begun")
        jobs.ring(BELL)
    return is_new
