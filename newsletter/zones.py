"""Time zones as people choose them, and the moment at which a day's letter goes."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

MORNING = time(9)
"""When letters arrive, on the reader's own clock."""
EVENING = time(21)
"""From when on a letter that was put off waits for the next morning."""


@cache
def zones() -> list[str]:
    """The zones to choose from: places on the map, and UTC."""
    return ["UTC", *sorted(zone for zone in known() if _is_a_place(zone))]


@cache
def known() -> frozenset[str]:
    """Every zone that there is; asked once, since the answer is read from many files."""
    return frozenset(available_timezones())


def morning(day: date, zone: str) -> datetime:
    """The morning of a day in a zone, in UTC; see `at_hour`."""
    return at_hour(day, MORNING.hour, zone)


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """An hour of a day in a zone, in UTC.

    An hour that a change of the clocks repeats means the first, one that it leaves out the moment
    at which it would have been.
    """
    return at_time(datetime.combine(day, time(hour)), zone)


def at_time(local: datetime, zone: str) -> datetime:
    """What the clocks of a zone show, in UTC; see `at_hour`."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def by_day(moment: datetime, zone: str) -> datetime:
    """The first moment from this one on at which it is day in a zone: from morning to evening."""
    local = moment.astimezone(ZoneInfo(zone))
    if MORNING <= local.time() < EVENING:
        return moment
    later = timedelta(days=local.time() >= EVENING)
    return max(moment, morning(local.date() + later, zone))


def local_day(moment: datetime, zone: str) -> date:
    """The date that a moment has in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _is_a_place(zone: str) -> bool:
    return zone.split("/", maxsplit=1)[0] in (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
