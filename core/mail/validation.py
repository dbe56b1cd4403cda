"""Rules that every message keeps before it leaves: its octets are read as receivers read them."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

CLIPPED = 102_400
"""Octets at which Gmail cuts a message off."""

_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_ONE_CLICK = re.compile(r"<https?://[^<>\s]+>(,\s*<mailto:[^<>\s]+>)?")
_LINE = 998


def examine(octets: bytes, *, marketing: bool) -> list[str]:
    """What is wrong with a message; nothing where it may go.

    Headers as RFC 5322, 8058, 2919 and 3834 want them, both parts, no line too long.
    """
    message = message_from_bytes(octets)
    return [
        *_lines(octets),
        *_headers(message),
        *(_list_headers(message) if marketing else _automatic(message)),
        *_parts(message),
    ]


def _lines(octets: bytes) -> Iterator[str]:
    if any(len(line) > _LINE for line in octets.split(b"\r\n")):
        yield f"a line is longer than {_LINE} octets"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", octets):
        yield "a line does not end with CRLF"
    if not octets.isascii():
        yield "it is not 7-bit"


def _headers(message: Message) -> Iterator[str]:
    for name in _ONCE:
        if len(message.get_all(name, [])) != 1:
            yield f"it must have one {name}"
    if not _MESSAGE_ID.fullmatch(message.get("Message-ID", "").strip()):
        yield "its Message-ID is malformed"
    try:
        parsedate_to_datetime(message.get("Date", ""))
    except ValueError:
        yield "its Date is malformed"
    if not str(make_header(decode_header(message.get("Subject", "")))).strip():
        yield "its Subject is empty"


def _list_headers(message: Message) -> Iterator[str]:
    if not _ONE_CLICK.fullmatch(message.get("List-Unsubscribe", "")):
        yield "List-Unsubscribe must hold one HTTPS address"
    if message.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post must say One-Click"
    for name in ("List-Id", "Feedback-ID"):
        if name not in message:
            yield f"it has no {name}"


def _automatic(message: Message) -> Iterator[str]:
    """Whoever answers by machine must not answer these (RFC 3834)."""
    if message.get("Auto-Submitted", "no") == "no":
        yield "it has no Auto-Submitted"


def _parts(message: Message) -> Iterator[str]:
    bodies = {
        part.get_content_type(): part.get_payload(decode=True)
        for part in message.walk()
        if not part.is_multipart()
    }
    for kind in ("text/plain", "text/html"):
        body = bodies.get(kind)
        if not isinstance(body, bytes) or not body.strip():
            yield f"it has no {kind}"
    html = bodies.get("text/html")
    if isinstance(html, bytes) and len(html) > CLIPPED:
        yield "its HTML is over 102,400 octets"
