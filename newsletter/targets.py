"""Where a letter's links lead, as far as their addresses tell it: nobody is asked here."""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it.token import Token

from core import config
from core.findings import Finding, blocks, warns
from core.mail.forms import MARK

_SHORTENERS = frozenset(
    [
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "goo.gl",
        "is.gd",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "shorturl.at",
        "t.co",
        "t.ly",
        "tiny.cc",
        "tinyurl.com",
    ]
)
_OF_STAFF = re.compile(r"/staff(?:/|$)")
_OF_ONE_PERSON = re.compile(
    r"/(?:newsletter/(?:confirm|unsubscribe|preferences|move|go|opened)|orders|reviews|restock"
    r"|blog/comments)/(?:\w[\w-]*/)*[\w.-]{16,}"
)
"""Pages whose address lets anybody act for the person whom it belongs to."""
_TELLING = ("email", "name")
_VAGUE = frozenset(["click here", "here", "link", "more", "read more", "this", "this link"])
_LIKE_AN_ADDRESS = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A link as it was written: where to, and by which words."""

    target: str
    words: str
    line: int | None


def examine(tokens: Iterable[Token]) -> Iterator[Finding]:
    """What is wrong with the links of a letter's body; `tokens` have paths as they were typed."""
    links = list(_links(tokens))
    for link in links:
        if wrong := _wrong(link):
            yield blocks(wrong, link.line)
            continue
        if doubtful := _doubtful(link):
            yield warns(doubtful, link.line)
    yield from _ambiguous(links)


def _links(tokens: Iterable[Token]) -> Iterator[Link]:
    for token in tokens:
        line = token.map[0] + 1 if token.map else None
        if token.type == "directive":
            if token.info == "button" or token.meta.get("href"):
                words = token.meta.get("label") or token.meta.get("alt") or "picture"
                if token.info == "button":
                    words = token.meta.get("label", "")
                yield Link(token.meta.get("href", ""), words, line)
        elif token.type == "inline":
            yield from _within(token.children or [], line)


def _within(children: list[Token], line: int | None) -> Iterator[Link]:
    target, words = None, ""
    for child in children:
        if child.type == "link_open":
            target, words = str(child.attrGet("href") or ""), ""
        elif child.type == "link_close" and target is not None:
            yield Link(target.replace("%EE%80%80", MARK), words.strip(), line)
            target = None
        else:
            words += child.content


def _wrong(link: Link) -> str | None:
    """Why a link may not go out."""
    target = link.target.strip()
    if not link.words:
        return f"A link to {_shown(target) or 'nowhere'} has no words."
    if not target or target.startswith("#"):
        return f"“{link.words}” leads nowhere."
    slots = target.split(MARK)[1::2]
    if any(slot in _TELLING for slot in slots):
        return f"The address behind “{link.words}” would tell others who its reader is."
    if slots or target.startswith(("mailto:", "tel:")):
        return None
    if target.startswith("//") or not _is_whole(target):
        return f"{target} is no whole address: it begins with / or with https://."
    path = target.removeprefix(config.current().site_url)
    return _wrong_page(path) if path.startswith("/") else _wrong_site(link, target)


def _is_whole(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:  # such as http://[
        return False
    return target.startswith("/") or bool(parts.scheme and parts.hostname)


def _wrong_page(path: str) -> str | None:
    if _OF_STAFF.match(path):
        return f"{path} is for staff alone."
    if _OF_ONE_PERSON.match(path):
        return f"{path} belongs to one person, for whom every reader could then act."
    return None


def _wrong_site(link: Link, target: str) -> str | None:
    host = (urlsplit(target).hostname or "").lower()
    if host in _SHORTENERS:
        return f"{target} hides where it leads, as spam does; write the address itself."
    if _is_near(host):
        return f"{target} is an address of a network of yours, or a number; readers get nowhere."
    shown = _LIKE_AN_ADDRESS.fullmatch(link.words)
    if shown and _bare(shown[1]) != _bare(host):
        return f"“{link.words}” leads to {host}; mail programs warn of that."
    return None


def _doubtful(link: Link) -> str | None:
    """What an author should know of a link."""
    if link.words.lower().strip(" .!→»›") in _VAGUE:
        return f"“{link.words}” does not say where it leads; some hear nothing but the links."
    ours = link.target.startswith(f"{config.current().site_url}/")
    if link.target.lower().startswith("http://") and not ours:
        return f"{link.target} is not encrypted; try https://."
    return None


def _ambiguous(links: Iterable[Link]) -> Iterator[Finding]:
    """The same words that lead to different places."""
    places: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.words and link.words.lower() not in _VAGUE:
            places[link.words].add(link.target)
    for words, targets in places.items():
        if len(targets) > 1:
            yield warns(f"“{words}” leads to {len(targets)} different places.")


def _is_near(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".test"))
    return True


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _shown(target: str) -> str:
    return target.replace(MARK, "")
