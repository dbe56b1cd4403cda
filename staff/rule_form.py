"""The form of a rule: conditions in rows that buttons add and take away, without a script.

Segments and steps of sequences ask by the same rows.
"""

import itertools
from dataclasses import dataclass, field
from typing import get_type_hints

from flask import request
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
from newsletter import areas, conditions, noting, phrases
from newsletter.conditions import KINDS, BadRule, Match, Rule, Term
from newsletter.models import Consent, ConsentEvent, Subscriber, SubscriberTag
from newsletter.models import Sequence as Path
from shop.models import BOUGHT, Order, Product
from shop.shipping import country_name

FIRST_KINDS = [(kind, holds) for kind, (holds, _) in phrases.SAID.items()]
"""What a condition to be added may be, and how that is called."""
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
class RuleForm:
    """A rule as it stands in the form."""

    match: str = Match.ALL.value
    rows: list[Row] = field(default_factory=list)

    @property
    def asks_what_was_read(self) -> bool:
        """Whether a condition is about what only those let us note who agreed to it."""
        return any(row.kind in ("followed", "opened") for row in self.rows)


def of(rule: Rule) -> RuleForm:
    """A rule as its form shows it."""
    return RuleForm(rule.match.value, [_row(term) for term in rule.terms])


def given() -> RuleForm:
    """The form as it came; a row of no known kind is passed over."""
    sent = request.form
    form = RuleForm(sent.get("match", Match.ALL.value))
    for number in itertools.takewhile(lambda n: f"kind-{n}" in sent, range(conditions.MOST + 1)):
        if (kind := sent[f"kind-{number}"]) in KINDS:
            names = ("holds", *get_type_hints(KINDS[kind]))
            values = {name: sent.get(f"{name}-{number}", "") for name in names}
            form.rows.append(Row(kind, values))
    return form


def fields(form: RuleForm) -> dict[str, str]:
    """A form as a browser would send it."""
    sent = {"match": form.match}
    for number, row in enumerate(form.rows):
        sent |= {
            f"{name}-{number}": value for name, value in {"kind": row.kind, **row.values}.items()
        }
    return sent


def has_grown(form: RuleForm) -> bool:
    """Whether the pressed button added a condition, which is yet to be filled in."""
    kind = request.form.get("another", "")
    if request.form.get("do") != "add" or kind not in KINDS:
        return False
    form.rows.append(Row(kind, {"holds": "yes"}))
    return True


def has_shrunk(form: RuleForm) -> bool:
    """Whether the pressed button takes conditions away, which is done where there is such a one."""
    deed, _, which = request.form.get("do", "").partition(":")
    if deed == "drop" and which.isdecimal():
        del form.rows[int(which) : int(which) + 1]
    return deed == "drop"


def read(form: RuleForm) -> Rule:
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


def agreed(form: RuleForm) -> int | None:
    """How many readers let us note what they read, where a condition asks for that."""
    return noting.agreed_count() if form.asks_what_was_read else None


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
