"""A sequence on a clock that is not real: who gets what and when, before anybody gets anything.

Nothing is written. Readers who are alike walk as one: a million of them are a few thousand ways
with a number on each. A way is the one that `newsletter.tick` would lead a reader who is on the
list, if workers are never late.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, String, case, cast, func, literal, select

from core import db
from newsletter import mailboxes, predicates, steps
from newsletter.mailboxes import UNCAPPED, Caps, Departure, Letter, Mailbox
from newsletter.models import IssueState, Newsletter, Standing, Subscriber, Suppression
from newsletter.steps import Branch, End, Goal, Mail, Step
from newsletter.verdicts import BETWEEN_STEP_AND_ISSUE

_Kind = TypeVar("_Kind")
MOST = 1_000_000
"""Made-up readers of one flight."""
SPREAD = timedelta(days=30)
"""Over which made-up readers begin, as many each hour."""
_ZONES = {
    "America/New_York": 0.42,
    "America/Chicago": 0.2,
    "America/Denver": 0.06,
    "America/Los_Angeles": 0.2,
    "Europe/London": 0.07,
    "Europe/Berlin": 0.05,
}
"""Where made-up readers live: a guess at the readers of a shop in the United States."""
_PACES = {2: 0.85, 4: 0.05, 7: 0.07, 14: 0.03}
"""How many letters made-up readers want: a guess; most leave the pace as it was."""


class Reader(NamedTuple):
    """What decides a reader's way: clock, pace, and the steps of which they meet what is asked."""

    timezone: str
    pace_days: int
    paused_until: datetime | None = None
    meets: frozenset[int] = frozenset()


@dataclass(kw_only=True)
class Flight:
    """What a sequence would do: letters by the hour and by step, and who gets none, by reason.

    `crossings` are letters that would wait because a scheduled issue goes out just before them;
    `put_off`, by step, those for which a cap has no place yet; `together` those of them that go
    within another's message, so that `hours` has fewer messages than there are letters.
    """

    readers: int = 0
    hours: Counter[datetime] = field(default_factory=Counter)
    letters: Counter[int] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)
    crossings: Counter[str] = field(default_factory=Counter)
    put_off: Counter[int] = field(default_factory=Counter)
    longest: timedelta = timedelta(0)
    """The longest that a cap puts a letter off."""
    together: int = 0

    @property
    def sent(self) -> int:
        """All letters."""
        return self.letters.total()

    @property
    def days(self) -> Counter[datetime]:
        """Messages by the day, in UTC."""
        days: Counter[datetime] = Counter()
        for hour, count in self.hours.items():
            days[hour.replace(hour=0)] += count
        return days

    def over(self, per_second: float | None) -> list[tuple[datetime, int]]:
        """The hours in which more letters are due than may go in an hour, and how many are."""
        if per_second is None:
            return []
        return sorted((hour, n) for hour, n in self.hours.items() if n > per_second * 3600)


class _Leg(NamedTuple):
    """One step of a way: whether it is a letter, where it leads, and when it was taken."""

    is_letter: bool
    onward: int
    at: datetime


class _There(NamedTuple):
    """Where readers are: when they got through the step before, and what is in their mailboxes."""

    moment: datetime
    mailbox: Mailbox
    has_one: bool = False


def way(walked: Sequence[Step], reader: Reader, begun_at: datetime) -> list[Letter]:
    """The letters that are due to a reader who begins a sequence at a moment."""
    letters, position, moment = [], 0, begun_at
    while position < len(walked):
        leg = _leg(walked, reader, position, moment)
        if leg.is_letter:
            letters.append(Letter(position, leg.at))
        position, moment = leg.onward, leg.at
    return letters


def fly(
    walked: Sequence[Step],
    readers: Mapping[Reader, int],
    starts: Mapping[datetime, float],
    issues: Sequence[tuple[str, datetime]] = (),
    capped: Caps = UNCAPPED,
) -> Flight:
    """Let readers begin at moments, each with its share of them, and count what they get.

    Every step leads forward, so that one look at each in their order moves everybody; those who
    began at different hours of a day are one from their first common morning on, or where there
    are caps once these have forgotten the difference.
    """
    flight = Flight(readers=sum(readers.values()))
    for reader, count in readers.items():
        # How many got through the step before at a moment, with a letter so far or without.
        coming: list[Counter[_There]] = [Counter() for _ in range(len(walked) + 1)]
        for begun_at, share in _shared(count, starts):
            coming[0][_There(begun_at, Mailbox())] += share
        for position in range(len(walked)):
            for there, number in coming[position].items():
                leg = _leg(walked, reader, position, there.moment)
                onward = there._replace(moment=leg.at)
                if leg.is_letter:
                    mailbox, went = mailboxes.put(there.mailbox, Letter(position, leg.at), capped)
                    _count(flight, went, number, issues)
                    onward = _There(leg.at, mailbox, has_one=True)
                coming[leg.onward][onward] += number
        for there, number in coming[-1].items():
            _count(flight, mailboxes.empty(there.mailbox, capped)[1], number, issues)
            if not there.has_one:
                flight.nothing["their way has no letter on it"] += number
    return flight


def made_up(walked: Sequence[Step], count: int) -> dict[Reader, int]:
    """So many readers who are not real; half of them meet what each step asks."""
    asking = [at for at, step in enumerate(walked) if isinstance(step, (Branch, Goal))][:6]
    answers = [
        frozenset(at for at, yes in zip(asking, chosen, strict=True) if yes)
        for chosen in product((True, False), repeat=len(asking))
    ]
    kinds = {
        Reader(zone, pace, None, met): of_zone * of_pace / len(answers)
        for (zone, of_zone), (pace, of_pace), met in product(
            _ZONES.items(), _PACES.items(), answers
        )
    }
    return dict(_shared(count, kinds))


def spread(begin: datetime) -> dict[datetime, float]:
    """The hours in which made-up readers begin, with equal shares."""
    hours = int(SPREAD / timedelta(hours=1))
    return {begin + timedelta(hours=hour): 1 / hours for hour in range(hours)}


def audience(walked: Sequence[Step]) -> tuple[dict[Reader, int], Counter[str]]:
    """Everybody on the list, those who are alike together; and who is not, by reason."""
    asking = [at for at, step in enumerate(walked) if isinstance(step, (Branch, Goal))]
    met = [case((_rule(walked[at]), at), else_=-1).label(f"meets_{at}") for at in asking]
    may_not = case(
        (Suppression.reason.is_not(None), literal("suppressed: ") + Suppression.reason),
        (Subscriber.standing != Standing.CONFIRMED, cast(Subscriber.standing, String)),
    )
    # Each person in a row first: PostgreSQL groups by columns, not by expressions with parameters.
    each = (
        select(
            Subscriber.timezone,
            Subscriber.pace_days,
            Subscriber.paused_until,
            *met,
            may_not.label("may_not"),
        )
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .subquery()
    )
    columns = [column for column in each.c if column.name != "may_not"]
    alike = select(*columns, func.count()).where(each.c.may_not.is_(None)).group_by(*columns)
    left_out = select(each.c.may_not, func.count()).where(each.c.may_not.is_not(None))
    with db.reading() as session:
        rows = session.execute(alike).all()
        reasons = session.execute(left_out.group_by(each.c.may_not)).all()
    readers = Counter[Reader]()
    for zone, pace, paused_until, *positions, count in rows:
        readers[Reader(zone, pace, paused_until, frozenset(positions) - {-1})] += count
    return dict(readers), Counter({str(reason): count for reason, count in reasons})


def issues_to_come() -> list[tuple[str, datetime]]:
    """The newsletters that are scheduled."""
    scheduled = select(Newsletter.subject, Newsletter.scheduled_at).where(
        Newsletter.state == IssueState.SCHEDULED, Newsletter.scheduled_at.is_not(None)
    )
    with db.reading() as session:
        return [(subject, at) for subject, at in session.execute(scheduled) if at is not None]


def _leg(walked: Sequence[Step], reader: Reader, position: int, reached_at: datetime) -> _Leg:
    """What `newsletter.tick` does with a reader who stands at a step."""
    step = walked[position]
    at = steps.due(step, reached_at, reader)
    for goal in range(len(walked) - 1, position - 1, -1):
        if goal in reader.meets and isinstance(walked[goal], Goal):
            return _Leg(is_letter=False, onward=goal + 1, at=at)
    if isinstance(step, End):
        return _Leg(is_letter=False, onward=len(walked), at=at)
    if isinstance(step, Branch) and position not in reader.meets:
        return _Leg(is_letter=False, onward=step.otherwise, at=at)
    return _Leg(is_letter=isinstance(step, Mail), onward=position + 1, at=at)


def _count(
    flight: Flight,
    went: Sequence[Departure],
    number: int,
    issues: Sequence[tuple[str, datetime]],
) -> None:
    for letter in went:
        flight.letters[letter.position] += number
        if letter.within:
            flight.together += number
        else:
            flight.hours[letter.at.replace(minute=0, second=0, microsecond=0)] += number
        if letter.put_off:
            flight.put_off[letter.position] += number
            flight.longest = max(flight.longest, letter.at - letter.due_at)
        for subject, sent_at in issues:
            if sent_at <= letter.at < sent_at + BETWEEN_STEP_AND_ISSUE:
                flight.crossings[subject] += number


def _shared(count: int, shares: Mapping[_Kind, float]) -> Iterator[tuple[_Kind, int]]:
    """Part a number by shares, so that the parts make the whole again."""
    so_far, given, all_of_them = 0.0, 0, sum(shares.values())
    for kind, share in shares.items():
        so_far += share / all_of_them
        part = round(count * so_far) - given
        given += part
        if part:
            yield kind, part


def _rule(step: Step) -> ColumnElement[bool]:
    assert isinstance(step, (Branch, Goal))
    return predicates.of(step.rule)
