"""The steps of a sequence: an ordered list of a few kinds, kept as JSON and read strictly.

Each step says when it comes after the one before, and what happens then. A branch leads forward
only, so that every walk has an end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from newsletter import conditions, phrases
from newsletter.conditions import BadRule, Match, Rule
from newsletter.models.people import DEFAULT_PACE
from newsletter.zones import MORNING, at_hour, local_day

MOST = 100
"""Steps of one sequence."""
LONGEST_WAIT = 366
"""Days."""
LATE = timedelta(hours=12)
"""From when on a step that was due is late, as after an outage; see `Late`."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class BadSteps(ValueError):
    """These are no steps of a sequence; the text says which is wrong, and why."""


class Fault(NamedTuple):
    """What is wrong with a step, and in which of its fields."""

    field: str
    text: str


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
    """A letter in Markdown; an `offer` asks to buy, and does not go to whoever has bought."""

    subject: str
    preheader: str = ""
    body: str
    offer: bool = False


@dataclass(frozen=True, kw_only=True)
class Branch(Step):
    """Whoever meets `rule` goes on with the next step, whoever does not with step `otherwise`."""

    rule: Rule
    otherwise: int


@dataclass(frozen=True, kw_only=True)
class Tag(Step):
    """Ties a word to the reader."""

    tag: str


@dataclass(frozen=True, kw_only=True)
class Goal(Step):
    """Whoever meets `rule` before they come here skips what lies between, at once."""

    rule: Rule


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


class Pacing(NamedTuple):
    """The same, read from columns."""

    timezone: str
    pace_days: int
    paused_until: datetime | None


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
    stored = [write_step(step) for step in steps]
    read(stored)
    return stored


def write_step(step: Step) -> dict[str, Any]:
    """A step as JSON values, without those that say nothing."""
    kind = next(name for name, kind in KINDS.items() if type(step) is kind)
    values: dict[str, Any] = {"kind": kind}
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, Rule):
            value = conditions.write(value)
        if value != field.default:
            values[field.name] = value.value if isinstance(value, Late) else value
    return values


def fault(position: int, step: Step, end: int) -> Fault | None:
    """What is wrong with a step at a place of a sequence that ends at `end`."""
    return next(_faults(position, step, end), None)


def title(step: Step, known: phrases.Known | None = None) -> str:
    """A step in a few words; `known` has the names of products and the like."""
    match step:
        case Mail(subject=subject):
            return subject
        case Branch(rule=rule, otherwise=otherwise):
            return f"{phrases.of_rule(rule, known)}: go on; otherwise with step {otherwise + 1}"
        case Tag(tag=tag):
            return f"Tag with “{tag}”"
        case Goal(rule=rule):
            return f"Goal: {phrases.uncapitalized(phrases.of_rule(rule, known))}"
        case _:
            return "The end of this way"


def wait(step: Step) -> str:
    """When a step comes after the one before, in words; empty for at once."""
    parts = []
    if step.delay_days:
        parts.append(f"{step.delay_days} day{'' if step.delay_days == 1 else 's'} later")
    if isinstance(step, Mail) and 0 < step.delay_days < DEFAULT_PACE:
        parts[-1] += f" ({DEFAULT_PACE} by the pace of most readers)"
    if step.delay_hours:
        parts.append(f"{step.delay_hours} hour{'' if step.delay_hours == 1 else 's'} later")
    if step.weekday is not None:
        parts.append(f"on {DAYS[step.weekday]}")
    if step.hour is not None:
        parts.append(f"at {step.hour}:00")
    return ", ".join(parts)


def _faults(position: int, step: Step, end: int) -> Iterator[Fault]:
    if not 0 <= step.delay_days <= LONGEST_WAIT:
        yield Fault("delay_days", "it can wait for up to a year.")
    if not 0 <= step.delay_hours <= 24 * LONGEST_WAIT:
        yield Fault("delay_hours", "it can wait for up to a year.")
    if step.hour is not None and not 0 <= step.hour <= 23:
        yield Fault("hour", "an hour is from 0 to 23.")
    if step.weekday is not None and not 0 <= step.weekday < len(DAYS):
        yield Fault("weekday", "a weekday is from 0, Monday, to 6.")
    if isinstance(step, Mail) and not step.subject.strip():
        yield Fault("subject", "a letter has a subject.")
    if isinstance(step, Mail) and not step.body.strip():
        yield Fault("body", "a letter has a text.")
    if isinstance(step, Tag) and not 1 <= len(step.tag.strip()) <= 64:
        yield Fault("tag", "a tag has from 1 to 64 characters.")
    if isinstance(step, Branch) and not position < step.otherwise <= end:
        yield Fault("otherwise", "a branch leads forward, to a step that there is or to the end.")


def _hour(step: Step) -> int:
    return MORNING.hour if step.hour is None else step.hour


def _read(number: int, values: dict[str, Any]) -> Step:
    # Versions from before there were kinds hold letters alone.
    kind = KINDS.get(values.get("kind", "mail"))
    if kind is None:
        raise BadSteps(f"Step {number}: there is no such kind of step.")
    known = {field.name: field for field in fields(kind)}
    if "rule" in known and "rule" not in values and "term" in values:
        values = _with_rule(values)
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


def _with_rule(values: dict[str, Any]) -> dict[str, Any]:
    """The same step as it is kept now; once a step asked for one condition alone."""
    others = {name: value for name, value in values.items() if name != "term"}
    return others | {"rule": {"match": Match.ALL.value, "terms": [values["term"]]}}


def _value(name: str, value: Any) -> Any:
    if name == "rule":
        return conditions.read(value)
    if name == "late":
        return Late(value)
    wanted = str if name in _TEXTS else bool if name == "offer" else int
    optional = name in ("weekday", "hour") and value is None
    if not optional and type(value) is not wanted:
        raise TypeError(f"{name} is {value!r}")
    return value


_TEXTS = ("subject", "preheader", "body", "tag")


def _examine(steps: Sequence[Step]) -> None:
    for number, step in enumerate(steps, start=1):
        if found := fault(number - 1, step, len(steps)):
            raise BadSteps(f"Step {number}: {found.text}")
