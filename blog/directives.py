"""The directives that a writer may use in Markdown: their names, attributes, and what is allowed.

A leaf, `::product{slug="ql-claw"}`, leaves a slot that is filled when the text is shown; a block,
`:::callout{kind="note" title="…"}` up to `:::`, frames the Markdown inside it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from blog import anatomy, drawings
from core import media
from core.web import pictures
from shop import testimonials

Check = Callable[[str], str | None]


CALLOUTS = ("doctor", "note", "evidence")


class DirectiveError(ValueError):
    """A directive that cannot be followed; the message is written for the writer."""


@dataclass(frozen=True)
class Directive:
    """What a directive needs, what it may have besides, and which values are right.

    What it `states` must be there and may be empty. A check answers with what is wrong about a
    value, or None.
    """

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)


def written(directive: str, /, **given: str) -> str:
    """A directive of one line as a writer would write it; straight quotes in values are curled."""
    values = {key: _curled(" ".join(value.split())) for key, value in given.items()}
    attributes = " ".join(f'{key}="{value}"' for key, value in values.items())
    return f"::{directive}{{{attributes}}}" if given else f"::{directive}"


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
    for stated in directive.states:
        if stated not in given:
            raise DirectiveError(f'{name} needs {stated}; {stated}="" says that there is none')
    for attribute, value in given.items():
        if attribute not in (*directive.needs, *directive.states, *directive.may_have):
            raise DirectiveError(f"{name} has no attribute {attribute!r}")
        wrong = directive.checks.get(attribute, _anything)(value)
        if wrong:
            raise DirectiveError(wrong)


def picture_named(address: str) -> str | None:
    """The name of the drawing or picture that Markdown's `![…](address)` means, if there is one.

    An address is that of an upload, such as `/media/<name>.jpg`, or the name itself.
    """
    uploaded = _ADDRESS.fullmatch(address)
    name = uploaded[1] if uploaded else address
    return name if _a_picture(name) is None else None


_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_UPLOAD = re.compile(r"[0-9a-f]{20}")
_LONGEST_NUMBER = 10
_ADDRESS = re.compile(r"/media/([0-9a-f]{20})\.jpg")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _curled(value: str) -> str:
    """The value without the straight quotes that would end it."""
    return re.sub(r'"([^"]*)"', r"“\1”", value).replace('"', "”")


def _anything(value: str) -> None:
    del value


def _a_muscle(value: str) -> str | None:
    return None if value in anatomy.muscles() else f"there is no muscle {value!r}"


def _a_picture(value: str) -> str | None:
    if value in drawings.names():
        return None
    upload = media.find(value) if _UPLOAD.fullmatch(value) else None
    if (upload is not None and upload.is_picture) or pictures.is_shipped(value):
        return None
    return f"there is no drawing and no picture {value!r}"


def _a_name(value: str) -> str | None:
    return None if _NAME.fullmatch(value) else f"{value!r} is not a name such as ql-claw"


def _a_link(value: str) -> str | None:
    fine = re.match(r"(https?://[^\s/]|/(?!/)|#)", value)
    return None if fine else f"{value!r} is not an address such as /pain-finder"


def _a_quotation(value: str) -> str | None:
    known = value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER
    if known and testimonials.one(int(value)) is not None:
        return None
    return f"there is no review {value!r} that may be quoted now"


def _one_of(*choices: str) -> Check:
    def is_one(value: str) -> str | None:
        return None if value in choices else f"{value!r} must be one of {', '.join(choices)}"

    return is_one


LEAVES: Mapping[str, Directive] = MappingProxyType(
    {
        "muscle-chart": Directive(("muscle",), ("caption",), checks={"muscle": _a_muscle}),
        "figure": Directive(
            ("name",), ("caption", "credit"), ("alt",), checks={"name": _a_picture}
        ),
        "product": Directive(("slug",), checks={"slug": _a_name}),
        "button": Directive(("href", "label"), checks={"href": _a_link}),
        "finder": Directive(),
        "newsletter": Directive((), ("heading",)),
        "testimonial": Directive((), ("review",), checks={"review": _a_quotation}),
    }
)
"""Directives of one line, which leave a slot."""

BLOCKS: Mapping[str, Directive] = MappingProxyType(
    {
        "callout": Directive(("kind", "title"), checks={"kind": _one_of(*CALLOUTS)}),
        "steps": Directive(("title",)),
    }
)
"""Directives that frame the Markdown up to the line `:::`."""
