"""The flight simulator's page: what a sequence would do, on a clock that is not real."""

import math
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from core import clock, config, db, settings
from newsletter import drafts, flights, mailboxes, steps, zones
from newsletter.flights import Flight, Reader
from newsletter.models import DEFAULT_PACE, Sequence
from staff.frame import page

pages = Blueprint("flights", __name__)

LIST = "list"
AUDIENCES = {LIST: "The list as it is"} | {
    str(number): f"{number:,} made-up readers" for number in (1000, 100_000, flights.MOST)
}
"""Whom a flight may be made with."""
PACES = (2, 4, 7, 14)
LEVELS = 5
"""Shades of the chart; their square tells how many letters, so that few are seen beside many."""
LONGEST = 90
"""Days of the chart."""


class Cell(NamedTuple):
    """An hour of the chart: its place, its shade, and whether more is due than may go."""

    day: int
    hour: int
    level: int
    is_over: bool
    text: str


@pages.get("/<int:number>/flight")
def simulate(number: int) -> ResponseReturnValue:
    """What a sequence would do to the list, or to made-up readers; nothing is written."""
    sequence = db.session().get(Sequence, number) or abort(404)
    walked, begin = drafts.read(sequence), clock.now()
    chosen = request.args.get("readers", LIST)
    if chosen not in AUDIENCES:
        abort(404)
    if chosen == LIST:
        readers, left_out = flights.audience(walked)
        starts = {begin: 1.0}
    else:
        readers, left_out = flights.made_up(walked, int(chosen)), Counter[str]()
        starts = flights.spread(begin)
    capped = mailboxes.in_force()
    flight = flights.fly(walked, readers, starts, flights.issues_to_come(), capped)
    days = sorted(flight.days.items())
    rate = config.current().mail.rate
    over = flight.over(rate)
    reader = _reader()
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
        heat=_heat(flight, {moment for moment, _ in over}),
        letters=[
            (f"{at + 1}. {steps.title(walked[at])}", count, f"{count:,}")
            for at, count in sorted(flight.letters.items())
        ],
        nothing=left_out + flight.nothing,
        capped=capped,
        put_off=[
            (f"{at + 1}. {steps.title(walked[at])}", count, f"{count:,}")
            for at, count in sorted(flight.put_off.items())
        ],
        rate=rate,
        over=over,
        peak=max(over, key=itemgetter(1), default=None),
        zones=zones.zones(),
        paces=PACES,
        reader=reader,
        way=[
            (
                steps.title(walked[letter.position]),
                letter.at.astimezone(ZoneInfo(reader.timezone)),
                letter,
            )
            for letter in mailboxes.departures(flights.way(walked, reader, begin), capped)
        ],
    )


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


def _reader() -> Reader:
    """The one reader whose way is asked for."""
    usual = settings.store().timezone
    zone, pace = request.args.get("zone", usual), request.args.get("pace", type=int)
    return Reader(zone if zone in zones.zones() else usual, pace if pace in PACES else DEFAULT_PACE)
