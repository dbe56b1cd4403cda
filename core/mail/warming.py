"""Warms a new sender up: mailbox providers mistrust a stranger who sends thousands at once.

Newsletters and sequences get a share for each day (UTC), which grows until it is no limit; receipts
never wait. The shares are those of Ghost's warm-up: a thousandfold within six weeks.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select, update

from core import clock, config, db
from core.mail.models import WarmUpDay

FIRST, GROWTH, DAYS = 200, 1000, 42
"""Messages on the first day; by how much more on the last, and how many days that takes."""
SPENT = "the sender warms up, and today's share has gone"
"""Why a message waits that would be one too many today."""


@dataclass(frozen=True)
class Today:
    """How far today's share is spent; `number` counts the `days` of the warm-up from 1."""

    number: int
    begun: int
    share: int
    days: int = DAYS

    @property
    def left(self) -> int:
        """How many messages may still begin today."""
        return max(0, self.share - self.begun)


def share(number: int) -> int | None:
    """Messages on a day of the warm-up, the first of which is 1; None once there is no limit."""
    return round(FIRST * GROWTH ** ((number - 1) / DAYS)) if number <= DAYS else None


def share_on(day: date) -> int | None:
    """Messages that may go on a day (UTC); None without a warm-up, or where there is no limit."""
    today, number, _ = _day()
    return share(max(1, number + (day - today).days))


def today() -> Today | None:
    """Where the warm-up stands; None without one, or once it is over."""
    day, number, allowed = _day()
    if allowed is None:
        return None
    with db.reading() as session:
        return Today(number, session.scalar(begun(day)) or 0, allowed)


def last_day(count: int) -> date | None:
    """The day (UTC) on which the last of so many messages may go, if nothing else does.

    None where they may all go today, or without a warm-up.
    """
    standing = today()
    if standing is None or count <= standing.left:
        return None
    day, number, _ = _day()
    left: int | None = standing.left
    while left is not None and count > left:
        count, day, number = count - left, day + timedelta(days=1), number + 1
        left = share(number)
    return day


def is_spent() -> bool:
    """Whether no newsletter or sequence may go any more today."""
    standing = today()
    return standing is not None and not standing.left


def take(count: int) -> int:
    """Take so many messages from today's share, or what is left of it; how many may go."""
    day, _, allowed = _day()
    if allowed is None or not count:
        return count
    with db.transaction() as session:
        db.insert_missing(WarmUpDay, day=day, begun=0)
        taken = session.scalar(begun(day).with_for_update()) or 0
        granted = max(0, min(count, allowed - taken))
        db.changed(
            update(WarmUpDay).where(WarmUpDay.day == day).values(begun=WarmUpDay.begun + granted)
        )
    return granted


def begun(day: date) -> Select[int]:
    """How many messages of a day's share have begun."""
    return select(WarmUpDay.begun).where(WarmUpDay.day == day)


def _day() -> tuple[date, int, int | None]:
    """Today, its number in the warm-up, and its share."""
    day, since = clock.now().date(), config.current().mail.warm_up
    number = (day - since).days + 1 if since else DAYS + 1
    return day, number, share(max(1, number))
