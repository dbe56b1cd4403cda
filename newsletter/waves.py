"""Waves of an issue that goes by readers' own clocks: zone after zone, as the hour comes there."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, case, func, literal, select

from core import db, settings
from core.mail.models import WAITING, Delivery
from newsletter import segments
from newsletter.models import Newsletter, RollEntry, Subscriber
from newsletter.zones import at_time

AHEAD = timedelta(minutes=10)
"""How long before its first wave an issue is frozen, so that none of it comes late."""


@dataclass(frozen=True)
class Wave:
    """When the hour comes, in which zones, and how many readers live there."""

    at: datetime
    zones: tuple[str, ...]
    readers: int
    waiting: int = 0


def expected(segment: str | None, local: datetime) -> list[Wave]:
    """The waves that a segment's readers would make, the first one first."""
    with db.reading() as session:
        living = session.execute(
            select(Subscriber.timezone, func.count())
            .where(segments.members(segment))
            .group_by(Subscriber.timezone)
        )
        counts: dict[str, int] = dict(living.all())
    return [
        Wave(at, zones, sum(counts[zone] for zone in zones))
        for at, zones in _by_moment(counts, local)
    ]


def due(local: datetime, waves: list[Wave]) -> ColumnElement[datetime]:
    """When a row of `Subscriber` is due, as an expression; an unknown zone has the shop's hour."""
    moment = Delivery.due_at.type
    moments = {zone: literal(wave.at, moment) for wave in waves for zone in wave.zones}
    usual = literal(_moment(local, settings.store().timezone), moment)
    return case(moments, value=Subscriber.timezone, else_=usual) if moments else usual


def record(issue: Newsletter, local: datetime, waves: list[Wave]) -> list[dict[str, Any]]:
    """What to keep of the waves of an issue that has just been frozen: who is to get it in each."""
    readers = _on_the_roll(issue, local, waves)
    return [
        {"at": wave.at.isoformat(), "zones": list(wave.zones), "readers": readers.get(wave.at, 0)}
        for wave in waves
    ]


def of(issue: Newsletter) -> list[Wave]:
    """The waves of a frozen issue, and how many readers of each still wait for it."""
    waves = [
        Wave(datetime.fromisoformat(wave["at"]), tuple(wave["zones"]), wave["readers"])
        for wave in issue.waves
    ]
    if not waves or issue.local_at is None:
        return waves
    entered = _waiting(issue.source)
    frozen = _on_the_roll(issue, datetime.fromisoformat(issue.local_at), waves)
    return [
        replace(wave, waiting=entered.get(wave.at, 0) + frozen.get(wave.at, 0)) for wave in waves
    ]


def _by_moment(zones: Mapping[str, int], local: datetime) -> list[tuple[datetime, tuple[str, ...]]]:
    found: dict[datetime, list[str]] = defaultdict(list)
    for zone in sorted(zones):
        found[_moment(local, zone)].append(zone)
    return [(at, tuple(found[at])) for at in sorted(found)]


def _moment(local: datetime, zone: str) -> datetime:
    try:
        return at_time(local, zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return at_time(local, settings.store().timezone)


def _on_the_roll(issue: Newsletter, local: datetime, waves: list[Wave]) -> dict[datetime, int]:
    """How many readers of each moment have yet to be entered into the ledger."""
    moment = due(local, waves).label("moment")
    with db.reading() as session:
        rows = session.execute(
            select(moment, func.count())
            .join_from(RollEntry, Subscriber, Subscriber.id == RollEntry.subscriber_id)
            .where(RollEntry.newsletter_id == issue.id, RollEntry.reason.is_(None))
            .group_by(moment)
        )
        return dict(rows.all())


def _waiting(source: str) -> dict[datetime, int]:
    """How many messages of a source wait for each moment."""
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.due_at, func.count())
            .where(Delivery.source == source, Delivery.state.in_(WAITING))
            .group_by(Delivery.due_at)
        )
        return dict(rows.all())
