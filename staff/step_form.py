"""The form of one step of a sequence: what its fields hold, and what is wrong with each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import request

from newsletter import newsletters, steps
from newsletter.conditions import BadRule, Rule
from newsletter.markup import BadLetter
from newsletter.steps import Branch, Goal, Late, Mail, Step
from staff import rule_form
from staff.rule_form import RuleForm

CALLED = {
    "mail": "Letter",
    "branch": "Branch",
    "tag": "Tag",
    "goal": "Goal",
    "end": "End",
}
"""The kinds of step, as staff read them."""
LATE = (
    (Late.SEND.value, "comes all the same", "What it says stays true."),
    (Late.WAIT.value, "waits for its next hour", "Such as the next morning, or its weekday."),
    (Late.SKIP.value, "is left out", "It would be old news."),
)
_TIMES = ("delay_days", "delay_hours", "weekday", "hour", "late")
_TEXTS = {"mail": ("subject", "preheader", "body"), "tag": ("tag",)}


@dataclass
class Form:
    """A step as it stands in the form; `problems` are told at their fields."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    rule: RuleForm = field(default_factory=RuleForm)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether the step has conditions."""
        return self.kind in ("branch", "goal")


def blank(kind: str, at: int) -> Form:
    """A step that nobody has written; a letter leaves days after what is before it."""
    return Form(kind, {"delay_days": "3" if kind == "mail" and at else ""})


def of(step: Step) -> Form:
    """A step as its form shows it."""
    stored = steps.write_step(step)
    kind = stored.pop("kind")
    values = {name: str(value) for name, value in stored.items() if name not in ("rule", "offer")}
    values["offer"] = "1" if stored.get("offer") else ""
    rule = rule_form.of(step.rule) if isinstance(step, Branch | Goal) else RuleForm()
    return Form(kind, values, rule)


def given(kind: str) -> Form:
    """What the fields hold, as they came."""
    names = (*_TIMES, *_TEXTS.get(kind, ()), "otherwise", "offer")
    form = Form(kind, {name: request.form.get(name, "") for name in names})
    if form.asks:
        form.rule = rule_form.given()
    if "body" in form.values:
        form.values["body"] = form.values["body"].replace("\r\n", "\n")
    return form


def read(form: Form, at: int, end: int) -> Step | None:
    """The step that a form says, at its place in a sequence that ends at `end`.

    None where something is wrong, which is told at its field.
    """
    values: dict[str, Any] = {name: _value(form, name) for name in _TIMES}
    values |= {name: _text(form, name) for name in _TEXTS.get(form.kind, ())}
    if form.asks:
        values["rule"] = _rule(form)
    if form.kind == "mail":
        values["offer"] = bool(form.values.get("offer"))
    if form.kind == "branch":
        values["otherwise"] = _value(form, "otherwise")
    if form.problems:
        return None
    step = steps.KINDS[form.kind](**values)
    _examine(form, step, at, end)
    return None if form.problems else step


def _examine(form: Form, step: Step, at: int, end: int) -> None:
    if fault := steps.fault(at, step, end):
        form.problems[fault.field] = fault.text
    elif isinstance(step, Mail):
        try:
            newsletters.preview(step.subject, step.preheader, step.body)
        except BadLetter as error:
            form.problems["body"] = str(error)


def _value(form: Form, name: str) -> Any:
    """A field of a step's own; what cannot be read is a problem of the form."""
    entered = form.values.get(name, "").strip()
    try:
        return _READERS[name](entered)
    except ValueError:
        form.problems[name] = _SAID.get(name, "A whole number, please.")
        return None


def _text(form: Form, name: str) -> str:
    entered = form.values.get(name, "")
    return entered if name == "body" else " ".join(entered.split())


def _rule(form: Form) -> Rule | None:
    try:
        return rule_form.read(form.rule)
    except BadRule as error:
        form.problems["rule"] = str(error)
        return None


def _number(entered: str) -> int:
    if not (entered.isascii() and entered.isdigit() and len(entered) < 9):
        raise ValueError(entered)
    return int(entered)


_READERS: dict[str, Callable[[str], Any]] = {
    "delay_days": lambda entered: _number(entered or "0"),
    "delay_hours": lambda entered: _number(entered or "0"),
    "weekday": lambda entered: _number(entered) if entered else None,
    "hour": lambda entered: _number(entered) if entered else None,
    "late": lambda entered: Late(entered or Late.SEND),
    "otherwise": _number,
}
_SAID = {
    "weekday": "Choose a weekday, or any.",
    "hour": "Choose an hour, or any.",
    "late": "Choose what becomes of it.",
    "otherwise": "Choose where they go.",
}
