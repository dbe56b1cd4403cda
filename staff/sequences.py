"""The sequences desk: each one a picture of a path with counts on it."""

import re

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import func, select

from core import db, jobs, settings
from newsletter import (
    beginnings,
    hold_outs,
    newsletters,
    paths,
    reasons,
    sequences,
    steps,
    triggers,
    versions,
    walks,
    yields,
)
from newsletter.markup import BadLetter
from newsletter.models import Enrolment, Sequence, Subscriber, Walk
from newsletter.paths import Path
from newsletter.steps import Mail
from staff import access
from staff.frame import mail_part, page, say
from staff.models import Role

desk = access.desk("sequences", __name__, Role.EDITOR)

CAPS = {"letters_a_day": "Letters in a day", "letters_a_week": "Letters in a week"}
_MERGE = "letters_merge"
_CAP = re.compile(r"[0-9]{1,2}")


@desk.get("")
def index() -> ResponseReturnValue:
    """Every sequence with how many walk it."""
    under_way = func.count(Enrolment.id).filter(Enrolment.state == Walk.ACTIVE)
    began = func.count(Enrolment.id).filter(Enrolment.state != Walk.HELD_OUT)
    rows = (
        select(Sequence, under_way, began)
        .outerjoin(Enrolment, Enrolment.sequence_id == Sequence.id)
        .group_by(Sequence.id)
        .order_by(Sequence.title)
    )
    return page(
        "sequences.html",
        found=[
            (*row, triggers.said(sequence))
            for sequence, *row in ((each[0], *each) for each in db.session().execute(rows))
        ],
        caps={name: (label, getattr(settings.store(), name)) for name, label in CAPS.items()},
        merges=settings.store().letters_merge,
    )


@desk.post("/caps")
def cap() -> ResponseReturnValue:
    """Set how many letters one reader may get in a day and in a week, and what becomes of more."""
    caps = {name: request.form.get(name, "").strip() or "0" for name in CAPS}
    wrong = [CAPS[name] for name, given in caps.items() if not _CAP.fullmatch(given)]
    if wrong:
        say(f"{wrong[0]}: a number from 0 to 99, please. Nothing was changed.", kind="error")
        return redirect("/staff/sequences#caps", 303)
    before = {name: str(getattr(settings.store(), name)) for name in CAPS}
    if settings.store().letters_merge:
        before[_MERGE] = "1"
    values = {name: int(given) for name, given in caps.items()}
    settings.change(**values, letters_merge=_MERGE in request.form)
    say("Saved. What is more waits for its turn.", undo="/staff/sequences/caps", **before)
    return redirect("/staff/sequences#caps", 303)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One sequence as a path, with who waits at each step and what became of its letters."""
    sequence = db.session().get(Sequence, number) or abort(404)
    path = paths.path(sequence)
    if path is None:
        return redirect(f"/staff/sequences/{number}/edit", 303)
    measured = sequence.held_out or path.held_out
    return page(
        "sequence.html",
        path=path,
        begins=triggers.said(sequence),
        added=hold_outs.measure(path.version) if measured else {},
        counted_days=hold_outs.days(path.version),
        may_hold_out=sequence.trigger not in triggers.ASKED_FOR,
        hindrance=triggers.hindrance(sequence),
    )


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


@desk.get("/<int:number>/yield")
def account(number: int) -> ResponseReturnValue:
    """What each letter did: sent, opened from, and sold by it."""
    sequence = db.session().get(Sequence, number) or abort(404)
    return page(
        "sequence_yield.html",
        sequence=sequence,
        letters=yields.of(sequence),
        days=yields.LOOKED_BACK.days,
    )


@desk.get("/<int:number>/why")
def explain(number: int) -> ResponseReturnValue:
    """Why a person got each letter of the sequence, or did not; found by their address."""
    sequence = _path(number).sequence
    address = request.args.get("email", "").strip().lower()
    person = db.session().scalar(select(Subscriber).where(Subscriber.email == address))
    found = {sequence.title: reasons.of_sequence(person, sequence)} if person else {}
    return page(
        "why.html",
        person=person,
        reasons=found,
        sequence=sequence,
        address=address,
        under_way=person is not None and beginnings.is_under_way(sequence, person),
        is_open=beginnings.is_open(sequence),
    )


@desk.get("/<int:number>/versions")
def compare(number: int) -> ResponseReturnValue:
    """Who walks an older version, and where they would go on in the newest."""
    return page("sequence_versions.html", path=_path(number), shifts=versions.plan(number))


@desk.post("/<int:number>/versions")
def move(number: int) -> ResponseReturnValue:
    """Let everybody go on with the newest version."""
    moved = versions.move(_path(number).sequence.id, anew=request.form.get("anew") == "1")
    say(f"{moved:,} people go on with the newest version.")
    return redirect(f"/staff/sequences/{number}", 303)


@desk.post("/<int:number>/<any(start, stop):deed>")
def switch(number: int, deed: str) -> ResponseReturnValue:
    """Let people begin a sequence, or no more; whoever is under way goes on."""
    sequence = _path(number).sequence
    sequences.switch(number, active=deed == "start")
    said = {
        "start": f"begins {triggers.said(sequence)} from now on",
        "stop": "begins for nobody from now on; whoever is under way goes on",
    }
    undo = "stop" if deed == "start" else "start"
    say(f"{sequence.title} {said[deed]}.", undo=f"/staff/sequences/{number}/{undo}")
    return redirect(f"/staff/sequences/{number}", 303)


@desk.post("/<int:number>/<any(pause, resume):deed>")
def rest(number: int, deed: str) -> ResponseReturnValue:
    """Let nothing of a sequence go, also not to whoever is under way; or let it go on."""
    sequence = _path(number).sequence
    if deed == "pause":
        sequences.pause(number)
        say(f"{sequence.title} is paused.", undo=f"/staff/sequences/{number}/resume")
    else:
        sequences.resume(number)
        jobs.ring(walks.BELL)
        say(f"{sequence.title} goes on.", undo=f"/staff/sequences/{number}/pause")
    return redirect(f"/staff/sequences/{number}", 303)


def _path(number: int) -> Path:
    sequence = db.session().get(Sequence, number) or abort(404)
    return paths.path(sequence) or abort(404)
