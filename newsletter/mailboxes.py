"""One reader's mailbox on a clock that is not real: what caps put off, and what goes together.

It foretells what `core.mail.caps` and `core.mail.merging` do with letters of a sequence and what
else is known to go to its reader, if workers are never late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from core.mail import caps, merging


class Letter(NamedTuple):
    """A letter on somebody's way: the step's position, and when it is due, in UTC.

    One that is of no step has no position; `alone` is what never goes within another's message or
    takes one along, such as a newsletter.
    """

    position: int | None
    at: datetime
    alone: bool = False


class Departure(NamedTuple):
    """A letter that goes: when it was due, when it goes, and whether another's message holds it."""

    position: int | None
    due_at: datetime
    at: datetime
    within: bool

    @property
    def put_off(self) -> bool:
        """Whether a cap kept it from going when it was due."""
        return self.at > self.due_at


@dataclass(frozen=True)
class Caps:
    """How many messages may go in each of these spans, and whether what waits goes together."""

    limits: tuple[tuple[timedelta, int], ...] = ()
    merge: bool = False

    @cached_property
    def memory(self) -> timedelta:
        """For how long a message counts."""
        return max((span for span, _ in self.limits), default=timedelta(0))


UNCAPPED = Caps()


class Mailbox(NamedTuple):
    """When messages went to one reader, as long as they count, and what waits for a place."""

    gone: tuple[datetime, ...] = ()
    waiting: tuple[Letter, ...] = ()


def in_force() -> Caps:
    """The caps that staff set."""
    return Caps(tuple(caps.limits()), caps.merge())


def put(mailbox: Mailbox, letter: Letter, capped: Caps) -> tuple[Mailbox, list[Departure]]:
    """The mailbox once a letter was written, and what went by then."""
    position, at, _ = letter
    if not capped.limits:
        return mailbox, [Departure(position, at, at, within=False)]
    forgotten = at - capped.memory
    if not mailbox.waiting:
        counts = tuple(moment for moment in mailbox.gone if moment > forgotten)
        if _free_at(counts, at, capped) <= at:
            return Mailbox((*counts, at)), [Departure(position, at, at, within=False)]
        return Mailbox(counts, (letter,)), []
    before, went = empty(mailbox, capped, until=at, including=False)
    joined = Mailbox(before.gone, (*before.waiting, letter))
    after, now = empty(joined, capped, until=at)
    counts = tuple(moment for moment in after.gone if moment > forgotten)
    return Mailbox(counts, after.waiting), went + now


def empty(
    mailbox: Mailbox, capped: Caps, *, until: datetime | None = None, including: bool = True
) -> tuple[Mailbox, list[Departure]]:
    """The mailbox at a moment, or in the end, and what went meanwhile."""
    gone, waiting, went = list(mailbox.gone), list(mailbox.waiting), list[Departure]()
    while waiting:
        at = _free_at(gone, max([waiting[0].at, *gone[-1:]]), capped)
        if until is not None and (at > until or (at == until and not including)):
            break
        gone.append(at)
        message = [waiting.pop(0)]
        if capped.merge and not message[0].alone and _free_at(gone, at, capped) > at:
            others = [each for each in waiting if each.at <= at and not each.alone]
            message += others[: merging.MOST - 1]
            waiting = [each for each in waiting if each not in message]
        went += [
            Departure(letter.position, letter.at, at, within=number > 0)
            for number, letter in enumerate(message)
        ]
    return Mailbox(tuple(gone), tuple(waiting)), went


def departures(
    letters: Iterable[Letter], capped: Caps, *, gone: tuple[datetime, ...] = ()
) -> list[Departure]:
    """When each of one reader's letters goes, in the order in which they were due."""
    mailbox, all_of_them = Mailbox(gone), list[Departure]()
    for letter in letters:
        mailbox, went = put(mailbox, letter, capped)
        all_of_them += went
    return all_of_them + empty(mailbox, capped)[1]


def _free_at(gone: Sequence[datetime], moment: datetime, capped: Caps) -> datetime:
    """The first moment from then on at which every span has a place."""
    # A span is full for as long as the last message but so many is within it.
    until = [gone[-most] + span for span, most in capped.limits if len(gone) >= most]
    return max([moment, *until])
