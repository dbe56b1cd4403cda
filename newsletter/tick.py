"""Moves everybody whose next step of a sequence is due: a ledger row and the next due time.

Both are written in one transaction for many people, so that a crash leaves each of them either
before or after their step. People who do the same are moved by the same few statements.
"""

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence as Rows
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, cast, literal, null, select, update

from core import clock, db, jobs
from core.mail import ledger
from newsletter import mailing, segments, sequences, steps, triggers, walks, zones
from newsletter.models import (
    Enrolment,
    Sequence,
    SequenceVersion,
    Standing,
    Subscriber,
    Walk,
)
from newsletter.steps import Branch, End, Goal, Late, Mail, Step, Tag

BATCH = 5000


class _Alike(NamedTuple):
    """What decides a step, for all people of whom it is the same."""

    version: int
    position: int
    is_late: bool
    standing: Standing
    timezone: str
    pace_days: int
    paused_until: datetime | None
    meets: frozenset[int]
    """The steps, from theirs on, whose conditions they meet."""


_Person = tuple[int, int]
"""An enrolment, and whose it is."""


class _Move(NamedTuple):
    """What happens at a step, and where people who do the same go from it, or how they end."""

    version: int
    position: int
    event: str
    onward: int
    due_at: datetime | None
    state: Walk = Walk.ACTIVE
    reason: str | None = None


@jobs.job(walks.BELL, every_minutes=1)
def tick() -> int:
    """Take every step that is due by now; how many were taken."""
    moved = 0
    while batch := _move_batch():
        moved += batch
    return moved


def _move_batch() -> int:
    with db.transaction():
        alike = _due()
        walked = {
            number: steps.read(db.session().get_one(SequenceVersion, number).steps)
            for number in {each.version for each in alike}
        }
        moves: dict[_Move, list[_Person]] = defaultdict(list)
        for each, people in _parted(alike, walked).items():
            moves[_move(each, walked[each.version])] += people
        for move, people in moves.items():
            _carry_out(move, walked[move.version][move.position], people)
        return sum(map(len, moves.values()))


def _due() -> dict[_Alike, list[_Person]]:
    """Those whose next step is due, the longest due first, with their likes."""
    now, resting = clock.now(), sequences.paused_versions()
    # Before the join, which would otherwise be made for all who are due and not for one batch.
    due = (
        select(Enrolment)
        .where(
            Enrolment.state == db.literally(Walk.ACTIVE, Enrolment.state),
            Enrolment.due_at <= now,
            *((Enrolment.version_id.not_in(resting),) if resting else ()),
        )
        .order_by(Enrolment.due_at, Enrolment.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = db.session().execute(
        select(
            due.c.id,
            due.c.subscriber_id,
            due.c.version_id,
            due.c.position,
            due.c.due_at < now - steps.LATE,
            Subscriber.standing,
            Subscriber.timezone,
            Subscriber.pace_days,
            Subscriber.paused_until,
        )
        .join(Subscriber, Subscriber.id == due.c.subscriber_id)
        .order_by(due.c.due_at, due.c.id)
    )
    alike: dict[_Alike, list[_Person]] = defaultdict(list)
    for row in rows:
        alike[_Alike._make((*row[2:], frozenset()))].append((row[0], row[1]))
    return alike


def _parted(
    alike: dict[_Alike, list[_Person]], walked: dict[int, list[Step]]
) -> dict[_Alike, list[_Person]]:
    """The same, parted by the conditions that they meet: of their branch, of goals ahead."""
    parted: dict[_Alike, list[_Person]] = defaultdict(list)
    for each, people in alike.items():
        of_them = {person for _, person in people}
        met = {
            position: walks.meets(step, of_them)
            for position, step in enumerate(walked[each.version])
            if isinstance(step, Goal | Branch)
            and (position == each.position or (position > each.position and isinstance(step, Goal)))
        }
        if not met:
            parted[each] += people
            continue
        for enrolment, person in people:
            meets = frozenset(position for position, who in met.items() if person in who)
            parted[each._replace(meets=meets)].append((enrolment, person))
    return parted


def _move(due: _Alike, walked: list[Step]) -> _Move:
    """What a step does with people at this moment."""
    here = due.version, due.position
    if due.standing is not Standing.CONFIRMED:
        return _Move(*here, "exited", due.position, None, Walk.EXITED, due.standing.value)
    goals = [position for position in due.meets if isinstance(walked[position], Goal)]
    if goals:
        return _onward(due, walked, "goal", max(goals) + 1)
    return _late(due, walked) or _taken(due, walked)


def _late(due: _Alike, walked: list[Step]) -> _Move | None:
    """What becomes of a step that is late and must not come so."""
    step, now = walked[due.position], clock.now()
    if not due.is_late or (step.late is Late.SEND and not isinstance(step, Mail)):
        return None
    if step.late is Late.SKIP:
        return _onward(due, walked, "skipped", due.position + 1)
    if step.late is Late.SEND:
        window = zones.by_day(now, due.timezone)
    else:
        window = steps.next_window(step, now, due.timezone)
    if window <= now:
        return None
    return _Move(due.version, due.position, "moved", due.position, window)


def _taken(due: _Alike, walked: list[Step]) -> _Move:
    match walked[due.position]:
        case Branch(otherwise=otherwise) if due.position not in due.meets:
            return _onward(due, walked, "otherwise", otherwise)
        case End():
            return _onward(due, walked, "ended", len(walked))
        case step:
            return _onward(due, walked, _EVENTS[type(step)], due.position + 1)


_EVENTS: dict[type[Step], str] = {Mail: "sent", Branch: "met", Tag: "tagged", Goal: "passed"}
"""What the log says of a step that was taken."""


def _onward(due: _Alike, walked: list[Step], event: str, onward: int) -> _Move:
    here = (due.version, due.position)
    if onward == len(walked):
        return _Move(*here, event, onward, None, Walk.DONE)
    return _Move(*here, event, onward, steps.due(walked[onward], clock.now(), due))


def _carry_out(move: _Move, step: Step, people: Rows[_Person]) -> None:
    """Write what a move does, for all who make it."""
    ids = [enrolment for enrolment, _ in people]
    if move.event == "sent":
        _write_letters(move, step, ids)
    if move.event == "tagged" and isinstance(step, Tag):
        for _, person in people:
            segments.tag(person, step.tag)
    walks.note_all(ids, move.event, steps.title(step))
    values: dict[str, Any] = {"position": move.onward, "state": move.state}
    if move.event != "moved":
        values["reached_at"] = clock.now()
    if move.due_at is not None:
        values["due_at"] = move.due_at
    if move.state is not Walk.ACTIVE:
        values |= {"ended_at": clock.now(), "reason": move.reason}
        walks.note_all(ids, move.state.value, move.reason)
    moved = update(Enrolment).where(db.among(Enrolment.id, ids)).values(values)
    # No walk is loaded here, and to look for one all numbers would come back.
    db.changed(moved.execution_options(synchronize_session=False))
    if move.event == "goal":
        walks.call_off(move.version, ids, "goal")


def _write_letters(move: _Move, step: Step, ids: Collection[int]) -> None:
    key = literal("sequence:") + cast(Enrolment.id, String) + f":{move.version}:{move.position}"
    people = (
        select(
            key.label("key"),
            Subscriber.id.label("person"),
            Subscriber.email.label("recipient"),
            cast(null(), String).label("reason"),
        )
        .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .where(db.among(Enrolment.id, ids))
    )
    ledger.enqueue_selected(
        people,
        letter=mailing.STEP,
        source=sequences.source(move.version, move.position),
        payload={
            "version": move.version,
            "position": move.position,
            "asked_for": _was_asked_for(move, step),
        },
    )


def _was_asked_for(move: _Move, step: Step) -> bool:
    """Whether a letter answers at once to what its reader just did, and waits for no other."""
    if move.position or step.delay_days or step.delay_hours:
        return False
    begins = (
        select(Sequence.trigger)
        .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
        .where(SequenceVersion.id == move.version)
    )
    return db.session().scalar(begins) in triggers.ASKED_FOR
