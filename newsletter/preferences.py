"""What readers choose: how often, from when, about what, and whether it is noted what they read."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import clock, db, events
from newsletter import areas, noting, zones
from newsletter.events import PreferencesChanged
from newsletter.models import Subscriber
from newsletter.subscribers import clean_name, locked
from newsletter.wording import paces
from newsletter.zones import local_day


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a reader may choose; `paused_until` is a day in their zone, None for no pause.

    Without a `timezone` of their own the shop's counts, whatever it becomes.
    Of no `areas` they get everything. `noted` says that we may note what they read.
    """

    name: str | None
    pace_days: int
    timezone: str | None
    paused_until: date | None
    areas: frozenset[str] = frozenset()
    noted: bool = False


def of(subscriber: Subscriber) -> Preferences:
    """What a reader has chosen; a pause that is over counts as none."""
    until = subscriber.paused_until
    zone = subscriber.timezone
    return Preferences(
        name=subscriber.name,
        pace_days=subscriber.pace_days,
        timezone=subscriber.zone,
        paused_until=local_day(until, zone) if until and until > clock.now() else None,
        areas=areas.chosen(subscriber),
        noted=subscriber.noted_since is not None,
    )


def change(public_id: str, chosen: Preferences) -> Subscriber | None:
    """Keep what a reader chose; None after their erasure. Raises `ValueError`."""
    if chosen.pace_days not in paces() or chosen.timezone not in {None, *zones.known()}:
        raise ValueError("no such pace or time zone")
    with db.transaction():
        subscriber = locked(public_id)
        if subscriber is None:
            return None
        subscriber.name = clean_name(chosen.name or "")
        subscriber.pace_days = chosen.pace_days
        subscriber.zone = chosen.timezone
        subscriber.paused_until = _day_begins(chosen.paused_until, subscriber.timezone)
        areas.choose(subscriber, chosen.areas)
        if not chosen.noted:
            noting.take_back(subscriber)
        elif noting.is_on():
            noting.agree(subscriber)
        events.tell(PreferencesChanged(subscriber.id))
        return subscriber


def pause(public_id: str, days: int = 30) -> None:
    """Send a reader nothing for some days; then it goes on where it stopped."""
    with db.transaction():
        if (subscriber := locked(public_id)) is not None:
            last = local_day(clock.now(), subscriber.timezone) + timedelta(days=days)
            subscriber.paused_until = _day_begins(last, subscriber.timezone)
            events.tell(PreferencesChanged(subscriber.id))


def slow_down(public_id: str) -> None:
    """Give a reader the slowest pace there is."""
    with db.transaction():
        if (subscriber := locked(public_id)) is not None:
            subscriber.pace_days = max(paces())
            events.tell(PreferencesChanged(subscriber.id))


def _day_begins(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time.min, ZoneInfo(zone)) if day else None
