"""Trials of subjects: some readers get each of them by lot, the rest the one that did best.

A link of a tried letter names its subject and one of ten parts of that subject's readers, such as
`newsletter:12:b7`: the parts are what chance is judged by, and no reader is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from core import clock, db
from core.mail import ledger
from core.mail.forms import MARK
from core.mail.models import WAITING, Delivery, State
from newsletter import clicks, lots, rendering, significance
from newsletter.models import IssueState, Newsletter, OtherSubject, Trial, Yardstick
from shop.models import BOUGHT, Order

PLACE = "place"
"""The slot of a tried letter's links for subject and part."""
MOST = 4
"""Subjects in a trial."""
LEAST = 100
"""Readers for each subject; a tenth of fewer would nearly name somebody."""
SHARES = (5, 10, 15, 20, 25, 30, 40, 50)
HOURS = (2, 4, 12, 24, 48, 72)
ERRORS = (1, 5, 10)
LOOKS = 4
"""How often it is looked, evenly within the hours, where a trial ends once it is decided."""
AGAIN = timedelta(minutes=10)
"""For how long the rest waits at a time where a decision is late."""

_LETTERS = "ABCD"
_OPEN = (IssueState.SENDING, IssueState.PAUSED, IssueState.DONE)


class NoTrial(ValueError):
    """Such a trial cannot be; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A trial as staff want it: percentages, and hours from when its letters are out.

    It looks once, at the end; or where it is `until_decided` up to `LOOKS` times.
    """

    yardstick: Yardstick = Yardstick.CLICKS
    share: int = 10
    hours: int = 4
    error: int = 5
    until_decided: bool = False

    @property
    def looks(self) -> int:
        """How often it looks at most."""
        return LOOKS if self.until_decided else 1


@dataclass(frozen=True)
class Subject:
    """One of the subjects of an issue; 0 is its own."""

    number: int
    subject: str
    preheader: str

    @property
    def letter(self) -> str:
        """What staff know it by: `A` is the issue's own."""
        return _LETTERS[self.number]


@dataclass(frozen=True)
class Result:
    """What a subject did by now: readers who were to get it, and its clicks or buyers."""

    subject: Subject
    readers: int
    count: int

    @property
    def of_100(self) -> float:
        """Clicks or buyers for 100 readers."""
        return 100 * self.count / self.readers if self.readers else 0.0


@dataclass(frozen=True, kw_only=True)
class Draw:
    """How an issue's readers were dealt out to its subjects."""

    issue: int
    held_out: int
    share: int
    subjects: int
    decided: bool
    winner: int | None

    def subject(self, reader: int | None) -> int | None:
        """The number of the subject that a reader gets; None as long as that is not decided."""
        tried = self._tried(lots.lot(reader or 0, self.issue))
        if tried is not None:
            return tried
        return (self.winner or 0) if self.decided else None

    def place(self, reader: int | None) -> str:
        """What their links say of that, with its colon; nothing where they were not tried on."""
        part = self.part(lots.lot(reader or 0, self.issue), lots.part(reader or 0, self.issue))
        return f":{part}" if part else ""

    def part(self, lot: int, tenth: int) -> str | None:
        """The subject that a lot gets and the tenth of its readers, such as `b7`."""
        tried = self._tried(lot)
        return None if tried is None else f"{_LETTERS[tried].lower()}{tenth}"

    def _tried(self, lot: int) -> int | None:
        number = (lot - self.held_out) // self.share
        return number if 0 <= number < self.subjects else None


def subjects(issue: Newsletter) -> list[Subject]:
    """An issue's subjects, its own first."""
    with db.reading() as session:
        others = session.scalars(
            select(OtherSubject)
            .where(OtherSubject.newsletter_id == issue.id)
            .order_by(OtherSubject.number)
        ).all()
    own = Subject(0, issue.subject, issue.preheader)
    return [own, *(Subject(row.number, row.subject, row.preheader) for row in others)]


def write(issue_id: int, others: Sequence[tuple[str, str]]) -> None:
    """Keep these as an issue's other subjects and their preheaders. Raises `NoTrial`."""
    if len(others) >= MOST:
        raise NoTrial(f"an issue has {MOST} subjects at most")
    with db.transaction() as session:
        session.execute(delete(OtherSubject).where(OtherSubject.newsletter_id == issue_id))
        for number, (subject, preheader) in enumerate(others, start=1):
            session.add(
                OtherSubject(
                    newsletter_id=issue_id, number=number, subject=subject, preheader=preheader
                )
            )


def plan(issue: Newsletter, wanted: Plan, *, held_out: int, readers: int) -> None:
    """Keep how an issue's subjects are to be tried when it goes. Raises `NoTrial`."""
    count = len(subjects(issue))
    check(wanted, count, held_out=held_out, readers=readers)
    with db.transaction() as session:
        forget(issue.id)
        session.add(
            Trial(
                newsletter_id=issue.id,
                subjects=count,
                share=wanted.share,
                yardstick=wanted.yardstick,
                error=wanted.error,
                hours=wanted.hours,
                looks=wanted.looks,
            )
        )


def check(wanted: Plan, count: int, *, held_out: int, readers: int) -> None:
    """Whether `readers` can be dealt out like that to `count` subjects. Raises `NoTrial`."""
    if count < 2:
        raise NoTrial("a trial needs another subject")
    if not (0 < wanted.share <= lots.LOTS and 0 < wanted.error < 100 and wanted.hours > 0):
        raise NoTrial("a share, an error rate and a number of hours are above zero")
    if wanted.share * count + held_out > lots.LOTS:
        raise NoTrial(f"{count} times {wanted.share} of 100 is more than there are")
    if readers * wanted.share < LEAST * lots.LOTS:
        raise NoTrial(
            f"{wanted.share} of 100 are about {readers * wanted.share // lots.LOTS:,} readers for "
            f"each subject; a trial needs {LEAST}"
        )


def forget(issue_id: int) -> None:
    """Let an issue go without a trial."""
    with db.transaction() as session:
        session.execute(delete(Trial).where(Trial.newsletter_id == issue_id))


def find(issue_id: int) -> Trial | None:
    """The trial of an issue, where it has one."""
    with db.reading() as session:
        return session.get(Trial, issue_id)


def dealt(row: Any) -> Draw | None:
    """How readers are dealt out, from a row that has `DEALT`; None without a trial."""
    if row.share is None:
        return None
    return Draw(
        issue=row.id,
        held_out=row.held_out,
        share=row.share,
        subjects=row.subjects,
        decided=row.decided_at is not None,
        winner=row.winner,
    )


DEALT = (
    Newsletter.id,
    Newsletter.held_out,
    Trial.share,
    Trial.subjects,
    Trial.decided_at,
    Trial.winner,
)
"""Columns of an issue and, joined to it, its trial."""


def source(issue: Newsletter) -> str:
    """What the links of an issue say that they are of; in a trial with a slot for the place."""
    return issue.source if find(issue.id) is None else f"{issue.source}{MARK}{PLACE}{MARK}"


def freeze(issue: Newsletter) -> None:
    """Compile the other subjects of an issue on trial, to be kept. Raises `BadLetter`."""
    if find(issue.id) is None:
        return
    for each in subjects(issue)[1:]:
        skeleton = rendering.compile_letter(
            each.subject, each.preheader, issue.body, archived=True, source=source(issue)
        )
        html, text = rendering.store_parts(skeleton)
        with db.transaction():
            db.changed(
                update(OtherSubject)
                .where(OtherSubject.newsletter_id == issue.id, OtherSubject.number == each.number)
                .values(html=html, text=text)
            )


def put_off_rest(issue: Newsletter) -> None:
    """Let whoever is in no part of the trial wait, in the transaction that froze the issue."""
    trial = find(issue.id)
    if trial is not None:
        # Whatever comes first, the decision or this moment: the last look waits for the former.
        late = clock.now() + timedelta(hours=trial.hours) + AGAIN
        _move_rest(issue, trial, (State.PENDING,), late)


def results(issue: Newsletter, trial: Trial) -> list[Result]:
    """What each subject did by now."""
    parts = _parts(issue, trial)
    readers = _readers(issue, trial)
    return [
        Result(each, readers[each.number], sum(_crowd(parts, each)))
        for each in subjects(issue)[: trial.subjects]
    ]


def next_look(trial: Trial) -> datetime | None:
    """When it is looked next; None before its letters are out, and once it is decided."""
    if trial.began_at is None or trial.decided_at is not None:
        return None
    return trial.began_at + (trial.looked + 1) * timedelta(hours=trial.hours) / trial.looks


def tend() -> None:
    """Begin, look at and decide every trial whose time has come."""
    with db.reading() as session:
        undecided = session.scalars(
            select(Trial.newsletter_id)
            .join(Newsletter, Newsletter.id == Trial.newsletter_id)
            .where(Trial.decided_at.is_(None), Newsletter.state.in_(_OPEN))
        ).all()
    for issue_id in undecided:
        with db.transaction() as session:
            issue = session.get_one(Newsletter, issue_id)
            # Another worker may be at it.
            trial = session.get_one(Trial, issue_id, with_for_update=True, populate_existing=True)
            if trial.began_at is None:
                _begin(issue, trial)
            elif trial.decided_at is None:
                _look(issue, trial)


def _begin(issue: Newsletter, trial: Trial) -> None:
    """The clock runs from when no letter of the trial is on its way any more."""
    going = or_(Delivery.state != State.PENDING, Delivery.due_at <= clock.now())
    on_its_way = exists().where(
        Delivery.source == issue.source,
        Delivery.state.in_(WAITING),
        going,
        _is_tried(issue, trial),
    )
    if not db.session().scalar(select(on_its_way)):
        trial.began_at = clock.now()


def _look(issue: Newsletter, trial: Trial) -> None:
    """Look once where it is time for it, however many looks were missed; then it may be decided.

    All looks together err as often as was stated at most, since each errs with its part of it.
    """
    assert trial.began_at is not None
    between = timedelta(hours=trial.hours) / trial.looks
    due = min(trial.looks, int((clock.now() - trial.began_at) / between))
    if due <= trial.looked:
        return
    trial.looked = due
    parts = _parts(issue, trial)
    crowds = [_crowd(parts, each) for each in subjects(issue)[: trial.subjects]]
    winner, chance = significance.best(crowds, trial.error / 100 / trial.looks)
    if winner is not None or due == trial.looks:
        trial.winner, trial.chance, trial.decided_at = winner, chance, clock.now()
        _move_rest(issue, trial, (State.PENDING, State.HELD), clock.now())
        ledger.ring()


def _crowd(parts: Mapping[str, int], subject: Subject) -> tuple[int, ...]:
    letter = subject.letter.lower()
    return tuple(parts.get(f"{letter}{part}", 0) for part in range(lots.PARTS))


def _parts(issue: Newsletter, trial: Trial) -> dict[str, int]:
    """Clicks or buyers in each part of the readers that were tried on."""
    if trial.yardstick is Yardstick.CLICKS:
        return clicks.by_people(issue)
    buyers = select(func.lower(Order.email)).where(
        Order.email.is_not(None), Order.state.in_(BOUGHT), Order.paid_at >= issue.frozen_at
    )
    drawn = lots.drawn(Delivery.person, issue.id), lots.drawn_part(Delivery.person, issue.id)
    counted = (
        select(*drawn, func.count())
        .where(
            Delivery.recipient.in_(buyers),
            Delivery.source == issue.source,
            Delivery.person.is_not(None),
        )
        .group_by(*drawn)
    )
    draw = _draw(issue, trial)
    parts: dict[str, int] = {}
    with db.reading() as session:
        for lot, tenth, count in session.execute(counted):
            if part := draw.part(int(lot), int(tenth)):
                parts[part] = parts.get(part, 0) + count
    return parts


def _draw(issue: Newsletter, trial: Trial) -> Draw:
    return Draw(
        issue=issue.id,
        held_out=issue.held_out,
        share=trial.share,
        subjects=trial.subjects,
        decided=trial.decided_at is not None,
        winner=trial.winner,
    )


def _readers(issue: Newsletter, trial: Trial) -> list[int]:
    """How many readers were to get each subject."""
    lot = lots.drawn(Delivery.person, issue.id)
    counted = (
        select(lot, func.count())
        .where(
            Delivery.source == issue.source,
            Delivery.person.is_not(None),
            or_(Delivery.reason.is_(None), Delivery.reason != "paused"),
        )
        .group_by(lot)
    )
    readers = [0] * trial.subjects
    with db.reading() as session:
        for drawn, count in session.execute(counted):
            number = (int(drawn) - issue.held_out) // trial.share
            if 0 <= number < trial.subjects:
                readers[number] += count
    return readers


def _move_rest(issue: Newsletter, trial: Trial, states: Sequence[State], due_at: datetime) -> None:
    waiting = Delivery.source == issue.source, Delivery.state.in_(states)
    rest = update(Delivery).where(*waiting, ~_is_tried(issue, trial))
    db.changed(rest.values(due_at=due_at))


def _is_tried(issue: Newsletter, trial: Trial) -> ColumnElement[bool]:
    lot = lots.drawn(Delivery.person, issue.id)
    end = issue.held_out + trial.share * trial.subjects
    return lot.between(issue.held_out, end - 1)
