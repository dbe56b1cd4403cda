"""The segments desk: parts of the list, said in conditions, with how many people they mean."""

from dataclasses import dataclass, field

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from newsletter import conditions, phrases, segments
from newsletter.conditions import BadRule
from newsletter.models import Segment
from newsletter.segments import InUse
from staff import access, rule_form
from staff.frame import page, say
from staff.models import Role
from staff.rule_form import RuleForm

desk = access.desk("segments", __name__, Role.EDITOR)


@dataclass
class Form:
    """A segment as it stands in the form."""

    name: str = ""
    rule: RuleForm = field(default_factory=RuleForm)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every segment in words, with how many people are in it now."""
    found = segments.every()
    rules = [conditions.read(each.rule) for each in found]
    known = rule_form.choices()
    listed = zip(
        found, (phrases.of_rule(rule, known) for rule in rules), segments.sizes(rules), strict=True
    )
    return page("segments.html", found=list(listed))


@desk.get("/new")
def begin() -> ResponseReturnValue:
    """A segment without a condition."""
    return _editor(None, Form())


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Change the form, or keep a new segment."""
    return _taken(None)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """A segment's conditions."""
    return _editor(number, _kept(_found(number)))


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Change the form, or keep the segment."""
    _found(number)
    return _taken(number)


@desk.post("/count")
def count() -> ResponseReturnValue:
    """How many people the form means, in words; keeps nothing."""
    return Response(_counted(_given()), content_type="text/plain; charset=utf-8")


@desk.post("/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Forget a segment that no coming issue is meant for."""
    form = _kept(_found(number))
    try:
        segments.remove(number)
    except InUse as error:
        say(f"It stays. {error}", kind="error")
        return redirect(f"/staff/segments/{number}", 303)
    said = f"There is no segment “{form.name}” any more. The people stay on the list."
    say(said, undo="/staff/segments/new", name=form.name, **rule_form.fields(form.rule))
    return redirect("/staff/segments", 303)


def _taken(number: int | None) -> ResponseReturnValue:
    """Add or take away a condition, count, or save, as the pressed button says."""
    form = _given()
    if rule_form.has_grown(form.rule):
        return _editor(number, form, counted="Fill in the new condition.")
    if not rule_form.has_shrunk(form.rule) and request.form.get("do", "save") == "save":
        return _saved(number, form)
    return _editor(number, form)


def _saved(number: int | None, form: Form) -> ResponseReturnValue:
    before = _kept(_found(number)) if number else None
    try:
        kept = segments.save(form.name, rule_form.read(form.rule), number=number)
    except BadRule as error:
        return _editor(number, form, problem=str(error)), 422
    said = "Saved. An issue that is meant for it goes to whoever is in it at that moment."
    if before is None:
        say(said, undo=f"/staff/segments/{kept}/remove")
    else:
        fields = rule_form.fields(before.rule)
        say(said, undo=f"/staff/segments/{kept}", name=before.name, **fields)
    return redirect(f"/staff/segments/{kept}", 303)


def _counted(form: Form) -> str:
    try:
        people = segments.count(segments.meant(rule_form.read(form.rule)))
    except BadRule as error:
        return str(error)
    return f"{people:,} of {segments.size(None):,} readers"


def _kept(segment: Segment) -> Form:
    """The form of a segment as it is kept."""
    return Form(segment.name, rule_form.of(conditions.read(segment.rule)))


def _given() -> Form:
    return Form(request.form.get("name", ""), rule_form.given())


def _editor(
    number: int | None, form: Form, *, problem: str | None = None, counted: str = ""
) -> str:
    if form.rule.rows and not counted:
        counted = _counted(form)
    return page(
        "segment.html",
        number=number,
        kept_as=_found(number).name if number else "",
        form=form,
        problem=problem,
        counted=counted,
        choices=rule_form.choices(),
        said=phrases.SAID,
        labels=phrases.LABELS,
        agreed=rule_form.agreed(form.rule),
        kinds=rule_form.FIRST_KINDS,
    )


def _found(number: int) -> Segment:
    try:
        return segments.by_number(number)
    except LookupError:
        abort(404)
