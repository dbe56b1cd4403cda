"""A sequence on a clock that is not real: who gets what and when, before anybody gets anything.

Nothing is written. Readers who are alike walk as one: a million of them are a few thousand ways
with a number on each. A way is the one that `newsletter.tick` would lead a reader who is on the
list, if workers are never late.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import NamedTuple

from newsletter import audiences, mailboxes, steps
from newsletter.audiences import Reader
from newsletter.mailboxes import UNCAPPED, Caps, Departure, Letter, Mailbox
from newsletter.steps import Branch, End, Goal, Mail, Step
from newsletter.verdicts import BETWEEN_STEP_AND_ISSUE

_GROUPS = 10_000
"""Of readers who begin together, at most; kinds that are rare begin at fewer moments."""


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

    def every_day(self) -> list[tuple[datetime, int]]:
        """The same for each day from the first message to the last, in their order."""
        days = self.days
        if not days:
            return []
        first, last = min(days), max(days)
        all_of_them = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [(day, days[day]) for day in all_of_them]

    def over(self, per_second: float | None) -> list[tuple[datetime, int]]:
        """The hours in which more letters are due than may go in an hour, and how many are."""
        if per_second is None:
            return []
        return sorted((hour, n) for hour, n in self.hours.items() if n > per_second * 3600)


class _There(NamedTuple):
    """Where readers are: when they got through the step before, and what is in their mailboxes.

    `seen` says how much of what else comes to them is among it.
    """

    moment: datetime
    mailbox: Mailbox
    seen: int
    has_one: bool = False


def way(walked: Sequence[Step], reader: Reader, begun_at: datetime) -> list[Letter]:
    """The letters that are due to a reader who begins a sequence at a moment."""
    letters, position, moment = [], 0, begun_at
    while position < len(walked):
        moment, step = steps.due(walked[position], moment, reader), walked[position]
        onward = _onward(walked, reader.meets or frozenset(), position)
        if _is_got(step, reader, position) and onward == position + 1:
            letters.append(Letter(position, moment))
        position = onward
    return letters


def departures(
    walked: Sequence[Step], reader: Reader, begun_at: datetime, capped: Caps
) -> list[Departure]:
    """When each letter goes to one reader who begins at a moment, among what else comes to them."""
    letters = [*_coming(reader, begun_at), *way(walked, reader, begun_at)]
    in_order = sorted(letters, key=lambda each: each.at)
    went = mailboxes.departures(in_order, capped, gone=reader.other.gone)
    return [each for each in went if each.position is not None]


def fly(
    walked: Sequence[Step],
    readers: Mapping[Reader, int],
    starts: Mapping[datetime, float],
    capped: Caps = UNCAPPED,
) -> Flight:
    """Let readers begin at moments, each with its share of them, and count what they get.

    Every step leads forward, so that one look at each in their order moves everybody; those who
    began at different hours of a day are one from their first common morning on, or where there
    are caps once these have forgotten the difference.
    """
    flight = Flight(readers=sum(readers.values()))
    for reader, count in readers.items():
        moments = _fewer(starts, count * _GROUPS // flight.readers)
        _Squadron(flight, walked, reader, capped).fly(audiences.parted(count, moments))
    return flight


class _Squadron:
    """Readers who are alike, on their way together."""

    def __init__(
        self, flight: Flight, walked: Sequence[Step], reader: Reader, capped: Caps
    ) -> None:
        self._flight, self._walked, self._reader, self._capped = flight, walked, reader, capped
        # How many got through the step before at a moment, by where they are.
        self._coming: list[Counter[_There]] = [Counter() for _ in range(len(walked) + 1)]
        self._dues: dict[tuple[int, datetime], datetime] = {}
        self._other = _coming(reader, None) if capped.limits else []
        self._odd = cycle((0, 1))

    def fly(self, starts: Iterable[tuple[datetime, int]]) -> None:
        """Let so many begin at each moment, and all arrive."""
        for begun_at, count in starts:
            self._begin(begun_at, count)
        for position in range(len(self._walked)):
            for there, number in self._coming[position].items():
                self._step(position, there, number)
        for there, number in self._coming[-1].items():
            _, went = mailboxes.empty(there.mailbox, self._capped)
            self._count(went, number)
            if not there.has_one:
                self._flight.nothing["their way has no letter on it"] += number

    def _begin(self, begun_at: datetime, count: int) -> None:
        before = sum(letter.at < begun_at for letter in self._other)
        there = _There(begun_at, Mailbox(self._reader.other.gone), before)
        if self._reader.meets is None:
            # Whoever meets a goal leaves for it at the first step.
            first = there._replace(moment=self._due(0, begun_at))
            for position in reversed(range(len(self._walked))):
                if isinstance(self._walked[position], Goal):
                    part = self._half(count)
                    self._coming[position + 1][first] += part
                    count -= part
        self._coming[0][there] += count

    def _step(self, position: int, there: _There, number: int) -> None:
        step, at = self._walked[position], self._due(position, there.moment)
        if isinstance(step, Branch) and self._reader.meets is None:
            part = self._half(number)
            self._coming[step.otherwise][there._replace(moment=at)] += part
            self._coming[position + 1][there._replace(moment=at)] += number - part
            return
        onward = _onward(self._walked, self._reader.meets or frozenset(), position)
        if _is_got(step, self._reader, position) and onward == position + 1:
            there = self._deliver(there, Letter(position, at), number)
        self._coming[onward][there._replace(moment=at)] += number

    def _deliver(self, there: _There, letter: Letter, number: int) -> _There:
        mailbox, seen = there.mailbox, there.seen
        while seen < len(self._other) and self._other[seen].at <= letter.at:
            mailbox, went = mailboxes.put(mailbox, self._other[seen], self._capped)
            self._count(went, number)
            seen += 1
        mailbox, went = mailboxes.put(mailbox, letter, self._capped)
        self._count(went, number)
        return _There(letter.at, mailbox, seen, has_one=True)

    def _due(self, position: int, reached_at: datetime) -> datetime:
        known = self._dues.get((position, reached_at))
        if known is None:
            known = steps.due(self._walked[position], reached_at, self._reader)
            self._dues[position, reached_at] = known
        return known

    def _half(self, number: int) -> int:
        half, odd = divmod(number, 2)
        return half + next(self._odd) if odd else half

    def _count(self, went: Sequence[Departure], number: int) -> None:
        flight = self._flight
        for position, due_at, at, within in went:
            if position is None:
                continue
            flight.letters[position] += number
            if within:
                flight.together += number
            else:
                flight.hours[at.replace(minute=0, second=0, microsecond=0)] += number
            if at > due_at:
                flight.put_off[position] += number
                flight.longest = max(flight.longest, at - due_at)
            for subject, sent_at in self._reader.issues:
                if sent_at <= at < sent_at + BETWEEN_STEP_AND_ISSUE:
                    flight.crossings[subject] += number


def _onward(walked: Sequence[Step], meets: frozenset[int], position: int) -> int:
    """Where `newsletter.tick` leads somebody from a step who meets what these steps ask."""
    if meets:
        for goal in range(len(walked) - 1, position - 1, -1):
            if goal in meets and isinstance(walked[goal], Goal):
                return goal + 1
    step = walked[position]
    if isinstance(step, End):
        return len(walked)
    if isinstance(step, Branch) and position not in meets:
        return step.otherwise
    return position + 1


def _is_got(step: Step, reader: Reader, position: int) -> bool:
    """Whether a step is a letter, and for them: an offer is not for whoever has bought."""
    has_bought = position in (reader.meets or ())
    return isinstance(step, Mail) and not (step.offer and has_bought)


def _coming(reader: Reader, begun_at: datetime | None) -> list[Letter]:
    """What else comes to a reader, from a moment on, in its order."""
    letters = [*reader.other.coming, *(Letter(None, at, alone=True) for _, at in reader.issues)]
    return sorted(
        (each for each in letters if begun_at is None or each.at >= begun_at),
        key=lambda each: each.at,
    )


def _fewer(starts: Mapping[datetime, float], most: int) -> Mapping[datetime, float]:
    """Every so many of these moments, where one for each is more than `most`."""
    if len(starts) <= max(1, most):
        return starts
    every = math.ceil(len(starts) / max(1, most))
    return dict(islice(starts.items(), 0, None, every))
