"""Trials of subjects: some readers get each of them by lot, the rest the one that did best."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, exists, func, literal, or_, select, update

from core import clock, db
from core.mail import deeds, ledger
from core.mail.forms import MARK
from core.mail.models import WAITING, Delivery, State
from newsletter import clicks, draws, lots, rolls, significance, subjects
from newsletter.models import IssueState, Newsletter, RollEntry, Subscriber, Trial, Yardstick
from newsletter.subjects import Subject
from shop.models import BOUGHT, Order

LEAST = 100
"""Readers for each subject; a tenth of fewer would nearly name somebody."""
SHARES = (5, 10, 15, 20, 25, 30, 40, 50)
HOURS = (2, 4, 12, 24, 48, 72)
ERRORS = (1, 5, 10)
LOOKS = 4
"""How often it is looked, evenly within the hours, where a trial ends once it is decided."""
AGAIN = timedelta(minutes=10)
"""For how long the rest waits at a time where a decision is late."""

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
class Result:
    """What a subject did by now: readers who were to get it, and its clicks or buyers."""

    subject: Subject
    readers: int
    count: int

    @property
    def of_100(self) -> float:
        """Clicks or buyers for 100 readers."""
        return 100 * self.count / self.readers if self.readers else 0.0


def plan(issue: Newsletter, wanted: Plan, *, held_out: int, readers: int) -> None:
    """Keep how an issue's subjects are to be tried when it goes. Raises `NoTrial`."""
    count = len(subjects.of(issue))
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


def source(issue: Newsletter) -> str:
    """What the links of an issue say that they are of; in a trial with a slot for the place."""
    return issue.source if find(issue.id) is None else f"{issue.source}{MARK}{draws.PLACE}{MARK}"


def due(issue: Newsletter) -> ColumnElement[datetime] | None:
    """When a row of `Subscriber` is due in an issue's trial, as an expression; None without one.

    The rest waits for the decision, or where that is late for the last look, see `verdicts`.
    """
    trial = find(issue.id)
    if trial is None:
        return None
    assert issue.frozen_at is not None
    begun, moment = issue.frozen_at, Delivery.due_at.type
    late = begun + timedelta(hours=trial.hours) + AGAIN
    tried = draws.of(issue, trial).tries(Subscriber.id)
    return case((tried, literal(begun, moment)), else_=literal(late, moment))


def count_readers(issue: Newsletter) -> None:
    """Keep how many readers are to get each subject, in the transaction that froze the issue.

    Who leaves before it goes stays counted, so that no subject gains by whom it drives away.
    """
    trial = find(issue.id)
    if trial is None:
        return
    draw = draws.of(issue, trial)
    lot = lots.drawn(RollEntry.subscriber_id, issue.id)
    counted = (
        select(lot, func.count())
        .where(RollEntry.newsletter_id == issue.id, RollEntry.reason.is_(None))
        .group_by(lot)
    )
    readers = [0] * trial.subjects
    with db.transaction() as session:
        for drawn, count in session.execute(counted):
            if (number := draw.subject_of_lot(int(drawn))) is not None:
                readers[number] += count
        db.changed(update(Trial).where(Trial.newsletter_id == issue.id).values(readers=readers))


def results(issue: Newsletter, trial: Trial) -> list[Result]:
    """What each subject did by now."""
    parts = _parts(issue, trial)
    return [
        Result(each, readers, sum(_crowd(parts, each)))
        for each, readers in zip(subjects.of(issue), trial.readers, strict=False)
    ]


def next_look(trial: Trial) -> datetime | None:
    """When it is looked next; None before its letters are out, and once it is decided."""
    if trial.began_at is None or trial.decided_at is not None:
        return None
    return trial.began_at + (trial.looked + 1) * timedelta(hours=trial.hours) / trial.looks


def tend() -> bool:
    """Begin, look at and decide every trial whose time has come; whether there is more to do."""
    with db.reading() as session:
        unfinished = session.scalars(
            select(Trial.newsletter_id)
            .join(Newsletter, Newsletter.id == Trial.newsletter_id)
            .where(
                Trial.decided_at.is_(None) | Trial.rest_from.is_not(None),
                Newsletter.state.in_(_OPEN),
            )
        ).all()
    more = False
    for issue_id in unfinished:
        with db.transaction() as session:
            issue = session.get_one(Newsletter, issue_id)
            # Another worker may be at it.
            trial = session.get_one(Trial, issue_id, with_for_update=True, populate_existing=True)
            if trial.began_at is None:
                _begin(issue, trial)
            elif trial.decided_at is None:
                _look(issue, trial)
            if trial.rest_from is not None:
                _free_portion(issue, trial, trial.rest_from)
            more = more or trial.rest_from is not None
    return more


def _begin(issue: Newsletter, trial: Trial) -> None:
    """The clock runs from when no letter of the trial is on its way any more."""
    going = or_(Delivery.state != State.PENDING, Delivery.due_at <= clock.now())
    on_its_way = exists().where(
        Delivery.source == issue.source,
        Delivery.state.in_(WAITING),
        going,
        draws.of(issue, trial).tries(Delivery.person),
    )
    if not rolls.is_open(issue) and not db.session().scalar(select(on_its_way)):
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
    crowds = [_crowd(parts, each) for each in subjects.of(issue)[: trial.subjects]]
    winner, chance = significance.best(crowds, trial.error / 100 / trial.looks)
    if winner is not None or due == trial.looks:
        trial.winner, trial.chance, trial.decided_at = winner, chance, clock.now()
        trial.rest_from = ledger.first(issue.source)


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
            # Without its index: an issue has far more rows than there are buyers to be found.
            Delivery.source.concat("") == issue.source,
            Delivery.person.is_not(None),
        )
        .group_by(*drawn)
    )
    draw = draws.of(issue, trial)
    parts: dict[str, int] = {}
    with db.reading() as session:
        for lot, tenth, count in session.execute(counted):
            if part := draw.part(int(lot), int(tenth)):
                parts[part] = parts.get(part, 0) + count
    return parts


def _free_portion(issue: Newsletter, trial: Trial, start: int) -> None:
    """Let the next portion of the rest go: in one statement a million would hold up all writers.

    A portion is a span of the ledger's ids, from the issue's first to its last. `rest_from` moves
    in the same transaction, so that a crash neither forgets nor repeats one.
    """
    end = start + deeds.PORTION
    span = Delivery.id.between(start, end - 1), Delivery.source.concat("") == issue.source
    waits = Delivery.state.in_((State.PENDING, State.HELD)), Delivery.due_at > clock.now()
    rest = update(Delivery).where(*span, *waits, ~draws.of(issue, trial).tries(Delivery.person))
    db.changed(rest.values(due_at=clock.now()))
    trial.rest_from = end if ledger.last(issue.source) >= end else None
    ledger.ring()
