"""Letting readers begin a sequence by hand, seeing first how many; and taking one out of it."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from core import db
from newsletter import beginnings, segments
from newsletter.beginnings import NotOpen
from newsletter.models import Sequence, Subscriber
from staff.frame import page, say

pages = Blueprint("beginnings", __name__)

_NOT_OPEN = "Nobody begins it as it stands: publish it, and let people begin."


@pages.get("/<int:number>/begin")
def choose(number: int) -> ResponseReturnValue:
    """How many readers of a segment have never begun a sequence."""
    sequence, segment = _found(number), request.args.get("segment")
    try:
        readers = None if segment is None else beginnings.waiting(sequence, segment or None)
    except LookupError:
        abort(404)
    return page(
        "sequence_begin.html",
        sequence=sequence,
        is_open=beginnings.is_open(sequence),
        segment=segment,
        readers=readers,
        held_out=beginnings.held_out(sequence, segment or None)
        if readers and sequence.held_out
        else 0,
        choices=[("", "Everybody on the list"), *((name, name) for name in segments.names())],
    )


@pages.post("/<int:number>/begin")
def begin(number: int) -> ResponseReturnValue:
    """Let all of them begin who never did."""
    sequence = _found(number)
    try:
        begun = beginnings.begin_all(sequence, request.form.get("segment") or None)
    except LookupError:
        abort(404)
    except NotOpen:
        say(_NOT_OPEN, kind="error")
    else:
        drawn = sequence.held_out and begun
        less = " Those who were drawn by lot get nothing." if drawn else ""
        say(f"{begun:,} {'reader' if begun == 1 else 'readers'} began.{less}")
    return redirect(f"/staff/sequences/{number}", 303)


@pages.post("/<int:number>/readers/<int:reader>/<any(begin, take_out):deed>")
def steer(number: int, reader: int, deed: str) -> ResponseReturnValue:
    """Let one reader begin, again if they walked it before, or take them out."""
    sequence = _found(number)
    person = db.session().get(Subscriber, reader) or abort(404)
    if deed == "take_out":
        out = beginnings.take_out(sequence, person)
        say(
            f"{person.email} gets no further letter of {sequence.title}."
            if out
            else f"{person.email} was not on it."
        )
    else:
        _let_begin(sequence, person)
    return redirect(f"/staff/sequences/{number}/why?email={person.email}", 303)


def _let_begin(sequence: Sequence, person: Subscriber) -> None:
    try:
        begun = beginnings.begin_one(sequence, person)
    except NotOpen:
        say(f"{person.email} did not begin: they are not on the list, or nobody begins it now.")
    else:
        said = "began" if begun else "is on it already"
        say(f"{person.email} {said}.")


def _found(number: int) -> Sequence:
    return db.session().get(Sequence, number) or abort(404)
