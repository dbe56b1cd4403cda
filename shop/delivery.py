"""When a parcel arrives: business days from the moment of the order, told before it is placed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from core import clock, settings

_SATURDAY = 5


class Pace(Protocol):
    """How many business days a parcel is on its way."""

    @property
    def days_min(self) -> int:
        """At the least."""

    @property
    def days_max(self) -> int:
        """At the most."""


@dataclass(frozen=True)
class Window:
    """The first and the last day on which it should arrive."""

    first: date
    last: date


def window(pace: Pace, today: date | None = None) -> Window:
    """When an order of today arrives: `handling_days` of the store, then the way.

    Business days are Monday to Friday, in UTC; we cannot know every country's public holidays.
    """
    ordered = today or clock.now().date()
    leaves = settings.store().handling_days
    return Window(
        business_day(ordered, leaves + pace.days_min), business_day(ordered, leaves + pace.days_max)
    )


def arrival(pace: Pace) -> str:
    """The window for people, such as `Tue, Dec 1 – Fri, Dec 4`."""
    expected = window(pace)
    first, last = _day(expected.first), _day(expected.last)
    return first if first == last else f"{first} – {last}"


def arrival_in_short(pace: Pace) -> str:
    """The window where there is little room, such as `Dec 1–4`."""
    expected = window(pace)
    first, last = expected.first, expected.last
    end = f"{last.day}" if last.month == first.month else f"{last:%b} {last.day}"
    start = f"{first:%b} {first.day}"
    return start if first == last else f"{start}–{end}"


def business_day(start: date, count: int) -> date:
    """The day so many business days after `start`."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def _day(day: date) -> str:
    return f"{day:%a}, {day:%b} {day.day}"
