"""What one text has and another has not, line by line, and which fields around it differ."""

import difflib
import re
from dataclasses import dataclass

from blog.posts import Draft

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
class Line:
    """A line that is `gone`, `added`, only stands around (""), or says in which `place` they are.

    `parts` are its pieces, each with whether that piece is what changed.
    """

    kind: str
    parts: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Change:
    """A field that differs, with what it was and what it is."""

    label: str
    before: str
    after: str


def lines(before: str, after: str) -> list[Line]:
    """Lines with how they changed, and of a line that was changed the words that were."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(2):
        found.append(Line("place", _plain(f"Line {group[0][3] + 1}")))
        for how, i, j, k, m in group:
            if how == "equal":
                found += [Line("", _plain(line)) for line in old[i:j]]
            elif how == "replace" and j - i == m - k:
                pairs = [_words(*pair) for pair in zip(old[i:j], new[k:m], strict=True)]
                found += [line for pair in pairs for line in pair]
            else:
                found += [Line("gone", _plain(line)) for line in old[i:j]]
                found += [Line("added", _plain(line)) for line in new[k:m]]
    return found


def fields(before: Draft, after: Draft) -> list[Change]:
    """Every field but the text that differs."""
    return [
        Change(label, _said(getattr(before, name)), _said(getattr(after, name)))
        for name, label in _LABELS.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


def _words(before: str, after: str) -> tuple[Line, Line]:
    """Two versions of a line; a paragraph is one line, so what differs is marked word by word."""
    old, new = (re.findall(r"\s+|\S+", line) for line in (before, after))
    gone: list[tuple[str, bool]] = []
    added: list[tuple[str, bool]] = []
    for how, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone.append(("".join(old[i:j]), how != "equal"))
        added.append(("".join(new[k:m]), how != "equal"))
    return _line("gone", gone), _line("added", added)


def _line(kind: str, parts: list[tuple[str, bool]]) -> Line:
    return Line(kind, tuple(part for part in parts if part[0]))


def _plain(line: str) -> tuple[tuple[str, bool], ...]:
    return ((line, False),)
