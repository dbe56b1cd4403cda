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
from newsletter.phrases import Known
from newsletter.steps import Branch, End, Step


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A step as it is drawn: `lanes` are the ways of branches that run beside it.

    A lane shows that a way begins here, runs on, or comes back; or nothing. Where a step `is_cut`,
    nobody comes to it from the one above.
    """

    position: int
    step: Step
    kind: str
    title: str
    wait: str
    lanes: list[str]
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The steps of a sequence as a path, and what runs beside its end."""

    steps: list[Drawn]
    lanes: list[str]
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class StepCounts:
    """One step: who waits for it, and what became of its letters."""

    drawn: Drawn
    waiting: int
    sent: int
    pending: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Path:
    """A sequence's newest version with counts; `older` people walk versions before it.

    `held_out` are those of all versions who got nothing, by lot.
    """

    sequence: Sequence
    version: SequenceVersion
    drawing: Drawing
    steps: list[StepCounts]
    active: int
    done: int
    exited: int
    older: int
    held_out: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """One person's walk: what happened, and what comes next and when."""

    sequence_id: int
    title: str
    state: Walk
    reason: str | None
    log: Rows[EnrolmentLog]
    next_subject: str | None
    due_at: datetime | None


def path(sequence: Sequence) -> Path | None:
    """One sequence with its counts, or None before it has a version."""
    version = sequences.latest_version(sequence.id)
    if version is None:
        return None
    walks = _walks(sequence.id)
    mine = {walk: count for (number, walk), count in walks.items() if number == version.id}
    waiting = _waiting(version.id)
    drawing = drawn(steps.read(version.steps))
    places = range(len(drawing.steps))
    letters = ledger.counts(sequences.source(version.id, position) for position in places)
    return Path(
        sequence=sequence,
        version=version,
        drawing=drawing,
        steps=[
            _counts(
                each,
                waiting.get(each.position, 0),
                letters[sequences.source(version.id, each.position)],
            )
            for each in drawing.steps
        ],
        active=mine.get(Walk.ACTIVE, 0),
        done=mine.get(Walk.DONE, 0),
        exited=mine.get(Walk.EXITED, 0),
        older=sum(
            count
            for (number, walk), count in walks.items()
            if number != version.id and walk is Walk.ACTIVE
        ),
        held_out=sum(count for (_, walk), count in walks.items() if walk is Walk.HELD_OUT),
    )


def drawn(walked: Rows[Step], known: Known | None = None) -> Drawing:
    """Steps as a path with branches; `known` has the names of what conditions are about."""
    lanes = _lanes(walked)
    cut = [False, *(isinstance(step, End) for step in walked)]
    kinds = {kind: name for name, kind in steps.KINDS.items()}
    return Drawing(
        steps=[
            Drawn(
                position=at,
                step=step,
                kind=kinds[type(step)],
                title=steps.title(step, known),
                wait=steps.wait(step),
                lanes=lanes[at],
                is_cut=cut[at],
            )
            for at, step in enumerate(walked)
        ],
        lanes=lanes[-1],
        is_cut=cut[-1],
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
        sequence_id=enrolment.sequence_id,
        title=session.get_one(Sequence, enrolment.sequence_id).title,
        state=enrolment.state,
        reason=enrolment.reason,
        log=log,
        next_subject=steps.title(steps.read(version.steps)[enrolment.position])
        if walking
        else None,
        due_at=enrolment.due_at if walking else None,
    )


def _lanes(walked: Rows[Step]) -> list[list[str]]:
    """For each step and the end, what every lane beside it shows."""
    until: list[int] = []
    spans: list[tuple[int, int, int]] = []
    for at, step in enumerate(walked):
        if isinstance(step, Branch):
            free = (lane for lane, end in enumerate(until) if end < at)
            lane = next(free, len(until))
            until[lane : lane + 1] = [step.otherwise]
            spans.append((lane, at, step.otherwise))
    shown = [[""] * len(until) for _ in range(len(walked) + 1)]
    for lane, begin, end in spans:
        shown[begin][lane], shown[end][lane] = "begins", "comes"
        for between in range(begin + 1, end):
            shown[between][lane] = "runs"
    return shown


def _walks(sequence_id: int) -> dict[tuple[int, Walk], int]:
    rows = db.session().execute(
        select(Enrolment.version_id, Enrolment.state, func.count())
        .where(Enrolment.version_id.in_(sequences.versions_of(sequence_id)))
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


def _counts(each: Drawn, waiting: int, letters: dict[State, int]) -> StepCounts:
    return StepCounts(
        drawn=each,
        waiting=waiting,
        sent=letters.get(State.ACCEPTED, 0),
        pending=sum(count for state, count in letters.items() if state in WAITING),
        failed=letters.get(State.FAILED, 0) + letters.get(State.UNKNOWN, 0),
    )
