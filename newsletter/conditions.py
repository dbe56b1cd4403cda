"""What a segment asks of its readers: a small typed language, kept as JSON, compiled to SQL.

A rule joins terms by *all* or *any*; each term is a condition that holds, or does not. Every value
is text, as a form gives it and JSON keeps it; nothing of it becomes SQL but as a bound parameter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, assert_never, get_type_hints

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from newsletter import areas, noting
from newsletter.models import (
    Consent,
    ConsentEvent,
    Enrolment,
    Subscriber,
    SubscriberTag,
    Walk,
)
from newsletter.models import Sequence as Path
from shop.models import BOUGHT, Order, OrderLine, Variant

MOST = 20
"""Terms of one rule."""
_LONGEST = 200


class BadRule(ValueError):
    """What was entered is no rule; the text says why, for whoever entered it."""


class Match(StrEnum):
    """How many of a rule's terms have to be met."""

    ALL = "all"
    ANY = "any"


class Stage(StrEnum):
    """How far a reader is with a sequence."""

    BEGUN = "begun"
    """Began it at some time, wherever they are now."""
    ACTIVE = "active"
    DONE = "done"
    EXITED = "exited"


@dataclass(frozen=True)
class Tagged:
    """They have this word tied to them."""

    tag: str


@dataclass(frozen=True)
class CameFrom:
    """Where the form stood in which they first asked for letters, such as `post` or `checkout`."""

    source: str


@dataclass(frozen=True)
class AskedOn:
    """They asked for letters on a page whose path begins so, such as `/blog/topics/low-back`."""

    page: str


@dataclass(frozen=True)
class Confirmed:
    """They last joined on one of these days (UTC, both included); an open end is None."""

    since: date | None
    until: date | None


@dataclass(frozen=True)
class Bought:
    """They paid for this product, or for anything, on one of these days, whatever came back."""

    product: int | None
    since: date | None
    until: date | None


@dataclass(frozen=True)
class ShippedTo:
    """They paid for something that was to go to this country (ISO 3166-1)."""

    country: str


@dataclass(frozen=True)
class Walked:
    """They are this far with a sequence."""

    sequence: str
    stage: Stage


@dataclass(frozen=True)
class Chose:
    """They chose this part of the body in their preferences."""

    area: str


@dataclass(frozen=True)
class Followed:
    """They followed a link of a letter within so many days; asks only those who let us note it."""

    days: int


@dataclass(frozen=True)
class Opened:
    """They opened a letter within so many days; asks only those who let us note it."""

    days: int


Condition = (
    Tagged
    | CameFrom
    | AskedOn
    | Confirmed
    | Bought
    | ShippedTo
    | Walked
    | Chose
    | Followed
    | Opened
)

KINDS: dict[str, type[Condition]] = {
    "tagged": Tagged,
    "came-from": CameFrom,
    "asked-on": AskedOn,
    "confirmed": Confirmed,
    "bought": Bought,
    "shipped-to": ShippedTo,
    "walked": Walked,
    "chose": Chose,
    "followed": Followed,
    "opened": Opened,
}
"""Every condition by the name that JSON and forms have for it."""


@dataclass(frozen=True)
class Term:
    """A condition that has to hold, or must not."""

    condition: Condition
    holds: bool = True


@dataclass(frozen=True)
class Rule:
    """Terms, and whether all or any of them have to be met."""

    terms: tuple[Term, ...]
    match: Match = Match.ALL


def read(stored: Mapping[str, Any]) -> Rule:
    """A rule from what `write` gave. Raises `BadRule` for anything else."""
    try:
        match, terms = Match(stored["match"]), list(stored["terms"])
    except (KeyError, ValueError, TypeError) as error:
        raise BadRule("This is no rule.") from error
    if not 1 <= len(terms) <= MOST:
        raise BadRule(f"A segment has from one to {MOST} conditions.")
    return Rule(tuple(read_term(term) for term in terms), match)


def read_term(values: Mapping[str, Any]) -> Term:
    """A term from its texts by name: `kind`, `holds` (yes or no), and the condition's own.

    Raises `BadRule`.
    """
    kind = KINDS.get(values.get("kind", ""))
    if kind is None or values.get("holds") not in ("yes", "no"):
        raise BadRule("There is no such condition.")
    hints = get_type_hints(kind)
    if values.keys() - hints.keys() - {"kind", "holds"}:
        raise BadRule("The condition says more than it can mean.")
    read_values = {name: _READERS[hint](name, values.get(name, "")) for name, hint in hints.items()}
    return Term(_in_order(kind(**read_values)), values["holds"] == "yes")


def write(rule: Rule) -> dict[str, Any]:
    """A rule as JSON values."""
    return {"match": rule.match.value, "terms": [write_term(term) for term in rule.terms]}


def write_term(term: Term) -> dict[str, str]:
    """A term as its texts by name."""
    kind = next(name for name, kind in KINDS.items() if isinstance(term.condition, kind))
    given = {field.name: getattr(term.condition, field.name) for field in fields(term.condition)}
    texts = {name: str(value) for name, value in given.items() if value is not None}
    return {"kind": kind, "holds": "yes" if term.holds else "no", **texts}


def compiled(rule: Rule) -> ColumnElement[bool]:
    """What a row of `subscriber` has to meet; true or false for each, never unknown."""
    met = [_met(term) for term in rule.terms]
    return and_(true(), *met) if rule.match is Match.ALL else or_(false(), *met)


def _met(term: Term) -> ColumnElement[bool]:
    expression = _expression(term.condition)
    if term.holds:
        return expression
    if isinstance(term.condition, Followed | Opened):
        # Of those who never agreed nothing is known, neither way.
        return and_(noting.agreed(), not_(expression))
    return not_(expression)


def _expression(condition: Condition) -> ColumnElement[bool]:  # noqa: C901, PLR0911 - one for each kind
    match condition:
        case Tagged(tag):
            return _of_them(SubscriberTag.subscriber_id, SubscriberTag.name == tag)
        case CameFrom(source):
            return Subscriber.source == source
        case AskedOn(page):
            asked = Consent.event == ConsentEvent.REQUESTED
            begins = Consent.page.startswith(page, autoescape=True)
            return _of_them(Consent.subscriber_id, asked, begins)
        case Confirmed(since, until):
            return and_(
                Subscriber.confirmed_at.is_not(None),
                *_between(Subscriber.confirmed_at, since, until),
            )
        case Bought(product, since, until):
            lines = exists().where(
                OrderLine.order_id == Order.id,
                OrderLine.variant_id == Variant.id,
                Variant.product_id == product,
            )
            of_it = [] if product is None else [lines]
            return _paid(*of_it, *_between(Order.paid_at, since, until))
        case ShippedTo(country):
            return _paid(Order.country == country)
        case Walked(sequence, stage):
            named = select(Path.id).where(Path.name == sequence).scalar_subquery()
            far = [] if stage is Stage.BEGUN else [Enrolment.state == Walk(stage.value)]
            return _of_them(Enrolment.subscriber_id, Enrolment.sequence_id == named, *far)
        case Chose(area):
            return areas.wants([area])
        case Followed(days):
            return noting.followed(days)
        case Opened(days):
            return noting.opened(days)
        case _:
            assert_never(condition)


def _of_them(owner: InstrumentedAttribute[int], *meant: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(owner == Subscriber.id, *meant)


def _paid(*meant: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of their paid orders is meant; orders are told apart by the address."""
    buyers = select(func.lower(Order.email)).where(
        Order.email.is_not(None), Order.state.in_(BOUGHT), *meant
    )
    return Subscriber.email.in_(buyers)


def _between(
    moment: InstrumentedAttribute[datetime | None], since: date | None, until: date | None
) -> Sequence[ColumnElement[bool]]:
    bounds = []
    if since is not None:
        bounds.append(moment >= _midnight(since))
    if until is not None:
        bounds.append(moment < _midnight(until) + timedelta(days=1))
    return bounds


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _in_order(condition: Condition) -> Condition:
    since, until = getattr(condition, "since", None), getattr(condition, "until", None)
    if since and until and since > until:
        raise BadRule("The last day lies before the first.")
    return condition


def _text(name: str, entered: object) -> str:
    if not isinstance(entered, str) or not entered.strip():
        raise BadRule(f"Say which {name}.")
    if len(entered) > _LONGEST:
        raise BadRule(f"The {name} has more than {_LONGEST} characters.")
    return entered.strip()


def _number(name: str, entered: object) -> int | None:
    if entered == "":
        return None
    if not isinstance(entered, str) or not (entered.isascii() and entered.isdigit()):
        raise BadRule(f"There is no such {name}.")
    if len(entered) > 9:
        raise BadRule(f"There is no such {name}.")
    return int(entered)


def _days(name: str, entered: object) -> int:
    days = _number(name, entered)
    if days is None or not 1 <= days <= noting.KEPT.days:
        raise BadRule(f"Say how many days, from 1 to {noting.KEPT.days}.")
    return days


def _day(name: str, entered: object) -> date | None:
    del name
    if entered == "":
        return None
    try:
        return date.fromisoformat(str(entered))
    except ValueError as error:
        raise BadRule("A day looks like 2026-12-31.") from error


def _stage(name: str, entered: object) -> Stage:
    try:
        return Stage(str(entered))
    except ValueError as error:
        raise BadRule(f"Say which {name}.") from error


_READERS: dict[Any, Callable[[str, object], Any]] = {
    str: _text,
    int | None: _number,
    int: _days,
    date | None: _day,
    Stage: _stage,
}
