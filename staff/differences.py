"""What one text has and another has not, line by line, and which fields around it differ."""

import difflib
from dataclasses import dataclass

from blog.posts import Draft

_KINDS = {"+": "added", "-": "gone", "@": "place"}
_LABELS = {
    "title": "Title",
    "summary": "Summary",
    "slug": "Address",
    "author": "Author",
    "reviewer": "Reviewed by",
    "reviewed_on": "Reviewed on",
    "pillar": "Main post",
    "read_next": "Read next",
    "topics": "Topics",
    "muscles": "Muscles",
    "regions": "Regions",
}


@dataclass(frozen=True)
class Change:
    """A field that differs, with what it was and what it is."""

    label: str
    before: str
    after: str


def lines(before: str, after: str) -> list[tuple[str, str]]:
    """Lines with how they changed: `added`, `gone`, or empty for what stands around them."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(_KINDS.get(line[:1], ""), line) for line in list(found)[2:]]


def fields(before: Draft, after: Draft) -> list[Change]:
    """Every field but the text that differs."""
    return [
        Change(label, _said(getattr(before, name)), _said(getattr(after, name)))
        for name, label in _LABELS.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")
