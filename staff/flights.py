"""The flight simulator's page: what a sequence would do, on a clock that is not real."""

from collections import Counter
from operator import itemgetter
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from core import clock, config, db
from newsletter import drafts, flights, steps, zones
from newsletter.flights import Reader
from newsletter.models import DEFAULT_PACE, DEFAULT_ZONE, Sequence
from staff.frame import page

pages = Blueprint("flights", __name__)

LIST = "list"
AUDIENCES = {LIST: "The list as it is"} | {
    str(number): f"{number:,} made-up readers" for number in (1000, 100_000, flights.MOST)
}
"""Whom a flight may be made with."""
PACES = (2, 4, 7, 14)


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
    flight = flights.fly(walked, readers, starts, flights.issues_to_come())
    days = sorted(flight.days.items())
    hours = Counter[int]()
    for moment, letters in flight.hours.items():
        hours[moment.hour] += letters
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
        columns=[(f"{day:%b %-d}", letters) for day, letters in days],
        hours=[(f"{hour}:00", hours[hour]) for hour in range(24)],
        nothing=left_out + flight.nothing,
        rate=rate,
        over=over,
        peak=max(over, key=itemgetter(1), default=None),
        zones=zones.zones(),
        paces=PACES,
        reader=reader,
        way=[
            (steps.title(walked[position]), at.astimezone(ZoneInfo(reader.timezone)))
            for position, at in flights.way(walked, reader, begin)
        ],
    )


def _reader() -> Reader:
    """The one reader whose way is asked for."""
    zone, pace = request.args.get("zone", DEFAULT_ZONE), request.args.get("pace", type=int)
    return Reader(
        zone if zone in zones.zones() else DEFAULT_ZONE, pace if pace in PACES else DEFAULT_PACE
    )
