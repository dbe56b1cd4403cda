"""From one version of a sequence to the newest: who would be moved where, and moving them."""

from collections import defaultdict
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, literal, select, true, update

from core import clock, db, jobs
from core.mail import ledger
from newsletter import mailing, sequences, steps, walks
from newsletter.models import Enrolment, EnrolmentLog, SequenceVersion, Subscriber, Walk
from newsletter.steps import Mail, Pacing, Step

HAD_IT = "had it before"
"""Why a letter does not go to whoever was moved and had it under an earlier version."""
_AT_ONCE = 5000


@dataclass(frozen=True, kw_only=True)
class Shift:
    """People who wait for one step of an older version, and the step of the newest they would get.

    `onward` is the newest version's length for those whose walk would be over.
    """

    version: SequenceVersion
    position: int
    title: str
    people: int
    onward: int
    onward_title: str


@dataclass(frozen=True)
class Change:
    """A step that differs between two versions: `kind` is new, changed or gone."""

    kind: str
    title: str


def compare(before: Rows[Step], after: Rows[Step]) -> list[Change]:
    """What differs from one version to another, in the order of the later; what is gone last."""
    old = {steps.title(step): step for step in before}
    titles = [steps.title(step) for step in after]
    changes = [
        Change("changed" if title in old else "new", title)
        for title, step in zip(titles, after, strict=True)
        if old.get(title) != step
    ]
    return changes + [Change("gone", title) for title in old if title not in titles]


def plan(sequence_id: int, draft: Rows[Step] | None = None) -> list[Shift]:
    """Who walks an older version, by version and step, and where each would go on. Moves nobody.

    With a `draft`, as if that were the newest version.
    """
    newest = sequences.latest_version(sequence_id)
    if newest is None:
        return []
    onward = list(draft) if draft is not None else steps.read(newest.steps)
    is_older = true() if draft is not None else SequenceVersion.id != newest.id
    waiting = (
        select(SequenceVersion, Enrolment.position, func.count())
        .join(Enrolment, Enrolment.version_id == SequenceVersion.id)
        .where(
            SequenceVersion.sequence_id == sequence_id,
            Enrolment.state == Walk.ACTIVE,
            is_older,
        )
        .group_by(SequenceVersion.id, Enrolment.position)
        .order_by(SequenceVersion.id, Enrolment.position)
    )
    with db.reading() as session:
        rows = session.execute(waiting).all()
    return [_shift(version, position, people, onward) for version, position, people in rows]


def move(sequence_id: int, *, anew: bool = False) -> int:
    """Let everybody go on with the newest version, as `plan` says; how many people.

    When their next step comes stays as it is, or where `anew` counts from the step before by what
    the newest version says. Letters that they had under the same subject do not come again.
    """
    moved = 0
    with db.transaction():
        newest = sequences.latest_version(sequence_id)
        for shift in plan(sequence_id):
            assert newest is not None
            moved += _move(shift, newest, anew=anew)
        if newest is not None and moved:
            _spare_what_they_had(newest)
        jobs.ring(walks.BELL)
    return moved


def _shift(version: SequenceVersion, position: int, people: int, new: list[Step]) -> Shift:
    old = steps.read(version.steps)
    onward = _place(old, position, new)
    return Shift(
        version=version,
        position=position,
        title=steps.title(old[position]),
        people=people,
        onward=onward,
        onward_title=steps.title(new[onward]) if onward < len(new) else "",
    )


def _place(old: list[Step], position: int, new: list[Step]) -> int:
    """Where somebody goes on: the step that they wait for, else the same place.

    Letters which they had already are passed over; those further on are in the ledger.
    """
    titles = [steps.title(step) for step in new]
    waited_for = steps.title(old[position])
    place = titles.index(waited_for) if waited_for in titles else min(position, len(new))
    had = {step.subject for step in old[:position] if isinstance(step, Mail)}
    while place < len(new) and _is_one_of(new[place], had):
        place += 1
    return place


def _is_one_of(step: Step, subjects: set[str]) -> bool:
    return isinstance(step, Mail) and step.subject in subjects


def _move(shift: Shift, newest: SequenceVersion, *, anew: bool) -> int:
    there = select(Enrolment.id).where(
        Enrolment.version_id == shift.version.id,
        Enrolment.position == shift.position,
        Enrolment.state == Walk.ACTIVE,
    )
    ids = db.session().scalars(there.order_by(Enrolment.id).with_for_update()).all()
    values: dict[str, Any] = {"version_id": newest.id, "position": shift.onward}
    if shift.onward == len(newest.steps):
        values |= {"state": Walk.DONE, "ended_at": clock.now()}
    for chunk in _chunks(ids):
        walks.note_all(chunk, "version", f"{shift.version.number} to {newest.number}")
        db.changed(update(Enrolment).where(Enrolment.id.in_(chunk)).values(values))
        if anew and shift.onward < len(newest.steps):
            _count_anew(chunk, steps.read(newest.steps)[shift.onward])
    return len(ids)


def _count_anew(ids: Rows[int], step: Step) -> None:
    """Let a step come to these as long after the one before as it says, but not before now."""
    readers = (
        select(
            Enrolment.id,
            Enrolment.reached_at,
            Subscriber.timezone,
            Subscriber.pace_days,
            Subscriber.paused_until,
        )
        .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
        .where(Enrolment.id.in_(ids))
    )
    together: dict[datetime, list[int]] = defaultdict(list)
    for number, reached_at, *pace in db.session().execute(readers).all():
        due_at = steps.due(step, reached_at, Pacing._make(pace))
        together[max(due_at, clock.now())].append(number)
    for due_at, people in together.items():
        db.changed(update(Enrolment).where(Enrolment.id.in_(people)).values(due_at=due_at))


def _spare_what_they_had(newest: SequenceVersion) -> None:
    """Enter letters that come later and that they had already as decided against."""
    for position, step in enumerate(steps.read(newest.steps)):
        if not isinstance(step, Mail):
            continue
        had = exists().where(
            EnrolmentLog.enrolment_id == Enrolment.id,
            EnrolmentLog.event == "sent",
            EnrolmentLog.detail == step.subject[:200],
        )
        key = literal("sequence:") + cast(Enrolment.id, String) + f":{newest.id}:{position}"
        people = (
            select(
                key.label("key"),
                Subscriber.id.label("person"),
                Subscriber.email.label("recipient"),
                literal(HAD_IT).label("reason"),
            )
            .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
            .where(
                Enrolment.version_id == newest.id,
                Enrolment.state == Walk.ACTIVE,
                Enrolment.position <= position,
                had,
            )
        )
        ledger.enqueue_selected(
            people,
            letter=mailing.STEP,
            source=sequences.source(newest.id, position),
            payload={"version": newest.id, "position": position},
        )


def _chunks(ids: Rows[int]) -> list[Rows[int]]:
    return [ids[low : low + _AT_ONCE] for low in range(0, len(ids), _AT_ONCE)]
