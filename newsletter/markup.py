"""Reads a letter's Markdown, with its merge fields and directives.

A field is `{{ name }}`; a directive stands on a line of its own, such as
`::button{href="/pain-finder" label="Open the pain finder"}`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from core.mail.forms import MARK
from newsletter import links

FIELDS = ("name", "email", "unsubscribe_url", "preferences_url", "archive_url")
"""What a letter may say about its reader."""

_MARK_IN_AN_ADDRESS = "%EE%80%80"
_SCHEME = re.compile(r"([^/?#]*?):")
_SCHEMES = ("http", "https", "mailto", "tel")
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_DIRECTIVE = re.compile(r"::([a-z]+)(?:\{(.*)\})?")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')

COLUMNS = ("columns", "column", "end")
"""The directives that set what stands between them side by side; they say nothing themselves."""

Directive = Callable[[str, Mapping[str, str]], str]
"""Draws a directive by its name and attributes."""


class BadLetter(ValueError):
    """A letter cannot be compiled; the text says why, for its author."""


def with_slots(source: str) -> str:
    """The source with each merge field as a slot. Raises `BadLetter` for unknown fields."""
    asked = dict.fromkeys(field[1] for field in _FIELD.finditer(source))
    if unknown := [f"{{{{ {name} }}}}" for name in asked if name not in FIELDS]:
        raise BadLetter(f"there is no field {' and no field '.join(unknown)}")
    return _FIELD.sub(rf"{MARK}\1{MARK}", source.replace(MARK, ""))


def parse(body: str, *, site_url: str = "", source: str = "") -> list[Token]:
    """The tokens of a letter's body; paths in links become addresses below `site_url`.

    Those that lead on say that they stand in the letter `source`.
    """
    tokens = _markdown().parse(body)
    _check_columns(tokens)
    for token in tokens:
        for part in (token, *(token.children or ())):
            for name in ("href", "src"):
                target = part.attrGet(name)
                if isinstance(target, str):
                    part.attrSet(name, absolute(target, site_url, source))
    return tokens


def absolute(target: str, site_url: str, source: str = "") -> str:
    """A path as an address below `site_url`, which tells its letter; anything else as it is."""
    target = target.replace(_MARK_IN_AN_ADDRESS, MARK)
    path = target.removeprefix(site_url)
    within = path.startswith("/") and not path.startswith("//")
    return site_url + links.leading(path, source) if within else target


def leads_somewhere(target: str) -> bool:
    """Whether a link may lead there: a page, a mail address, a telephone; nothing that acts."""
    scheme = _SCHEME.match(target.strip())
    return scheme is None or scheme[1].lower() in _SCHEMES


def html(tokens: list[Token], draw: Directive) -> str:
    """The tokens as HTML; text of the author's that looks like HTML is shown, not obeyed."""
    markdown = _markdown()
    markdown.add_render_rule(
        "directive",
        lambda _, tokens, index, *__: draw(tokens[index].info, tokens[index].meta),
    )
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def tree(tokens: list[Token]) -> SyntaxTreeNode:
    """The tokens as a tree."""
    return SyntaxTreeNode(tokens)


def _check_columns(tokens: list[Token]) -> None:
    """Two columns begin, part and end, one pair after the other, outside of lists and quotations.

    Raises `BadLetter`.
    """
    found = [token for token in tokens if token.type == "directive" and token.info in COLUMNS]
    names = [token.info for token in found]
    pairs = len(names) // len(COLUMNS)
    if names != [*COLUMNS] * pairs or any(token.level for token in found):
        raise BadLetter("two columns want ::columns, ::column and ::end, each on a line of its own")


def _markdown() -> MarkdownIt:
    """Markdown as letters are typed: the end of a line is the end of a line."""
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.validateLink = leads_somewhere  # type: ignore[method-assign,assignment] # as its docs tell to
    markdown.block.ruler.before("fence", "directive", _directive, {"alt": ["paragraph"]})
    return markdown


def _directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's own signature
    del end
    begin = state.bMarks[start] + state.tShift[start]
    found = _DIRECTIVE.fullmatch(state.src[begin : state.eMarks[start]].rstrip())
    if found is None:
        return False
    if not silent:
        state.line = start + 1
        token = state.push("directive", "", 0)
        token.info = found[1]
        token.map = [start, start + 1]
        meta: dict[str, Any] = dict(_ATTRIBUTE.findall(found[2] or ""))
        token.meta = meta
    return True
