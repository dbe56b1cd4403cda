"""Sequences as staff look at them: a path with counts on it, and one person's way along it."""

from collections import defaultdict
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core import db
from core.mail import ledger
from core.mail.models import WAITING, State
from newsletter import sequences, steps
from newsletter.models import (
    Enrolment,
    EnrolmentLog,
    Sequence,
    SequenceVersion,
    Subscriber,
    Walk,
)
from newsletter.steps import Mail, Step


@dataclass(frozen=True, kw_only=True)
class StepCounts:
    """One step: who waits for it, and what became of its letters."""

    position: int
    title: str
    wait: str
    is_mail: bool
    waiting: int
    sent: int
    pending: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Path:
    """A sequence's newest version with counts; `older` people walk versions before it."""

    sequence: Sequence
    version: SequenceVersion
    steps: list[StepCounts]
    active: int
    done: int
    exited: int
    older: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """One person's walk: what happened, and what comes next and when."""

    title: str
    state: Walk
    reason: str | None
    log: Rows[EnrolmentLog]
    next_subject: str | None
    due_at: datetime | None


def overview() -> list[Path]:
    """Every sequence, by name."""
    with db.reading() as session:
        found = session.scalars(select(Sequence).order_by(Sequence.name)).all()
        paths = [path(sequence) for sequence in found]
    return [each for each in paths if each is not None]


def path(sequence: Sequence) -> Path | None:
    """One sequence with its counts, or None before it has a version."""
    version = sequences.latest_version(sequence.id)
    if version is None:
        return None
    walks = _walks(sequence.id)
    mine = {walk: count for (number, walk), count in walks.items() if number == version.id}
    waiting = _waiting(version.id)
    walked = steps.read(version.steps)
    places = range(len(walked))
    letters = ledger.counts(sequences.source(version.id, position) for position in places)
    return Path(
        sequence=sequence,
        version=version,
        steps=[
            _counts(
                position,
                step,
                waiting.get(position, 0),
                letters[sequences.source(version.id, position)],
            )
            for position, step in enumerate(walked)
        ],
        active=mine.get(Walk.ACTIVE, 0),
        done=mine.get(Walk.DONE, 0),
        exited=mine.get(Walk.EXITED, 0),
        older=sum(
            count
            for (number, walk), count in walks.items()
            if number != version.id and walk is Walk.ACTIVE
        ),
    )


def way(subscriber: Subscriber) -> list[Way]:
    """A person's walks, newest first."""
    mine = select(Enrolment).where(Enrolment.subscriber_id == subscriber.id)
    with db.reading() as session:
        enrolments = session.scalars(mine.order_by(Enrolment.id.desc())).all()
        return [_way(enrolment) for enrolment in enrolments]


def _way(enrolment: Enrolment) -> Way:
    session = db.session()
    version = session.get_one(SequenceVersion, enrolment.version_id)
    log = session.scalars(
        select(EnrolmentLog)
        .where(EnrolmentLog.enrolment_id == enrolment.id)
        .order_by(EnrolmentLog.id)
    ).all()
    walking = enrolment.state is Walk.ACTIVE
    return Way(
        title=session.get_one(Sequence, enrolment.sequence_id).title,
        state=enrolment.state,
        reason=enrolment.reason,
        log=log,
        next_subject=steps.title(steps.read(version.steps)[enrolment.position])
        if walking
        else None,
        due_at=enrolment.due_at if walking else None,
    )


def _walks(sequence_id: int) -> dict[tuple[int, Walk], int]:
    rows = db.session().execute(
        select(Enrolment.version_id, Enrolment.state, func.count())
        .where(Enrolment.sequence_id == sequence_id)
        .group_by(Enrolment.version_id, Enrolment.state)
    )
    counts: dict[tuple[int, Walk], int] = defaultdict(int)
    for version_id, state, count in rows:
        counts[version_id, state] = count
    return counts


def _waiting(version_id: int) -> dict[int, int]:
    """How many people wait for each step of a version."""
    rows = db.session().execute(
        select(Enrolment.position, func.count())
        .where(Enrolment.version_id == version_id, Enrolment.state == Walk.ACTIVE)
        .group_by(Enrolment.position)
    )
    return dict(rows.all())


def _counts(position: int, step: Step, waiting: int, letters: dict[State, int]) -> StepCounts:
    return StepCounts(
        position=position,
        title=steps.title(step),
        wait=steps.wait(step),
        is_mail=isinstance(step, Mail),
        waiting=waiting,
        sent=letters.get(State.ACCEPTED, 0),
        pending=sum(count for state, count in letters.items() if state in WAITING),
        failed=letters.get(State.FAILED, 0) + letters.get(State.UNKNOWN, 0),
    )
