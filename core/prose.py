"""HTML that somebody wrote elsewhere, as the Markdown that writers here go on with."""

import re
from collections.abc import Iterator
from typing import Any

import nh3
from bs4 import BeautifulSoup
from markdownify import ATX, MarkdownConverter

from core import config


def from_html(html: str) -> str:
    """Its text with headings, lists, links and tables; nothing that acts, and no picture.

    A picture or a film of another site becomes a link to it, since pages here load nothing from
    elsewhere. Headings begin with ##, and none skips a level. What would mean something in Markdown
    that it did not mean in HTML is escaped.
    """
    cleaned = nh3.clean(_FRAME.sub(r'<a href="\1">Film</a>', html))
    text: str = _Converter(heading_style=ATX, bullets="-").convert(cleaned)
    text = "\n".join(_with_steady_headings(text.splitlines()))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def words(html: str) -> str:
    """Its text in one line, without any markup."""
    return " ".join(BeautifulSoup(nh3.clean(html), "html.parser").get_text(" ").split())


def beginning(text: str, most: int) -> str:
    """Its first words, of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 2].rpartition(' ')[0]} …"


_FRAME = re.compile(
    r"<iframe\b[^>]*?\bsrc=[\"']((?:https:)?//[^\"'<>\s]+)[\"'][^>]*>", re.IGNORECASE
)
_SPECIAL = re.compile(r"([\\`*_\[\]])")
_BEGINS_A_BLOCK = re.compile(r"^(\s*)(#{1,6}(?=\s)|[>+-](?=\s)|:{2,})", re.MULTILINE)
_BEGINS_A_LIST = re.compile(r"^(\s*\d{1,9})([.)]\s)", re.MULTILINE)
_HEADING = re.compile(r"#{1,6}(?= )")


class _Converter(MarkdownConverter):
    """As the library does it, but for what this site shows otherwise."""

    def escape(self, text: str, parent_tags: Any) -> str:
        text = _SPECIAL.sub(r"\\\1", text)
        if parent_tags & {"td", "th"}:
            text = text.replace("|", r"\|")
        text = _BEGINS_A_BLOCK.sub(r"\1\\\2", text)
        return _BEGINS_A_LIST.sub(r"\1\\\2", text)

    def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:
        if el.get("href"):
            el["href"] = _address(el["href"])
        del el["title"]
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc] # untold by its types

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        del text
        alt = self.escape(" ".join((el.get("alt") or "").split()), parent_tags) or "Picture"
        source = _address(el.get("src") or "")
        if not source or "a" in parent_tags:
            return alt
        return f"[{alt}]({source})"


def _address(written: str) -> str:
    """An address of our own as a path, any other in full, and with nothing that ends a link."""
    address = re.sub(r"\s", "%20", written.strip()).replace("(", "%28").replace(")", "%29")
    if address.startswith("//"):
        address = f"https:{address}"
    ours = config.current().site_url
    if address == ours or address.startswith((f"{ours}/", f"{ours}#", f"{ours}?")):
        return address.removeprefix(ours) or "/"
    return address


def _with_steady_headings(lines: list[str]) -> Iterator[str]:
    above = 1
    for line in lines:
        if found := _HEADING.match(line):
            above = min(max(2, len(found[0])), above + 1)
            yield f"{'#' * above}{line[found.end() :]}"
        else:
            yield line
