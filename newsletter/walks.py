"""Who walks which sequence: reaching goals, and leaving.

How a walk begins is in `newsletter.enrolments`. When the next step is due is computed once, when
the one before is taken; `newsletter.tick` moves people on.
"""

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence as Rows

from sqlalchemy import Select, literal, select

from core import clock, db
from core.mail import ledger
from newsletter import predicates, steps
from newsletter.models import (
    Enrolment,
    EnrolmentLog,
    Sequence,
    SequenceVersion,
    Subscriber,
    Walk,
)
from newsletter.sequences import key
from newsletter.steps import Goal, Step

BELL = "sequences"
_KEYS = 10_000  # that one statement names; SQLite takes 32,766


def leave(
    people: Collection[int],
    reason: str,
    *,
    sequence_id: int | None = None,
    triggers: Collection[str] | None = None,
    occurrence: str | None = None,
) -> None:
    """End people's walks, in the transaction of the cause; no letter of theirs begins after it.

    Nor does what waits of a walk that is done. All walks are meant, or those of one sequence, of
    sequences with one of these triggers, or of one occurrence.
    """
    meant = select(Sequence.id)
    if triggers is not None:
        meant = meant.where(Sequence.trigger.in_(triggers))
    with db.transaction() as session:
        of_these = set(session.scalars(meant))
        theirs = [
            enrolment
            for enrolment in _locked(people, Walk.ACTIVE, Walk.DONE)
            if sequence_id in (None, enrolment.sequence_id)
            and occurrence in (None, enrolment.occurrence)
            and enrolment.sequence_id in of_these
        ]
        under_way = [enrolment for enrolment in theirs if enrolment.state is Walk.ACTIVE]
        for enrolment in under_way:
            _mark(enrolment, Walk.EXITED, reason)
        if under_way:
            note_all([enrolment.id for enrolment in under_way], Walk.EXITED.value, reason)
        versions = defaultdict(list)
        for enrolment in theirs:
            versions[enrolment.version_id].append(enrolment.id)
        for version, of_it in versions.items():
            call_off(version, of_it, reason)


def end(enrolment: Enrolment, state: Walk, reason: str | None = None) -> None:
    """Mark a walk as over, in the transaction under way; what waits of it does not go."""
    _mark(enrolment, state, reason)
    note(enrolment, state.value, reason)
    if reason is not None:
        call_off(enrolment.version_id, [enrolment.id], reason)


def take_up(reader: Subscriber, reason: str, *, occurrence: str) -> None:
    """Let a person go on with what ended for this reason; the next step counts from now."""
    with db.transaction() as session:
        for enrolment in _locked([reader.id], Walk.EXITED):
            if (enrolment.reason, enrolment.occurrence) != (reason, occurrence):
                continue
            walked = steps.read(session.get_one(SequenceVersion, enrolment.version_id).steps)
            enrolment.state, enrolment.reason, enrolment.ended_at = Walk.ACTIVE, None, None
            enrolment.reached_at = clock.now()
            enrolment.due_at = steps.due(walked[enrolment.position], clock.now(), reader)
            note(enrolment, "taken up")


def reach_goals(subscriber_id: int) -> None:
    """Let a person skip ahead to the goals that they meet now, in the transaction of the cause."""
    with db.transaction() as session:
        subscriber = session.get_one(Subscriber, subscriber_id)
        for enrolment in _locked([subscriber_id], Walk.ACTIVE):
            walked = steps.read(session.get_one(SequenceVersion, enrolment.version_id).steps)
            for position, step in enumerate(walked):
                if (
                    position >= enrolment.position
                    and isinstance(step, Goal)
                    and meets(step, {subscriber_id})
                ):
                    _reach(enrolment, walked, position, subscriber)


def meets(step: steps.Branch | Goal, people: Collection[int]) -> set[int]:
    """Which of these people meet what a step asks, at this moment."""
    rule = predicates.of(step.rule)
    with db.reading() as session:
        return set(
            session.scalars(select(Subscriber.id).where(db.among(Subscriber.id, people), rule))
        )


def call_off(version_id: int, enrolments: Collection[int], reason: str) -> None:
    """Let nothing go that waits of these walks, of this version and those they came from."""
    session = db.session()
    theirs = session.get_one(SequenceVersion, version_id)
    versions = session.scalars(
        select(SequenceVersion).where(
            SequenceVersion.sequence_id == theirs.sequence_id,
            SequenceVersion.number <= theirs.number,
        )
    ).all()
    for version in versions:
        keys = [
            key(enrolment, version.id, position)
            for enrolment in enrolments
            for position in range(len(version.steps))
        ]
        for low in range(0, len(keys), _KEYS):
            ledger.call_off(keys[low : low + _KEYS], reason)


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


def note_all(ids: Collection[int] | Select[int], event: str, detail: str | None = None) -> None:
    """The same for many enrolments, each at the step at which it stands."""
    these = Enrolment.id.in_(ids) if isinstance(ids, Select) else db.among(Enrolment.id, ids)
    columns = ["enrolment_id", "event", "position", "detail", "at"]
    rows = select(
        Enrolment.id,
        literal(event),
        Enrolment.position,
        literal(detail[:200] if detail else None, EnrolmentLog.detail.type),
        literal(clock.now(), EnrolmentLog.at.type),
    ).where(these)
    db.changed(db.insert(EnrolmentLog).from_select(columns, rows))


def active(subscriber_id: int) -> Rows[Enrolment]:
    """The walks that a person is on, next due first."""
    walks = select(Enrolment).where(
        Enrolment.subscriber_id == subscriber_id, Enrolment.state == Walk.ACTIVE
    )
    with db.reading() as session:
        return session.scalars(walks.order_by(Enrolment.due_at, Enrolment.id)).all()


def _mark(enrolment: Enrolment, state: Walk, reason: str | None) -> None:
    enrolment.state = state
    enrolment.reason = reason
    enrolment.ended_at = clock.now()


def _locked(people: Collection[int], *states: Walk) -> Rows[Enrolment]:
    """People's walks in these states, as no turn of the tick can change them meanwhile."""
    walks = select(Enrolment).where(
        db.among(Enrolment.subscriber_id, people), Enrolment.state.in_(states)
    )
    ordered = walks.order_by(Enrolment.id).with_for_update()
    return db.session().scalars(ordered, execution_options={"populate_existing": True}).all()


def _reach(enrolment: Enrolment, walked: list[Step], position: int, subscriber: Subscriber) -> None:
    """Move a person on to what follows a goal."""
    call_off(enrolment.version_id, [enrolment.id], "goal")
    enrolment.position = position + 1
    enrolment.reached_at = clock.now()
    note(enrolment, "goal", steps.title(walked[position])[:200])
    if enrolment.position == len(walked):
        end(enrolment, Walk.DONE)
    else:
        enrolment.due_at = steps.due(walked[enrolment.position], enrolment.reached_at, subscriber)
