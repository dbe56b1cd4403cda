"""The directives that a writer may use in Markdown: their names, attributes, and what is allowed.

A leaf, `::product{slug="ql-claw"}`, leaves a slot that is filled when the text is shown; a block,
`:::callout{kind="note" title="…"}` up to `:::`, frames the Markdown inside it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from blog import anatomy

Check = Callable[[str], str | None]


CALLOUTS = ("doctor", "note", "evidence")


class DirectiveError(ValueError):
    """A directive that cannot be followed; the message is written for the writer."""


@dataclass(frozen=True)
class Directive:
    """What a directive needs, what it may have besides, and which values are right.

    A check answers with what is wrong about a value, or None.
    """

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)


def read_attributes(text: str) -> dict[str, str]:
    """The attributes of `{name="value" other="value"}`. Raises `DirectiveError`."""
    text = text.strip()
    if not text:
        return {}
    if not (text.startswith("{") and text.endswith("}")):
        raise DirectiveError('attributes stand in braces, such as {slug="ql-claw"}')
    inner = text[1:-1]
    rest = _ATTRIBUTE.sub("", inner).strip()
    if rest:
        raise DirectiveError(f'cannot read {rest!r}: an attribute looks like name="value"')
    found = _ATTRIBUTE.findall(inner)
    given = dict(found)
    if len(given) != len(found):
        raise DirectiveError("an attribute is given twice")
    return given


def check(known: Mapping[str, Directive], name: str, given: Mapping[str, str]) -> None:
    """Raises `DirectiveError` unless `name` is one of the `known` and `given` suits it."""
    directive = known.get(name)
    if directive is None:
        raise DirectiveError(
            f"there is no directive {name!r}; there are {', '.join(sorted(known))}"
        )
    for needed in directive.needs:
        if not given.get(needed):
            raise DirectiveError(f"{name} needs {needed}")
    for attribute, value in given.items():
        if attribute not in (*directive.needs, *directive.may_have):
            raise DirectiveError(f"{name} has no attribute {attribute!r}")
        wrong = directive.checks.get(attribute, _anything)(value)
        if wrong:
            raise DirectiveError(wrong)


_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _anything(value: str) -> None:
    del value


def _a_muscle(value: str) -> str | None:
    return None if value in anatomy.muscles() else f"there is no muscle {value!r}"


def _a_name(value: str) -> str | None:
    return None if _NAME.fullmatch(value) else f"{value!r} is not a name such as ql-claw"


def _a_link(value: str) -> str | None:
    fine = re.match(r"(https?://[^\s/]|/(?!/)|#)", value)
    return None if fine else f"{value!r} is not an address such as /pain-finder"


def _one_of(*choices: str) -> Check:
    def is_one(value: str) -> str | None:
        return None if value in choices else f"{value!r} must be one of {', '.join(choices)}"

    return is_one


LEAVES: Mapping[str, Directive] = MappingProxyType(
    {
        "muscle-chart": Directive(("muscle",), ("caption",), {"muscle": _a_muscle}),
        "figure": Directive(("name", "caption", "alt"), ("credit",), {"name": _a_name}),
        "product": Directive(("slug",), (), {"slug": _a_name}),
        "button": Directive(("href", "label"), (), {"href": _a_link}),
        "finder": Directive(),
        "newsletter": Directive((), ("heading",)),
    }
)
"""Directives of one line, which leave a slot."""

BLOCKS: Mapping[str, Directive] = MappingProxyType(
    {
        "callout": Directive(
            ("kind", "title"), (), {"kind": _one_of("doctor", "note", "evidence")}
        ),
        "steps": Directive(("title",)),
    }
)
"""Directives that frame the Markdown up to the line `:::`."""
