"""What a segment or a step of a sequence asks of readers: a small typed language, kept as JSON.

A rule joins terms by *all* or *any*; each term is a condition that holds, or does not. Every value
is text, as a form gives it and JSON keeps it. What a rule is in SQL says `newsletter.predicates`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, get_type_hints

from newsletter import noting

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
    HELD_OUT = "held out"
    """Would have begun it, and gets nothing by lot."""


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
        raise BadRule(f"One condition at least, and {MOST} at most.")
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
