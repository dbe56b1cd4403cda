"""The segments desk: parts of the list, said in conditions, with how many people they mean."""

import itertools
from dataclasses import dataclass, field
from typing import get_type_hints

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    String,
    cast,
    literal,
    select,
    true,
    union_all,
)

from core import db
from newsletter import areas, conditions, noting, phrases, segments
from newsletter.conditions import KINDS, BadRule, Match, Rule, Term
from newsletter.models import Consent, ConsentEvent, Segment, Subscriber, SubscriberTag
from newsletter.models import Sequence as Path
from newsletter.segments import InUse
from shop.models import BOUGHT, Order, Product
from shop.shipping import country_name
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("segments", __name__, Role.EDITOR)

_MOST_CHOICES = 300


@dataclass
class Row:
    """One condition as it stands in the form; `problem` says what to put right."""

    kind: str
    values: dict[str, str]
    problem: str | None = None

    @property
    def fields(self) -> list[str]:
        """The names of the condition's own fields."""
        return list(get_type_hints(KINDS[self.kind]))


@dataclass
class Form:
    """A segment as it stands in the form."""

    name: str = ""
    match: str = Match.ALL.value
    rows: list[Row] = field(default_factory=list)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every segment in words, with how many people are in it now."""
    found = segments.every()
    rules = [conditions.read(each.rule) for each in found]
    known = choices()
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
    segment = _found(number)
    rule = conditions.read(segment.rule)
    rows = [_row(term) for term in rule.terms]
    return _editor(number, Form(segment.name, rule.match.value, rows))


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
    name = _found(number).name
    try:
        segments.remove(number)
    except InUse as error:
        say(f"It stays. {error}", kind="error")
        return redirect(f"/staff/segments/{number}", 303)
    say(f"There is no segment “{name}” any more. The people stay on the list.")
    return redirect("/staff/segments", 303)


def choices() -> dict[str, dict[str, str]]:
    """What each field of a condition may hold, by its name: a value and how it is called."""
    found: dict[str, dict[str, str]] = {name: {} for name in phrases.LABELS}
    found["product"][""] = "anything"
    found["stage"] = phrases.STAGES
    found["area"] = areas.every()
    with db.reading() as session:
        for name, value, called in session.execute(_known()):
            found[name][value] = country_name(value) if name == "country" else called
    return found


def _taken(number: int | None) -> ResponseReturnValue:
    """Add or take away a condition, count, or save, as the pressed button says."""
    form = _given()
    deed, _, which = request.form.get("do", "save").partition(":")
    if deed == "add" and (kind := request.form.get("kind", "")) in KINDS:
        form.rows.append(Row(kind, {"holds": "yes"}))
        return _editor(number, form, counted="Fill in the new condition.")
    if deed == "drop" and which.isdecimal():
        del form.rows[int(which) : int(which) + 1]
    elif deed == "save":
        return _saved(number, form)
    return _editor(number, form)


def _saved(number: int | None, form: Form) -> ResponseReturnValue:
    try:
        kept = segments.save(form.name, _rule(form), number=number)
    except BadRule as error:
        return _editor(number, form, problem=str(error)), 422
    say("Saved. An issue that is meant for it goes to whoever is in it at that moment.")
    return redirect(f"/staff/segments/{kept}", 303)


def _rule(form: Form) -> Rule:
    """The rule that a form says; what is wrong is told at its row. Raises `BadRule`."""
    terms = []
    for row in form.rows:
        try:
            terms.append(conditions.read_term({"kind": row.kind, **row.values}))
        except BadRule as error:
            row.problem = str(error)
    if any(row.problem for row in form.rows):
        raise BadRule("A condition is not complete.")
    written = [conditions.write_term(term) for term in terms]
    return conditions.read({"match": form.match, "terms": written})


def _counted(form: Form) -> str:
    try:
        people = segments.count(segments.meant(_rule(form)))
    except BadRule as error:
        return str(error)
    return f"{people:,} of {segments.size(None):,} readers"


def _given() -> Form:
    """The form as it came; a row of no known kind is passed over."""
    sent = request.form
    form = Form(name=sent.get("name", ""), match=sent.get("match", ""))
    for number in itertools.takewhile(lambda n: f"kind-{n}" in sent, range(conditions.MOST + 1)):
        if (kind := sent[f"kind-{number}"]) in KINDS:
            names = ("holds", *get_type_hints(KINDS[kind]))
            values = {name: sent.get(f"{name}-{number}", "") for name in names}
            form.rows.append(Row(kind, values))
    return form


def _editor(
    number: int | None, form: Form, *, problem: str | None = None, counted: str = ""
) -> str:
    if form.rows and not counted:
        counted = _counted(form)
    return page(
        "segment.html",
        number=number,
        form=form,
        problem=problem,
        counted=counted,
        choices=choices(),
        said=phrases.SAID,
        labels=phrases.LABELS,
        agreed=_agreed(form),
        kinds=[(kind, holds) for kind, (holds, _) in phrases.SAID.items()],
    )


def _agreed(form: Form) -> int | None:
    """How many readers let us note what they read, where a condition asks for that."""
    asks = any(row.kind in ("followed", "opened") for row in form.rows)
    return noting.agreed_count() if asks else None


def _row(term: Term) -> Row:
    values = conditions.write_term(term)
    return Row(values.pop("kind"), values)


def _known() -> CompoundSelect[str, str, str]:
    """Values that there are, with the field's name and how they are called, as one question."""
    return union_all(
        _values("product", cast(Product.id, String), Product.title),
        _values("sequence", Path.name, Path.title),
        _values("tag", SubscriberTag.name),
        _values("source", Subscriber.source),
        _values("page", Consent.page, where=Consent.event == ConsentEvent.REQUESTED),
        _values("country", Order.country, where=Order.state.in_(BOUGHT)),
    )


def _values(
    name: str,
    value: SQLColumnExpression[str],
    called: SQLColumnExpression[str] | None = None,
    *,
    where: ColumnElement[bool] | None = None,
) -> Select[str, str, str]:
    word = value if called is None else called
    values: Select[str, str, str] = select(
        literal(name).label("name"), value.label("value"), word.label("called")
    )
    some = values.where(true() if where is None else where).distinct().order_by(word)
    return select(*some.limit(_MOST_CHOICES).subquery().columns)


def _found(number: int) -> Segment:
    try:
        return segments.by_number(number)
    except LookupError:
        abort(404)
