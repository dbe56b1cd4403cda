"""The editor of a sequence: its steps one by one in forms, and publishing them.

Who is affected is shown before anything is published.
"""

from collections.abc import Sequence as Rows

from flask import Blueprint, Response, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue

from core import db
from core.findings import Weight
from newsletter import (
    drafts,
    paths,
    phrases,
    segments,
    sequences,
    steps,
    triggers,
    versions,
)
from newsletter.drafts import Begun, Found, NotReady, Outdated
from newsletter.models import Sequence
from newsletter.steps import BadSteps, Mail, Step
from staff import access, rule_form, step_form
from staff.frame import EDITOR_POLICY, page, say
from staff.step_form import Form

pages = Blueprint("drafts", __name__)

_CHANGED = "Somebody else changed the steps meanwhile. Look at them before you go on."


@pages.get("/<int:number>/edit")
def show(number: int) -> ResponseReturnValue:
    """The draft's steps as a path, each with its deeds."""
    sequence = _found(number)
    walked = drafts.read(sequence)
    return page(
        "sequence_edit.html",
        sequence=sequence,
        path=paths.drawn(walked, rule_form.choices()),
        seen=drafts.mark(walked),
        kinds=step_form.CALLED,
        published=sequences.latest_version(number),
        begins=triggers.said(sequence),
    )


@pages.get("/<int:number>/edit/new")
def new_step(number: int) -> ResponseReturnValue:
    """The form of a step that is yet to be written."""
    walked = drafts.read(_found(number))
    at = _place(walked)
    return _step_page(number, walked, at, step_form.blank(_kind(), at), is_new=True)


@pages.post("/<int:number>/edit/new")
def add(number: int) -> ResponseReturnValue:
    """Put a step into the draft before the one at its place."""
    return _taken(number, drafts.read(_found(number)), None)


@pages.get("/<int:number>/edit/<int:at>")
def show_step(number: int, at: int) -> ResponseReturnValue:
    """The form of a step of the draft."""
    walked = drafts.read(_found(number))
    if at >= len(walked):
        abort(404)
    return _step_page(number, walked, at, step_form.of(walked[at]))


@pages.post("/<int:number>/edit/<int:at>")
def save(number: int, at: int) -> ResponseReturnValue:
    """Keep a step as its form says."""
    walked = drafts.read(_found(number))
    if at >= len(walked):
        abort(404)
    return _taken(number, walked, at)


@pages.post("/<int:number>/edit/<int:at>/<any(lift, remove):deed>")
def change(number: int, at: int, deed: str) -> ResponseReturnValue:
    """Move a step before the one above it, or take it away."""
    walked = drafts.read(_found(number))
    if not (deed == "lift") <= at < len(walked):
        abort(404)
    changed = drafts.lift(walked, at) if deed == "lift" else drafts.remove(walked, at)
    _put(number, changed)
    return redirect(f"{_home(number)}/edit#step-{at + (deed == 'remove')}", 303)


@pages.post("/<int:number>/duplicate")
def duplicate(number: int) -> ResponseReturnValue:
    """A new sequence with the same steps, as a draft that nobody begins."""
    copy = drafts.duplicate(_found(number).id)
    say("This is a copy, and a draft. Nobody begins it until you publish it and let people begin.")
    return redirect(f"{_home(copy)}/edit", 303)


@pages.post("/<int:number>/delete")
def delete(number: int) -> ResponseReturnValue:
    """Delete a sequence that nobody ever began."""
    title = _found(number).title
    try:
        drafts.forget(number)
    except Begun as error:
        say(f"{error} Let nobody begin it instead.", kind="error")
        return redirect(_home(number), 303)
    say(f"{title} is deleted.")
    return redirect("/staff/sequences", 303)


@pages.post("/<int:number>/discard")
def discard(number: int) -> ResponseReturnValue:
    """Forget the draft."""
    drafts.discard(_found(number).id)
    say("The draft is gone. The steps are the published ones.")
    return redirect(_home(number), 303)


@pages.get("/<int:number>/publish")
def before_publishing(number: int) -> ResponseReturnValue:
    """What publishing would change and for whom, and what to mend in the letters before."""
    return _publishing(number, drafts.examine(number, drafts.read(_found(number)), outside=True))


def _publishing(number: int, found: Rows[Found]) -> str:
    sequence = _found(number)
    walked = drafts.read(sequence)
    newest = sequences.latest_version(number)
    before = steps.read(newest.steps) if newest else []
    return page(
        "sequence_publish.html",
        sequence=sequence,
        walked=walked,
        seen=drafts.mark(walked),
        number=newest.number + 1 if newest else 1,
        changes=versions.compare(before, walked),
        shifts=versions.plan(number, walked),
        found=found,
        blocked=any(each.finding.weight is Weight.BLOCKS for each in found),
    )


@pages.post("/<int:number>/publish")
def publish(number: int) -> ResponseReturnValue:
    """Make the draft the newest version, and move whoever is under way if staff said so."""
    chosen = request.form.get("under_way")
    moving, anew = chosen in ("move", "anew"), chosen == "anew"
    try:
        moved = drafts.publish(_found(number).id, seen=_seen(), moving=moving, anew=anew)
    except Outdated:
        say(_CHANGED, kind="error")
        return redirect(f"{_home(number)}/edit", 303)
    except BadSteps as error:
        say(str(error), kind="error")
        return redirect(f"{_home(number)}/edit", 303)
    except NotReady as error:
        return _publishing(number, error.found), 422
    theirs = (
        f"{moved:,} people who were under way go on with it."
        if moving
        else "Whoever is under way goes on with theirs."
    )
    begins = (
        "Whoever begins from now on gets these steps."
        if _found(number).active
        else "Nobody begins it until you let people begin."
    )
    say(f"Published. {begins} {theirs}")
    return redirect(_home(number), 303)


def _taken(number: int, walked: list[Step], at: int | None) -> ResponseReturnValue:
    """Keep the form's step at its place, or show the form again with what is wrong."""
    form = step_form.given(_kind() if at is None else step_form.of(walked[at]).kind)
    place = _place(walked) if at is None else at
    end = len(walked) + (at is None)
    if form.asks and (rule_form.has_grown(form.rule) or rule_form.has_shrunk(form.rule)):
        return _step_page(number, walked, place, form, is_new=at is None)
    step = step_form.read(form, place, end)
    if step is None:
        return _step_page(number, walked, place, form, is_new=at is None), 422
    changed = (
        drafts.insert(walked, place, step)
        if at is None
        else [*walked[:place], step, *walked[place + 1 :]]
    )
    try:
        drafts.put(number, changed, seen=_seen())
    except Outdated:
        form.problems["form"] = _CHANGED + " Save again to keep yours all the same."
        return _step_page(number, walked, place, form, is_new=at is None), 409
    if request.form.get("do") == "test" and isinstance(step, Mail):
        me = access.member().email
        drafts.send_test(number, step, me)
        say(f"Kept in the draft; a test is on its way to {me}.")
        return redirect(f"{_home(number)}/edit/{place}", 303)
    say("Kept in the draft.")
    return redirect(f"{_home(number)}/edit#step-{place + 1}", 303)


def _step_page(
    number: int, walked: list[Step], at: int, form: Form, *, is_new: bool = False
) -> Response:
    later = [
        (str(place + is_new), f"{place + is_new + 1}. {steps.title(step)}")
        for place, step in enumerate(walked)
        if place + is_new > at
    ]
    html = page(
        "sequence_step.html",
        sequence=_found(number),
        form=form,
        at=at,
        is_new=is_new,
        seen=drafts.mark(walked),
        called=step_form.CALLED[form.kind],
        ways=[*later, (str(len(walked) + is_new), "the end")],
        weekdays=[("", "any day"), *((str(n), day) for n, day in enumerate(steps.DAYS))],
        hours=[("", "the morning, at 9:00" if form.kind == "mail" else "any hour")]
        + [(str(hour), f"{hour}:00") for hour in range(24)],
        late=step_form.LATE,
        tags=segments.tags() if form.kind == "tag" else [],
        choices=rule_form.choices() if form.asks else {},
        kinds=rule_form.FIRST_KINDS,
        agreed=rule_form.agreed(form.rule),
        said=phrases.SAID,
        labels=phrases.LABELS,
    )
    response = make_response(html)
    response.headers["Content-Security-Policy"] = EDITOR_POLICY
    return response


def _put(number: int, walked: list[Step]) -> None:
    try:
        drafts.put(number, walked, seen=_seen())
    except Outdated:
        say(_CHANGED, kind="error")


def _seen() -> str:
    return request.form.get("seen", "")


def _kind() -> str:
    kind = request.values.get("kind", "")
    return kind if kind in steps.KINDS else abort(404)


def _place(walked: list[Step]) -> int:
    """Before which step a new one stands; without a number, at the end."""
    at = request.values.get("at", len(walked), type=int)
    return min(max(at, 0), len(walked))


def _found(number: int) -> Sequence:
    return db.session().get(Sequence, number) or abort(404)


def _home(number: int) -> str:
    return f"/staff/sequences/{number}"
