"""Prepares a message's HTML for its frame: no scripts, links in new tabs, pictures shown."""

import re
from collections.abc import Callable, Iterable

from core.mailbox.messages import Part

POLICY = (
    "default-src 'none'; "
    "style-src 'unsafe-inline'; "  # mail is styled inline, and there is nothing here to steal
    "img-src 'self' data: http://127.0.0.1:* http://localhost:* http://*.localhost:* "
    "https://127.0.0.1:* https://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""The Content-Security-Policy that the HTML is served with."""

SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Content types that are safe to show as they are; all others are downloads."""

_BASE = '<base target="_blank">'
_OPENING = re.compile(
    r"\A(?:\s|<!doctype[^>]*>|<\?xml[^>]*>|<!--.*?-->|<html[^>]*>|<head[^>]*>)*",
    re.IGNORECASE | re.DOTALL,
)
_COLOR_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_CONTENT_ID = re.compile(r"\bcid:([^\s\"'()<>]+)", re.IGNORECASE)


def prepare(html: str, parts: Iterable[Part], address: Callable[[int], str], scheme: str) -> str:
    """The HTML for a color scheme, links opening new tabs, `cid:` pictures at `address(number)`.

    The scheme is `light` or `dark`, whatever the reader's own is.
    """
    numbers = {part.content_id: part.number for part in parts if part.content_id}

    def place(reference: re.Match[str]) -> str:
        number = numbers.get(reference[1])
        return reference[0] if number is None else address(number)

    opening = _OPENING.match(html)
    start = opening.end() if opening else 0
    body = in_scheme(_CONTENT_ID.sub(place, html[start:]), scheme)
    return html[:start] + _BASE + body


def in_scheme(html: str, scheme: str) -> str:
    """The HTML as a mail program shows it that is `light` or `dark`, whatever the browser is."""

    def settle(query: re.Match[str]) -> str:
        return "(min-width: 0)" if query[1].lower() == scheme else "(max-width: 0)"

    return _COLOR_SCHEME.sub(settle, html)
