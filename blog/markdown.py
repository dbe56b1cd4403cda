"""Turns what a writer writes into clean HTML with slots, once, when it is saved.

What is drawn or priced is not in it: a chart is trusted markup that no cleaner should have to let
through, and a price must never be stale. Both fill their slots when the page is shown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it.token import Token

from blog import syntax
from blog.syntax import Findings


class Unpublishable(ValueError):
    """A text that readers could not be shown as it was meant; `problems` says why, with lines."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(f"line {problems[0]['line']}: {problems[0]['message']}")
        self.problems = problems


@dataclass(frozen=True)
class Rendered:
    """A text made ready: `html` with its `slots`, headings, what is wrong, and its plain words."""

    html: str
    slots: list[dict[str, Any]]
    contents: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    text: str

    @property
    def words(self) -> int:
        """How many words there are to read, notes not counted."""
        return len(_WORD.findall(self.text))


def render(text: str) -> Rendered:
    """Render Markdown with the blog's directives.

    A directive that is wrong leaves nothing in `html` and one entry, with its line, in `problems`.
    """
    findings = Findings()
    env: dict[str, Any] = {"findings": findings}
    tokens = _PARSER.parse(text, env)
    raw = _PARSER.renderer.render(tokens, _PARSER.options, env)
    problems = sorted(findings.problems, key=lambda problem: problem["line"])
    return Rendered(clean(raw), findings.slots, findings.contents, problems, _plain(tokens))


def clean(html: str) -> str:
    """`html` with nothing in it but what the renderer itself may write."""
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)


def fill(html: str, content: Callable[[int], str]) -> str:
    """`html` with each slot replaced by the `content` for its number."""
    return _SLOT.sub(lambda slot: content(int(slot[1])), html)


_PARSER = syntax.parser()
_SLOT = re.compile(r'<div data-slot="(\d+)"></div>')
_WORD = re.compile(r"[\w’'-]+")

_SCHEMES = {"http", "https", "mailto"}
_TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr"),
    *("h2", "h3", "h4", "h5", "h6", "a", "img", "figure", "figcaption", "sup", "div", "section"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel", "id", "role", "class", "aria-label"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "li": {"id"},
    "sup": {"class"},
    "p": {"class"},
    "div": {"class", "role", "tabindex", "aria-label", "data-slot"},
    "section": {"class", "role", "aria-labelledby"},
    "th": {"class", "scope"},
    "td": {"class"},
    "code": {"class"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}


def _plain(tokens: list[Token]) -> str:
    lines, notes = [], 0
    for token in tokens:
        notes += {"footnote_block_open": 1, "footnote_block_close": -1}.get(token.type, 0)
        if token.type == "inline" and not notes:
            lines.append(syntax.plain(token.children or []))
        elif token.type in ("callout_open", "steps_open"):
            lines.append(token.meta["title"])
    return "\n".join(lines)
