"""The steps of a sequence: an ordered list of a few kinds, kept as JSON and read strictly.

Each step says when it comes after the one before, and what happens then. A branch leads forward
only, so that every walk has an end.
"""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import yaml

from newsletter import conditions, phrases
from newsletter.conditions import BadRule, Term
from newsletter.zones import MORNING, at_hour, local_day

MOST = 100
"""Steps of one sequence."""
LONGEST_WAIT = 366
"""Days."""
LATE = timedelta(hours=12)
"""From when on a step that was due is late, as after an outage; see `Late`."""
_YES_OR_NO = {True: "yes", False: "no"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class BadSteps(ValueError):
    """These are no steps of a sequence; the text says which is wrong, and why."""


class Late(StrEnum):
    """What becomes of a step that is late."""

    SEND = "send"
    """It comes late: what it says stays true."""
    WAIT = "wait"
    """It comes at the next hour that is its own."""
    SKIP = "skip"
    """It does not come: it would be old news."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """When a step comes: so many days or hours after the one before, then at the next such hour.

    `weekday` counts from Monday, 0; `hour` is the reader's own. Days without an hour mean the
    morning, and are never fewer than the reader's pace before a letter.
    """

    delay_days: int = 0
    delay_hours: int = 0
    weekday: int | None = None
    hour: int | None = None
    late: Late = Late.SEND


@dataclass(frozen=True, kw_only=True)
class Mail(Step):
    """A letter in Markdown."""

    subject: str
    preheader: str = ""
    body: str


@dataclass(frozen=True, kw_only=True)
class Branch(Step):
    """Whoever meets `term` goes on with the next step, whoever does not with step `otherwise`."""

    term: Term
    otherwise: int


@dataclass(frozen=True, kw_only=True)
class Tag(Step):
    """Ties a word to the reader."""

    tag: str


@dataclass(frozen=True, kw_only=True)
class Goal(Step):
    """Whoever meets `term` before they come here skips what lies between, at once."""

    term: Term


@dataclass(frozen=True, kw_only=True)
class End(Step):
    """The walk is over."""


KINDS: dict[str, type[Step]] = {
    "mail": Mail,
    "branch": Branch,
    "tag": Tag,
    "goal": Goal,
    "end": End,
}
"""Every kind of step by the name that JSON has for it."""


class Pace(Protocol):
    """What of a reader says when a step comes to them."""

    @property
    def timezone(self) -> str:
        """Whose clock counts."""

    @property
    def pace_days(self) -> int:
        """The least number of days between two letters."""

    @property
    def paused_until(self) -> datetime | None:
        """Until when no letter comes."""


def due(step: Step, reached_at: datetime, reader: Pace) -> datetime:
    """When a step comes to a reader who got through the one before at `reached_at`, in UTC.

    Never before a pause of theirs ends.
    """
    moment, zone = reached_at + timedelta(hours=step.delay_hours), reader.timezone
    if step.delay_days > 0:
        least = reader.pace_days if isinstance(step, Mail) else 0
        day = local_day(moment, zone) + timedelta(days=max(step.delay_days, least))
        moment = at_hour(day, _hour(step), zone)
    if step.weekday is not None or step.hour is not None:
        moment = next_window(step, moment, zone)
    until = reader.paused_until
    if until is not None and until > moment:
        moment = max(until, at_hour(local_day(until, zone), MORNING.hour, zone))
    return moment


def next_window(step: Step, moment: datetime, zone: str) -> datetime:
    """The first of a step's own hours that is not before `moment`, on its weekday if it has one."""
    day = local_day(moment, zone)
    while True:
        window = at_hour(day, _hour(step), zone)
        if window >= moment and step.weekday in (None, day.weekday()):
            return window
        day += timedelta(days=1)


def read(stored: Sequence[dict[str, Any]]) -> list[Step]:
    """Steps from what `write` gave. Raises `BadSteps` for anything else."""
    if not 1 <= len(stored) <= MOST:
        raise BadSteps(f"A sequence has from one to {MOST} steps.")
    found = [_read(number, values) for number, values in enumerate(stored, start=1)]
    _examine(found)
    return found


def write(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Steps as JSON values. Raises `BadSteps` where they would not be read again."""
    stored = [_write(step) for step in steps]
    read(stored)
    return stored


def load(text: str) -> list[Step]:
    """Steps from text that people write, in YAML, who count from one. Raises `BadSteps`."""
    try:
        stored = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadSteps(f"This is no YAML: {error}.") from error
    if not isinstance(stored, list) or not all(isinstance(values, dict) for values in stored):
        raise BadSteps("Steps are a list; each begins with “- kind:”.")
    for values in stored:
        if type(values.get("otherwise")) is int:
            values["otherwise"] -= 1
        if isinstance(term := values.get("term"), dict):
            # YAML takes yes for true and 3 for a number; a condition's values are texts.
            values["term"] = {name: _YES_OR_NO.get(each, str(each)) for name, each in term.items()}
    return read(stored)


def dump(steps: Sequence[Step]) -> str:
    """Steps as text that `load` reads."""
    return "\n".join(
        yaml.dump([values], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
        for values in map(_counted_from_one, write(steps))
    )


def title(step: Step) -> str:
    """A step in a few words."""
    match step:
        case Mail(subject=subject):
            return subject
        case Branch(term=term, otherwise=otherwise):
            return f"{phrases.of_term(term)}: go on; otherwise with step {otherwise + 1}"
        case Tag(tag=tag):
            return f"Tag with “{tag}”"
        case Goal(term=term):
            return f"Goal: {phrases.uncapitalized(phrases.of_term(term))}"
        case _:
            return "The end of this way"


def wait(step: Step) -> str:
    """When a step comes after the one before, in words; empty for at once."""
    parts = []
    if step.delay_days:
        parts.append(f"{step.delay_days} day{'' if step.delay_days == 1 else 's'} later")
    if step.delay_hours:
        parts.append(f"{step.delay_hours} hour{'' if step.delay_hours == 1 else 's'} later")
    if step.weekday is not None:
        parts.append(f"on {_DAYS[step.weekday]}")
    if step.hour is not None:
        parts.append(f"at {step.hour}:00")
    return ", ".join(parts)


def _hour(step: Step) -> int:
    return MORNING.hour if step.hour is None else step.hour


def _read(number: int, values: dict[str, Any]) -> Step:
    # Versions from before there were kinds hold letters alone.
    kind = KINDS.get(values.get("kind", "mail"))
    if kind is None:
        raise BadSteps(f"Step {number}: there is no such kind of step.")
    known = {field.name: field for field in fields(kind)}
    if unknown := values.keys() - known.keys() - {"kind"}:
        raise BadSteps(f"Step {number}: {min(unknown)} means nothing here.")
    missing = {name for name, field in known.items() if field.default is MISSING} - values.keys()
    if missing:
        raise BadSteps(f"Step {number}: {min(missing)} is missing.")
    given = {name: values[name] for name in known if name in values}
    try:
        return kind(**{name: _value(name, value) for name, value in given.items()})
    except BadRule as error:
        raise BadSteps(f"Step {number}: {error}") from error
    except (TypeError, ValueError) as error:
        raise BadSteps(f"Step {number} cannot be read: {error}.") from error


def _value(name: str, value: Any) -> Any:
    if name == "term":
        return conditions.read_term(value)
    if name == "late":
        return Late(value)
    wanted = str if name in _TEXTS else int
    optional = name in ("weekday", "hour") and value is None
    if not optional and type(value) is not wanted:
        raise TypeError(f"{name} is {value!r}")
    return value


_TEXTS = ("subject", "preheader", "body", "tag")


def _write(step: Step) -> dict[str, Any]:
    """A step's values, without those that say nothing."""
    kind = next(name for name, kind in KINDS.items() if type(step) is kind)
    values: dict[str, Any] = {"kind": kind}
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, Term):
            value = conditions.write_term(value)
        if value != field.default:
            values[field.name] = value.value if isinstance(value, Late) else value
    return values


def _examine(steps: Sequence[Step]) -> None:
    for number, step in enumerate(steps, start=1):
        if fault := _fault(number - 1, step, len(steps)):
            raise BadSteps(f"Step {number}: {fault}")


def _fault(position: int, step: Step, end: int) -> str | None:
    """What is wrong with a step of a sequence that ends at `end`."""
    hours = 24 if step.hour is None else step.hour
    faults = {
        "it can wait for up to a year.": not 0 <= step.delay_days <= LONGEST_WAIT
        or not 0 <= step.delay_hours <= 24 * LONGEST_WAIT,
        "an hour is from 0 to 23.": not 0 <= hours <= (24 if step.hour is None else 23),
        "a weekday is from 0, Monday, to 6.": step.weekday is not None
        and not 0 <= step.weekday < len(_DAYS),
        "a letter has a subject and a text.": isinstance(step, Mail)
        and not (step.subject.strip() and step.body.strip()),
        "a tag has from 1 to 64 characters.": isinstance(step, Tag)
        and not 1 <= len(step.tag.strip()) <= 64,
        "a branch leads forward, to a step that there is or to the end.": isinstance(step, Branch)
        and not position < step.otherwise <= end,
    }
    return next((fault for fault, holds in faults.items() if holds), None)


def _counted_from_one(values: dict[str, Any]) -> dict[str, Any]:
    return values | {name: values[name] + 1 for name in ("otherwise",) if name in values}


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # PyYAML has no types
    """Writes texts of several lines as they are read."""


def _lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _lines)
