"""The blog's own Markdown: directives, numbered notes, figures, headings with anchors.

Raw HTML is text here. Everything that a parse finds out besides tokens goes into its `Findings`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from blog import directives, markup
from blog.directives import DirectiveError
from core.slugs import slugify

# Ids of the pages around a text.
_TAKEN = frozenset({"main", "comments", "contents", "notes", "comment-form", "signup"})


@dataclass
class Findings:
    """What a parse found out: slots to fill, headings for the contents, and what is wrong."""

    slots: list[dict[str, Any]] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def object_to(self, line: int, message: str) -> None:
        """Note what is wrong; lines count from 1."""
        self.problems.append({"line": line, "message": message})


def parser() -> MarkdownIt:
    """A parser whose `env` must hold `Findings` under "findings"."""
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True})
    markdown.enable(["table", "strikethrough", "smartquotes"])
    footnote_plugin(markdown, inline=False)
    markdown.block.ruler.before(
        "fence", "directive", _directive, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    for rule in (_headings, _links_and_pictures, _tables, _missing_notes):
        markdown.core.ruler.push(rule.__name__, rule)
    for name, render in markup.RULES.items():
        markdown.add_render_rule(name, render)
    return markdown


_OPENING = re.compile(r"(?P<colons>:{2,})(?P<name>[A-Za-z][A-Za-z0-9_-]*)[ \t]*(?P<rest>.*)$")
_CLOSING = re.compile(r":{3,}[ \t]*$")


def _directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    if state.is_code_block(start):
        return False
    text = _line(state, start)
    opening = _OPENING.match(text)
    if opening is None and not _CLOSING.match(text):
        return False
    if silent:
        return True
    findings: Findings = state.env["findings"]
    if opening is None:
        findings.object_to(start + 1, "this line closes nothing")
        state.line = start + 1
    elif opening["colons"] == "::":
        _leaf(state, start, opening, findings)
    else:
        _block(state, start, end, opening, findings)
    return True


def _leaf(state: StateBlock, start: int, opening: re.Match[str], findings: Findings) -> None:
    state.line = start + 1
    given = _given(start, opening, directives.LEAVES, findings)
    if given is None:
        return
    token = state.push("slot", "", 0)
    token.meta = {"number": len(findings.slots)}
    findings.slots.append({"name": opening["name"], "given": given})


def _block(
    state: StateBlock, start: int, end: int, opening: re.Match[str], findings: Findings
) -> None:
    last = start + 1
    while last < end and _line(state, last) != opening["colons"]:
        last += 1
    if last == end:
        findings.object_to(start + 1, f"{opening['name']} is never closed by {opening['colons']}")
    given = _given(start, opening, directives.BLOCKS, findings)
    if given is not None:
        state.push(f"{opening['name']}_open", "div", 1).meta = given
    before = len(state.tokens)
    outer_type, outer_end = state.parentType, state.lineMax
    state.parentType, state.lineMax = "directive", last
    state.md.block.tokenize(state, start + 1, last)
    state.parentType, state.lineMax = outer_type, outer_end
    if opening["name"] == "steps":
        _loosen(state.tokens[before:])
    if given is not None:
        state.push(f"{opening['name']}_close", "div", -1)
    state.line = min(last + 1, end)


def _loosen(tokens: Sequence[Token]) -> None:
    """Keep the paragraphs of tight lists, so that a step's words stand in one box."""
    for token in tokens:
        if token.type in ("paragraph_open", "paragraph_close"):
            token.hidden = False


def _given(
    start: int, opening: re.Match[str], known: Any, findings: Findings
) -> dict[str, str] | None:
    """The checked attributes, or None after an objection."""
    try:
        given = directives.read_attributes(opening["rest"])
        directives.check(known, opening["name"], given)
    except DirectiveError as error:
        findings.object_to(start + 1, str(error))
        return None
    return given


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _headings(state: StateCore) -> None:
    """Give headings their anchors; the page has the only first-level one."""
    findings: Findings = state.env["findings"]
    taken, above = set(_TAKEN), 1
    for opening, inline, closing in _triples(state.tokens, "heading_open"):
        level = int(opening.tag[1])
        if level == 1:
            findings.object_to(_number(opening), "a heading in the text begins with ##, not #")
            level = 2
        if level > above + 1:
            findings.object_to(_number(opening), f"a heading of level {level} needs one above it")
        above = level
        opening.tag = closing.tag = f"h{level}"
        title = plain(inline.children or [])
        anchor = _free(slugify(title) or "section", taken)
        opening.attrSet("id", anchor)
        if level <= 3:
            findings.contents.append({"level": level, "anchor": anchor, "title": title})


def _links_and_pictures(state: StateCore) -> None:
    findings: Findings = state.env["findings"]
    for token in state.tokens:
        for child in token.children or ():
            target = str(child.attrGet("href") or child.attrGet("src") or "")
            external = target.startswith(("http:", "https:", "//"))
            if child.type == "link_open" and external:
                child.attrSet("rel", "noopener")
            if child.type == "image":
                child.attrSet("loading", "lazy")
                if external:
                    findings.object_to(_number(token), "a picture must be on this site")
                if not child.content.strip():
                    findings.object_to(_number(token), "a picture needs its words in [ ]")
                if not external and not _may_be_shown(target):
                    findings.object_to(_number(token), f"there is no picture {target!r}")
    _figures(state)


def _may_be_shown(target: str) -> bool:
    return target.startswith("/") or directives.picture_named(target) is not None


def _figures(state: StateCore) -> None:
    """A picture alone in a paragraph is a figure; its title is the caption.

    One that the shop knows by name is what the directive `figure` makes of it, in all its widths.
    """
    replaced: set[int] = set()
    for opening, inline, closing in _triples(state.tokens, "paragraph_open"):
        children = inline.children or []
        if len(children) == 1 and children[0].type == "image":
            caption = str(children[0].attrs.pop("title", ""))
            name = directives.picture_named(str(children[0].attrGet("src")))
            if name is not None:
                given = {"name": name, "alt": children[0].content, "caption": caption}
                _be_slot(opening, given, state.env["findings"])
                replaced |= {id(inline), id(closing)}
                continue
            opening.type, closing.type = "figure_open", "figure_close"
            opening.tag = closing.tag = "figure"
            closing.meta = {"caption": caption}
    state.tokens = [token for token in state.tokens if id(token) not in replaced]


def _be_slot(token: Token, given: dict[str, str], findings: Findings) -> None:
    token.type, token.tag, token.nesting = "slot", "", 0
    token.meta = {"number": len(findings.slots)}
    findings.slots.append({"name": "figure", "given": given})


def _tables(state: StateCore) -> None:
    """Cells aligned by class, since a style attribute is against the site's policy, and headers.

    A table whose first header is empty has the headers of its rows in the first column.
    """
    rows_are_named = False
    for at, token in enumerate(state.tokens):
        if token.type == "tr_open":
            first, inline, end = state.tokens[at + 1 : at + 4]
            if first.type == "th_open":
                rows_are_named = not inline.content
            if rows_are_named:
                _swap(first, end)
        elif token.type in ("th_open", "td_open"):
            _align(token)


def _swap(opening: Token, closing: Token) -> None:
    """Make the first cell of a row its header, and an empty header a cell."""
    heads = opening.type == "td_open"
    opening.tag = closing.tag = "th" if heads else "td"
    if heads:
        opening.attrSet("scope", "row")


def _align(cell: Token) -> None:
    style = str(cell.attrs.pop("style", ""))
    if style:
        cell.attrSet("class", f"align-{style.removeprefix('text-align:')}")
    if cell.tag == "th" and "scope" not in cell.attrs:
        cell.attrSet("scope", "col")


def _missing_notes(state: StateCore) -> None:
    findings: Findings = state.env["findings"]
    notes = state.env.get("footnotes", {})
    defined = {label.removeprefix(":") for label in notes.get("refs", {})}
    used = {note.get("label") for note in notes.get("list", {}).values()}
    for token in state.tokens:
        if token.type == "inline":
            for label in _NOTE.findall(token.content):
                if label not in defined:
                    findings.object_to(_number(token), f"there is no note [^{label}]")
    for label in sorted(defined - used):
        findings.object_to(1, f"the note [^{label}] is never referred to")


_NOTE = re.compile(r"\[\^([^\]\s]+)\]")


def plain(tokens: Sequence[Token]) -> str:
    """The words of inline tokens, without marks and notes."""
    parts = {"text": lambda t: t.content, "code_inline": lambda t: t.content}
    breaks = {"softbreak": " ", "hardbreak": " "}
    return "".join(
        parts[token.type](token) if token.type in parts else breaks.get(token.type, "")
        for token in tokens
    )


def _free(wanted: str, taken: set[str]) -> str:
    anchor, number = wanted, 2
    while anchor in taken:
        anchor, number = f"{wanted}-{number}", number + 1
    taken.add(anchor)
    return anchor


def _triples(tokens: Sequence[Token], kind: str) -> list[tuple[Token, Token, Token]]:
    return [
        (token, tokens[at + 1], tokens[at + 2])
        for at, token in enumerate(tokens)
        if token.type == kind
    ]


def _number(token: Token) -> int:
    """The line on which a token begins, from 1; the end of the text knows no lines."""
    return token.map[0] + 1 if token.map else 1
