"""Moves everybody whose next step of a sequence is due: a ledger row and the next due time.

Both are written in one transaction for many people, so that a crash leaves each of them either
before or after their step. People who do the same are moved by the same few statements.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, cast, literal, null, select, update

from core import clock, db, jobs
from core.mail import ledger
from newsletter import mailing, segments, sequences, steps
from newsletter.models import (
    Enrolment,
    SequenceVersion,
    Standing,
    Subscriber,
    Walk,
)
from newsletter.steps import Branch, End, Goal, Late, Mail, Step, Tag

BATCH = 5000


class _Due(NamedTuple):
    """A person whose next step is due; columns alone, as there may be very many."""

    enrolment: int
    version: int
    position: int
    due_at: datetime
    person: int
    standing: Standing
    timezone: str
    pace_days: int
    paused_until: datetime | None


class _Move(NamedTuple):
    """What happens at a step, and where people who do the same go from it, or how they end."""

    version: int
    position: int
    event: str
    onward: int
    due_at: datetime | None
    state: Walk = Walk.ACTIVE
    reason: str | None = None


@jobs.job(sequences.BELL, every_minutes=1)
def tick() -> int:
    """Take every step that is due by now; how many were taken."""
    moved = 0
    while batch := _move_batch():
        moved += batch
    return moved


def _move_batch() -> int:
    with db.transaction() as session:
        batch = _due()
        versions = {due.version for due in batch}
        walked = {
            number: steps.read(session.get_one(SequenceVersion, number).steps)
            for number in versions
        }
        met = _met(batch, walked)
        moves: dict[_Move, list[_Due]] = defaultdict(list)
        for due in batch:
            moves[_move(due, walked[due.version], met)].append(due)
        for move, people in moves.items():
            _carry_out(move, walked[move.version][move.position], people)
        return len(batch)


def _due() -> Sequence[_Due]:
    rows = db.session().execute(
        select(
            Enrolment.id,
            Enrolment.version_id,
            Enrolment.position,
            Enrolment.due_at,
            Subscriber.id,
            Subscriber.standing,
            Subscriber.timezone,
            Subscriber.pace_days,
            Subscriber.paused_until,
        )
        .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .where(
            Enrolment.state == db.literally(Walk.ACTIVE, Enrolment.state),
            Enrolment.due_at <= clock.now(),
        )
        .order_by(Enrolment.due_at, Enrolment.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Enrolment)
    )
    return [_Due(*row) for row in rows]


_Met = dict[tuple[int, int], set[int]]
"""Who meets the condition of a step, by its version and position."""


def _met(batch: Sequence[_Due], walked: dict[int, list[Step]]) -> _Met:
    """Who of a batch meets what the branches they stand at and the goals before them ask."""
    asked: dict[tuple[int, int], set[int]] = defaultdict(set)
    for due in batch:
        for position in _asking(walked[due.version], due.position):
            asked[due.version, position].add(due.person)
    met = {}
    for (version, position), people in asked.items():
        step = walked[version][position]
        assert isinstance(step, (Branch, Goal))
        met[version, position] = sequences.meets(step, people)
    return met


def _asking(walked: list[Step], position: int) -> list[int]:
    """Where somebody at `position` is asked something now: a branch there, goals from there on."""
    goals = [ahead for ahead in range(position, len(walked)) if isinstance(walked[ahead], Goal)]
    return [position, *goals] if isinstance(walked[position], Branch) else goals


def _move(due: _Due, walked: list[Step], met: _Met) -> _Move:
    """What a person's step does with them at this moment."""
    here = due.version, due.position
    if due.standing is not Standing.CONFIRMED:
        return _Move(*here, "exited", due.position, None, Walk.EXITED, due.standing.value)
    for goal in reversed(_asking(walked, due.position)):
        if isinstance(walked[goal], Goal) and due.person in met[due.version, goal]:
            return _onward(due, walked, "goal", goal + 1)
    return _late(due, walked) or _taken(due, walked, met)


def _late(due: _Due, walked: list[Step]) -> _Move | None:
    """What becomes of a step that is late and must not come so."""
    step, now = walked[due.position], clock.now()
    if step.late is Late.SEND or now - due.due_at <= steps.LATE:
        return None
    if step.late is Late.SKIP:
        return _onward(due, walked, "skipped", due.position + 1)
    window = steps.next_window(step, now, due.timezone)
    if window <= now:
        return None
    return _Move(due.version, due.position, "moved", due.position, window)


def _taken(due: _Due, walked: list[Step], met: _Met) -> _Move:
    match walked[due.position]:
        case Branch(otherwise=otherwise) if due.person not in met[due.version, due.position]:
            return _onward(due, walked, "otherwise", otherwise)
        case End():
            return _onward(due, walked, "ended", len(walked))
        case step:
            return _onward(due, walked, _EVENTS[type(step)], due.position + 1)


_EVENTS: dict[type[Step], str] = {Mail: "sent", Branch: "met", Tag: "tagged", Goal: "passed"}
"""What the log says of a step that was taken."""


def _onward(due: _Due, walked: list[Step], event: str, onward: int) -> _Move:
    here = (due.version, due.position)
    if onward == len(walked):
        return _Move(*here, event, onward, None, Walk.DONE)
    return _Move(*here, event, onward, steps.due(walked[onward], clock.now(), due))


def _carry_out(move: _Move, step: Step, people: Sequence[_Due]) -> None:
    """Write what a move does, for all who make it."""
    ids = [due.enrolment for due in people]
    if move.event == "sent":
        _write_letters(move, ids)
    if move.event == "tagged" and isinstance(step, Tag):
        for due in people:
            segments.tag(due.person, step.tag)
    sequences.note_all(ids, move.event, steps.title(step))
    values: dict[str, Any] = {"position": move.onward, "state": move.state}
    if move.event != "moved":
        values["reached_at"] = clock.now()
    if move.due_at is not None:
        values["due_at"] = move.due_at
    if move.state is not Walk.ACTIVE:
        values |= {"ended_at": clock.now(), "reason": move.reason}
        sequences.note_all(ids, move.state.value, move.reason)
    db.changed(update(Enrolment).where(Enrolment.id.in_(ids)).values(values))
    if move.event == "goal":
        sequences.call_off(move.version, ids, "goal")


def _write_letters(move: _Move, ids: Collection[int]) -> None:
    key = literal("sequence:") + cast(Enrolment.id, String) + f":{move.version}:{move.position}"
    people = (
        select(
            key.label("key"),
            Subscriber.id.label("person"),
            Subscriber.email.label("recipient"),
            cast(null(), String).label("reason"),
        )
        .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .where(Enrolment.id.in_(ids))
    )
    ledger.enqueue_selected(
        people,
        letter=mailing.STEP,
        source=sequences.source(move.version, move.position),
        payload={"version": move.version, "position": move.position},
    )
