"""How people begin a sequence: one person in the transaction of a cause, or very many at once.

A walk is one for each (sequence, person, occurrence): a unique key of the database says so, however
many workers try at once. A walk of whoever is held out by lot is written with the others and never
begins.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    case,
    exists,
    false,
    literal,
    select,
    union_all,
)

from core import clock, db, jobs
from newsletter import lots, steps, walks
from newsletter.models import Enrolment, EnrolmentLog, Sequence, SequenceVersion, Subscriber, Walk
from newsletter.sequences import latest_version
from newsletter.steps import Pacing

_PACES = 400  # that one statement names; SQLite joins up to 500 selects
_Newcomers = Select[int, str, str, int, datetime | None, int | None, bool]


def enrol(
    name: str,
    subscriber_id: int,
    *,
    occurrence: str = "once",
    since: datetime | None = None,
    draws: bool = True,
) -> bool:
    """Let a person begin a sequence; False where they did so before, or it has no steps.

    Its first step is counted from `since`, or else from now. Where it `draws`, they may be held out
    by lot. Raises `LookupError` for an unknown sequence.
    """
    who = select(Subscriber.id, literal(occurrence).label("occurrence"))
    one = who.where(Subscriber.id == subscriber_id)
    return enrol_all(name, one, since=since, draws=draws) == 1


def enrol_all(
    name: str,
    people: Select[*tuple[Any, ...]],
    *,
    since: datetime | None = None,
    at_most: int = 50_000,
    draws: bool = True,
) -> int:
    """Let up to so many of these people begin a sequence, in few statements; how many did.

    `people` has the columns `id` and `occurrence`. Whoever began for that occurrence before is
    passed over; whoever is held out by lot counts with the others. Raises `LookupError` for an
    unknown sequence.
    """
    with db.transaction() as session:
        sequence = session.scalar(select(Sequence).where(Sequence.name == name))
        if sequence is None:
            raise LookupError(f"no sequence is called {name!r}")
        version = latest_version(sequence.id)
        if version is None or not version.steps:
            return 0
        now = clock.now()
        odds = sequence.held_out if draws and sequence.held_out else None
        newcomers = _newcomers(sequence, people, odds).limit(at_most)
        begun = _begin(version, newcomers, now, since or now)
        if begun:
            _note_beginnings(sequence, version, now)
            jobs.ring(walks.BELL)
        return begun


def _newcomers(
    sequence: Sequence, people: Select[*tuple[Any, ...]], odds: int | None
) -> _Newcomers:
    """Those of these people who have not begun for their occurrence, their pace, and their lot."""
    who = people.subquery()
    begun = exists().where(
        Enrolment.sequence_id == sequence.id,
        Enrolment.subscriber_id == who.c.id,
        Enrolment.occurrence == who.c.occurrence,
    )
    return (
        select(
            Subscriber.id,
            who.c.occurrence,
            Subscriber.timezone,
            Subscriber.pace_days,
            Subscriber.paused_until,
            literal(odds, Integer).label("odds"),
            _is_held_out(sequence, odds).label("is_held_out"),
        )
        .join(who, who.c.id == Subscriber.id)
        .where(~begun)
    )


def _is_held_out(sequence: Sequence, odds: int | None) -> ColumnElement[bool]:
    return false() if odds is None else lots.is_held_out(Subscriber.id, sequence.id, odds)


def _begin(version: SequenceVersion, newcomers: _Newcomers, now: datetime, since: datetime) -> int:
    """Write their walks; those who share a pace share the moment of their first step."""
    first = steps.read(version.steps)[0]
    who = newcomers.subquery()
    alike = select(who.c.timezone, who.c.pace_days, who.c.paused_until).distinct()
    paces = [Pacing._make(row) for row in db.session().execute(alike)]
    begun = 0
    for low in range(0, len(paces), _PACES):
        dues = [(*pace, steps.due(first, since, pace)) for pace in paces[low : low + _PACES]]
        begun += _write(version, newcomers, dues, now, since)
    return begun


def _write(
    version: SequenceVersion,
    newcomers: _Newcomers,
    dues: list[tuple[str, int, datetime | None, datetime]],
    now: datetime,
    since: datetime,
) -> int:
    moment = Enrolment.due_at.type
    due = union_all(
        *(
            select(
                literal(zone).label("timezone"),
                literal(days).label("pace_days"),
                literal(paused_until, moment).label("paused_until"),
                literal(due_at, moment).label("due_at"),
            )
            for zone, days, paused_until, due_at in dues
        )
    ).subquery("due")
    who, at = newcomers.subquery(), literal(now, moment)
    active, held_out = (
        literal(each, Enrolment.state.type) for each in (Walk.ACTIVE, Walk.HELD_OUT)
    )
    walk: dict[str, Any] = {
        "sequence_id": literal(version.sequence_id),
        "version_id": literal(version.id),
        "subscriber_id": who.c.id,
        "occurrence": who.c.occurrence,
        "position": literal(0),
        "due_at": due.c.due_at,
        "reached_at": literal(since, moment),
        "state": case((who.c.is_held_out, held_out), else_=active),
        "odds": who.c.odds,
        "created_at": at,
        "ended_at": case((who.c.is_held_out, at)),
    }
    rows = (
        select(*walk.values())
        .select_from(who)
        .join(due, due.c.timezone == who.c.timezone)
        .where(
            due.c.pace_days == who.c.pace_days,
            due.c.paused_until.is_not_distinct_from(who.c.paused_until),
        )
    )
    inserted = db.insert(Enrolment).from_select(list(walk), rows)
    return db.changed(inserted.on_conflict_do_nothing())


def _note_beginnings(sequence: Sequence, version: SequenceVersion, now: datetime) -> None:
    """Log the walks that were just written, which are those without a log."""
    logged = exists().where(EnrolmentLog.enrolment_id == Enrolment.id)
    new = select(Enrolment.id).where(
        Enrolment.version_id == version.id, Enrolment.created_at == now, ~logged
    )
    if sequence.held_out:
        held_out = new.where(Enrolment.state == Walk.HELD_OUT)
        walks.note_all(held_out, Walk.HELD_OUT.value, f"by lot, {sequence.held_out} of 100")
    walks.note_all(new, "begun")
