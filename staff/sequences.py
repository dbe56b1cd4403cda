"""The sequences desk: each one a picture of a path with counts on it."""

from collections import Counter
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import func, select

from core import clock, config, db
from newsletter import (
    flights,
    newsletters,
    paths,
    reasons,
    sequences,
    steps,
    triggers,
    versions,
    zones,
)
from newsletter.flights import Reader
from newsletter.markup import BadLetter
from newsletter.models import DEFAULT_PACE, DEFAULT_ZONE, Enrolment, Sequence, Subscriber, Walk
from newsletter.paths import Path
from newsletter.steps import BadSteps, Mail, Step
from newsletter.triggers import BadTrigger
from staff import access
from staff.frame import mail_part, page, say
from staff.models import Role

desk = access.desk("sequences", __name__, Role.EDITOR)

LIST = "list"
AUDIENCES = {LIST: "The list as it is"} | {
    str(number): f"{number:,} made-up readers" for number in (1000, 100_000, flights.MOST)
}
"""Whom a flight may be made with."""
PACES = (2, 4, 7, 14)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every sequence with how many walk it."""
    under_way = func.count(Enrolment.id).filter(Enrolment.state == Walk.ACTIVE)
    rows = (
        select(Sequence, under_way, func.count(Enrolment.id))
        .outerjoin(Enrolment, Enrolment.sequence_id == Sequence.id)
        .group_by(Sequence.id)
        .order_by(Sequence.title)
    )
    return page("sequences.html", beginnings=triggers.SAID, found=db.session().execute(rows).all())


@desk.get("/new")
def begin() -> ResponseReturnValue:
    """A sequence that is yet to be written."""
    text = steps.dump([Mail(subject="A first letter", body="Hello {{ name }},\n\n…\n")])
    return page("sequence_edit.html", path=None, text=text, error=None, said=triggers.SAID)


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Keep a new sequence, switched off."""
    form = request.form
    title, text = form.get("title", "").strip()[:60] or "Untitled", form.get("steps", "")
    trigger, value = form.get("trigger") or None, form.get("value", "").strip()[:64] or None
    try:
        triggers.examine(trigger, value)
        written = _written(text)
    except (BadSteps, BadTrigger, BadLetter) as error:
        context: dict[str, Any] = {
            "path": None,
            "text": text,
            "error": str(error),
            "said": triggers.SAID,
        }
        return page("sequence_edit.html", **context), 422
    sequences.publish(
        title.lower(), title, written, trigger=trigger, trigger_value=value, active=False
    )
    say(f"{title} is written, and switched off until you let people begin.")
    return redirect("/staff/sequences", 303)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One sequence as a path, with who waits at each step and what became of its letters."""
    return page("sequence.html", path=_path(number), beginnings=triggers.SAID)


@desk.get("/<int:number>/<int:position>/html")
def show_step(number: int, position: int) -> ResponseReturnValue:
    """A step's letter as a reader without a name gets it."""
    walked = steps.read(_path(number).version.steps)
    step = walked[position] if position < len(walked) else None
    if not isinstance(step, Mail):
        abort(404)
    try:
        message = newsletters.preview(step.subject, step.preheader, step.body)
    except BadLetter as error:
        return mail_part(f"<p>{escape(str(error))}</p>")
    return mail_part(message.html)


@desk.get("/<int:number>/why")
def explain(number: int) -> ResponseReturnValue:
    """Why a person got each letter of the sequence, or did not; found by their address."""
    sequence = _path(number).sequence
    address = request.args.get("email", "").strip().lower()
    person = db.session().scalar(select(Subscriber).where(Subscriber.email == address))
    found = {sequence.title: reasons.of_sequence(person, sequence)} if person else {}
    return page("why.html", person=person, reasons=found, sequence=sequence, address=address)


@desk.get("/<int:number>/flight")
def simulate(number: int) -> ResponseReturnValue:
    """What a sequence would do to the list, or to made-up readers; nothing is written."""
    path = _path(number)
    walked, begin = steps.read(path.version.steps), clock.now()
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
        sequence=path.sequence,
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


@desk.get("/<int:number>/versions")
def compare(number: int) -> ResponseReturnValue:
    """Who walks an older version, and where they would go on in the newest."""
    return page("sequence_versions.html", path=_path(number), shifts=versions.plan(number))


@desk.post("/<int:number>/versions")
def move(number: int) -> ResponseReturnValue:
    """Let everybody go on with the newest version."""
    moved = versions.move(_path(number).sequence.id)
    say(f"{moved:,} people go on with the newest version.")
    return redirect(f"/staff/sequences/{number}", 303)


@desk.get("/<int:number>/edit")
def edit(number: int) -> ResponseReturnValue:
    """The steps as text."""
    path = _path(number)
    text = steps.dump(steps.read(path.version.steps))
    return page("sequence_edit.html", path=path, text=text, error=None, said=triggers.SAID)


@desk.post("/<int:number>/edit")
def publish(number: int) -> ResponseReturnValue:
    """Make a new version of the steps for whoever begins from now on."""
    path, text = _path(number), request.form.get("steps", "")
    try:
        written = _written(text)
    except (BadSteps, BadLetter) as error:
        context: dict[str, Any] = {
            "path": path,
            "text": text,
            "error": str(error),
            "said": triggers.SAID,
        }
        return page("sequence_edit.html", **context), 422
    sequences.publish(path.sequence.name, path.sequence.title, written)
    say("Whoever begins from now on gets these steps. Whoever is under way goes on with theirs.")
    return redirect(f"/staff/sequences/{number}", 303)


@desk.post("/<int:number>/<any(start, stop):deed>")
def switch(number: int, deed: str) -> ResponseReturnValue:
    """Let people begin a sequence, or no more; whoever is under way goes on."""
    sequence = _path(number).sequence
    sequences.switch(number, active=deed == "start")
    said = "begins for whoever joins" if deed == "start" else "begins for nobody from now on"
    undo = "stop" if deed == "start" else "start"
    say(f"{sequence.title} {said}.", undo=f"/staff/sequences/{number}/{undo}")
    return redirect(f"/staff/sequences/{number}", 303)


def _written(text: str) -> list[Step]:
    """Steps from the text of a form. Raises `BadSteps`, `BadLetter`."""
    written = steps.load(text)
    for step in written:
        if isinstance(step, Mail):
            newsletters.preview(step.subject, step.preheader, step.body)
    return written


def _reader() -> Reader:
    """The one reader whose way is asked for."""
    zone, pace = request.args.get("zone", DEFAULT_ZONE), request.args.get("pace", type=int)
    return Reader(
        zone if zone in zones.zones() else DEFAULT_ZONE, pace if pace in PACES else DEFAULT_PACE
    )


def _path(number: int) -> Path:
    sequence = db.session().get(Sequence, number) or abort(404)
    return paths.path(sequence) or abort(404)
