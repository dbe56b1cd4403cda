"""The flight simulator's page: what a sequence would do, on a clock that is not real."""

import math
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from core import clock, config, db, settings
from core.mail import warming
from newsletter import audiences, drafts, flights, mailboxes, other_mail, steps, zones
from newsletter.audiences import Reader
from newsletter.flights import Flight
from newsletter.mailboxes import Caps, Departure
from newsletter.models import DEFAULT_PACE, Sequence
from newsletter.other_mail import Issue
from newsletter.steps import Step
from staff.frame import page

pages = Blueprint("flights", __name__)

LIST = "list"
AUDIENCES = {LIST: "The list as it is"} | {
    str(number): f"{number:,} made-up readers" for number in (1000, 100_000, audiences.MOST)
}
"""Whom a flight may be made with."""
PACES = (2, 4, 7, 14)
LEVELS = 5
"""Shades of the chart; their square tells how many letters, so that few are seen beside many."""
SHORTEST, LONGEST = 14, 90
"""Days of the chart by hours, at least and at most."""


class Cell(NamedTuple):
    """An hour of the chart: its place, its shade, and whether more is due than may go."""

    day: int
    hour: int
    level: int
    is_over: bool
    text: str


class One(NamedTuple):
    """One reader and their way: each letter's title, when it goes by their clock, and how.

    `why_not` says why whoever has the `address` gets none.
    """

    address: str
    reader: Reader
    why_not: str
    way: list[tuple[str, datetime, Departure]]


@pages.get("/<int:number>/flight")
def simulate(number: int) -> ResponseReturnValue:
    """What a sequence would do to the list, or to made-up readers; nothing is written."""
    sequence = db.session().get(Sequence, number) or abort(404)
    walked, begin = drafts.read(sequence), clock.now()
    chosen = request.args.get("readers", LIST)
    if chosen not in AUDIENCES:
        abort(404)
    capped, issues = mailboxes.in_force(), other_mail.issues()
    one_in = audiences.one_in() if chosen == LIST and capped.limits else 1
    if chosen == LIST:
        readers, left_out = audiences.on_list(
            walked, number, issues, capped=capped, one_in=one_in, held_out=sequence.held_out
        )
        starts = {begin: 1.0}
    else:
        drawn = int(chosen) * sequence.held_out // 100
        readers = audiences.made_up(int(chosen) - drawn, issues)
        left_out = +Counter({audiences.HELD_OUT: drawn})
        starts = audiences.spread(begin)
    flight = flights.fly(walked, readers, starts, capped)
    days = flight.every_day()
    rate = config.current().mail.rate
    over = flight.over(rate)
    heat = _heat(flight, {moment for moment, _ in over})
    wide = min(max(SHORTEST, len(days)), LONGEST)
    return page(
        "sequence_flight.html",
        sequence=sequence,
        audiences=AUDIENCES,
        chosen=chosen,
        flight=flight,
        days=days,
        is_draft=sequence.draft is not None,
        columns=[(f"{day:%b %-d}", letters) for day, letters in days],
        busiest=max(days, key=itemgetter(1), default=None),
        heat=heat,
        wide=wide,
        heat_until=days[0][0] + timedelta(days=wide - 1) if days else None,
        is_cut=len(days) > LONGEST,
        letters=_bars(walked, flight.letters),
        nothing=left_out + flight.nothing,
        capped=capped,
        one_in=one_in,
        issues=len(issues),
        elsewhere=sum(number for reader, number in readers.items() if any(reader.other)),
        put_off=_bars(walked, flight.put_off),
        rate=rate,
        over=over,
        peak=max(over, key=itemgetter(1), default=None),
        cold=[
            (day, letters, share)
            for day, letters in days
            if (share := warming.share_on(day.date())) is not None and letters > share
        ],
        zones=zones.zones(),
        paces=PACES,
        one=_one(walked, sequence, issues, capped),
    )


def _one(walked: list[Step], sequence: Sequence, issues: list[Issue], capped: Caps) -> One:
    """The one reader whose way is asked for: somebody on the list, or by clock and pace."""
    usual, address = settings.store().timezone, request.args.get("email", "").strip().lower()
    zone, pace = request.args.get("zone", usual), request.args.get("pace", type=int)
    reader = Reader(
        zone if zone in zones.zones() else usual, pace if pace in PACES else DEFAULT_PACE
    )
    why_not = ""
    if address:
        found, left_out = audiences.on_list(
            walked, sequence.id, issues, capped=capped, only=address, held_out=sequence.held_out
        )
        reader = next(iter(found), reader)
        why_not = "" if found else next(iter(left_out), "nobody has this address")
    went = [] if why_not else flights.departures(walked, reader, clock.now(), capped)
    there = ZoneInfo(reader.timezone)
    way = [
        (steps.title(walked[each.position or 0]), each.at.astimezone(there), each) for each in went
    ]
    return One(address, reader, why_not, way)


def _bars(walked: list[Step], counts: Counter[int]) -> list[tuple[str, int, str]]:
    return [
        (f"{at + 1}. {steps.title(walked[at])}", count, f"{count:,}")
        for at, count in sorted(counts.items())
    ]


def _heat(flight: Flight, over: Collection[datetime]) -> list[Cell]:
    """The hours in which letters are due, for a chart of days by hours."""
    if not flight.hours:
        return []
    first, most = min(flight.days), max(flight.hours.values())
    return [
        Cell(
            day=(moment - first).days,
            hour=moment.hour,
            level=math.ceil(LEVELS * math.sqrt(letters / most)),
            is_over=moment in over,
            text=f"{moment:%b %-d, %-H}:00 UTC: {letters:,}",
        )
        for moment, letters in sorted(flight.hours.items())
        if (moment - first).days < LONGEST
    ]
