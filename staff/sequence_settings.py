"""What a sequence is called, what begins it, and how many of those get nothing."""

from typing import NamedTuple

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from core import db
from newsletter import drafts, hold_outs, segments, sequences, triggers
from newsletter.drafts import NameTaken
from newsletter.hold_outs import BadHoldOut
from newsletter.models import Sequence
from newsletter.triggers import BadTrigger
from staff.frame import page, say

pages = Blueprint("sequence_settings", __name__)


class Beginning(NamedTuple):
    """The settings as they were entered; `held_out` in percent."""

    title: str = ""
    trigger: str | None = None
    value: str | None = None
    held_out: str = "0"


@pages.get("/new")
def begin() -> ResponseReturnValue:
    """What a new sequence is called, and what begins it."""
    return _settings(None, Beginning())


@pages.post("/new")
def create() -> ResponseReturnValue:
    """Keep a new sequence, without a step and switched off."""
    entered = _entered()
    problems = _problems(entered)
    if not problems:
        try:
            number = drafts.begin(
                entered.title, entered.trigger, entered.value, held_out=int(entered.held_out)
            )
        except NameTaken as error:
            problems["title"] = str(error)
        else:
            return redirect(f"/staff/sequences/{number}/edit", 303)
    return _settings(None, entered, problems), 422


@pages.get("/<int:number>/settings")
def show(number: int) -> ResponseReturnValue:
    """A sequence's title, and what begins it."""
    sequence = _found(number)
    return _settings(
        sequence,
        Beginning(sequence.title, sequence.trigger, sequence.trigger_value, str(sequence.held_out)),
    )


@pages.post("/<int:number>/settings")
def save(number: int) -> ResponseReturnValue:
    """Change the title, or what begins it from now on and for how many."""
    sequence, entered = _found(number), _entered()
    if problems := _problems(entered):
        return _settings(sequence, entered, problems), 422
    sequences.change(
        number,
        entered.title,
        trigger=entered.trigger,
        trigger_value=entered.value,
        held_out=int(entered.held_out),
    )
    say("Saved. Whoever is under way goes on.")
    return redirect(f"/staff/sequences/{number}", 303)


def _settings(
    sequence: Sequence | None, entered: Beginning, problems: dict[str, str] | None = None
) -> str:
    return page(
        "sequence_settings.html",
        sequence=sequence,
        entered=entered,
        most_held_out=hold_outs.MOST,
        problems=problems or {},
        known=[*triggers.goods(), *segments.tags()],
        said=[(each or "", words) for each, words in triggers.SAID.items()],
    )


def _entered() -> Beginning:
    entered = {name: request.form.get(name, "").strip() for name in Beginning._fields}
    trigger = entered["trigger"] or None
    # What needs no saying of what is not kept with what would say it.
    value = entered["value"] if trigger in triggers.SAID_OF else ""
    return Beginning(
        " ".join(entered["title"].split()), trigger, value or None, entered["held_out"] or "0"
    )


def _problems(entered: Beginning) -> dict[str, str]:
    problems, trigger, value = {}, entered.trigger, entered.value
    if not 1 <= len(entered.title) <= 60:
        problems["title"] = "A title has from 1 to 60 characters."
    try:
        triggers.examine(trigger, value)
    except BadTrigger as error:
        problems["value" if trigger in set(triggers.Trigger) else "trigger"] = str(error)
    if value is not None and len(value) > 64:
        problems["value"] = "That has more than 64 characters."
    try:
        hold_outs.examine(trigger, entered.held_out)
    except BadHoldOut as error:
        problems["held_out"] = str(error)
    return problems


def _found(number: int) -> Sequence:
    return db.session().get(Sequence, number) or abort(404)
