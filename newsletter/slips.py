"""Finds what an author did not mean to say: what readers would see as it was typed."""

import re
from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from core.findings import Finding, blocks, warns
from newsletter.markup import COLUMNS

_SHOWN = 40  # characters of a slip that its finding shows

_SLIPS = (
    (
        re.compile(
            r"\{\{[^{}\n]*\}?\}?|[^{}\s]*\}\}|\{%[^\n]*?%\}|\*?\|[A-Z_:]+\|\*?|%[A-Za-z_][\w.]*%"
            r"|\{\s*(?:first[ _]?)?name\s*\}|\[(?:first[ _]?)?name\]",
            re.IGNORECASE,
        ),
        "“{}” is no field; ours look like {{{{ name }}}}.",
    ),
    (
        re.compile(
            r"\b(?:TODO|TBD|FIXME|TKTK|XXX+)\b|(?i:\blorem ipsum\b|\bdummy text\b)"
            r"|\[(?i:insert|your|sample|placeholder|date|link|product|tbd)\b[^\]\n]*\]"
        ),
        "“{}” still waits to be written.",
    ),
    (
        re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>\n]*)?/?>", re.IGNORECASE),
        "“{}” is HTML, which letters show as it is typed.",
    ),
    (
        re.compile(r":{2,}\s*[a-z]+\s*\{[^\n]*|^\s*:{1,3}\s*[a-z]+\s*(?:\{[^\n]*)?$", re.MULTILINE),
        '“{}” is no block: those stand on a line of their own, such as ::posts{{count="3"}}.',
    ),
    (
        re.compile(
            r"!?\[[^\]\n]*\]\s?\([^)\n]*\)?|\]\[|^\s*#{2,6}\w[^\n]*|\*\*|__\w", re.MULTILINE
        ),
        "“{}” was not understood as Markdown; readers would see it so.",
    ),
    (
        re.compile(r"\S*(?:â€|Ã[©¨¶¼¤±\xa0]|Â[\xa0£°·]|\ufffd)\S*"),
        "“{}” was garbled on its way here.",
    ),
)
"""What is seen, by what it looks like; a field of ours is a slot by now."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>)\]]+", re.IGNORECASE)


def in_words(words: str, line: int | None = None) -> Iterator[Finding]:
    """The slips in words that stand outside of Markdown, such as a subject."""
    for pattern, said in _SLIPS:
        for found in pattern.finditer(words):
            yield blocks(said.format(" ".join(found[0].split())[:_SHOWN]), line)
    if unseen := _UNSEEN.search(words):
        yield blocks(f"It holds U+{ord(unseen[0]):04X}, a character that nobody sees.", line)


def in_tokens(tokens: Iterable[Token]) -> Iterator[Finding]:
    """The slips in a letter's body."""
    for token in tokens:
        line = token.map[0] + 1 if token.map else None
        if token.type == "inline":
            whole, outside = _words(token.children or [])
            yield from in_words(whole, line)
            for address in _ADDRESS.findall(outside):
                yield warns(f"{address} is no link; <{address}> is one.", line)
        elif token.type == "directive" and token.info not in COLUMNS:
            for words in token.meta.values():
                yield from in_words(words, line)


def _words(children: Iterable[Token]) -> tuple[str, str]:
    """What an inline text says altogether, and outside of its links; code may look as it likes."""
    whole, outside, depth = [], [], 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        said = "\n" if child.type.endswith("break") else child.content
        if child.type in ("code_inline", "image"):
            said = " "
        whole.append(said)
        outside.append("" if depth else said)
    return "".join(whole), "".join(outside)
