"""One received message and its parts, read as tolerantly as a mail client reads them."""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.message import Message as Parsed
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from core.mailbox import headers

_PREHEADER_LENGTH = 140
# Senders pad the preview line with characters that take no room.
_PADDING = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u17b4\u180e\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message's MIME tree."""

    number: int
    content_type: str
    filename: str
    content_id: str
    attached: bool
    charset: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text, with line ends as Python writes them."""
        decoded = headers.text(self.content, self.charset).replace("\r\n", "\n")
        return decoded.encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Message:
    """A message as it arrived: envelope, time (UTC), bytes, and what the bytes say."""

    id: int
    received_at: datetime
    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes

    @cached_property
    def headers(self) -> headers.Headers:
        """The header fields, decoded, in their order."""
        return headers.read(self.raw)

    def header(self, name: str) -> str:
        """The first header field of that name, or an empty string."""
        return headers.first(self.headers, name)

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return self.header("Subject")

    @property
    def sender(self) -> str:
        """The decoded From field."""
        return self.header("From")

    @property
    def message_id(self) -> str:
        """The Message-ID without its angle brackets."""
        return bare(self.header("Message-ID"))

    @property
    def size(self) -> int:
        """Octets of the whole message."""
        return len(self.raw)

    @cached_property
    def email(self) -> EmailMessage:
        """The message as the standard library reads it, for tests of well-formed mail."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every leaf of the MIME tree."""
        return tuple(_parts(self.raw))

    @property
    def text(self) -> str:
        """The plain text that a client shows, or an empty string."""
        body = self._body("text/plain")
        return body.text if body else ""

    @property
    def html(self) -> str:
        """The HTML that a client shows, or an empty string."""
        body = self._body("text/html")
        return body.text if body else ""

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The parts that a client offers for download, pictures inside the HTML included."""
        bodies = (self._body("text/plain"), self._body("text/html"))
        return tuple(part for part in self.parts if part not in bodies)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The addresses that the HTML links to, in their order."""
        return tuple(_read_html(self.html).links)

    @cached_property
    def preheader(self) -> str:
        """The first words of the body, as a list of messages shows them beside the subject."""
        words = " ".join(_read_html(self.html).words) if self.html else self.text
        return _PADDING.sub(" ", headers.printable(words[:4000])).strip()[:_PREHEADER_LENGTH]

    def _body(self, content_type: str) -> Part | None:
        shown = (part for part in self.parts if not part.attached)
        return next((part for part in shown if part.content_type == content_type), None)


def bare(message_id: str) -> str:
    """A Message-ID without white space and angle brackets, so that both spellings are one."""
    return message_id.strip().removeprefix("<").removesuffix(">")


def _parts(raw: bytes) -> Iterator[Part]:
    try:
        leaves = list(_leaves(email.message_from_bytes(raw, policy=email.policy.compat32)))
    except RecursionError:  # thousands of nested parts: nobody's mail, shown as its source only
        return
    for number, leaf in enumerate(leaves):
        yield Part(
            number=number,
            content_type=leaf.get_content_type(),
            filename=_name(headers.decode(str(leaf.get_filename() or ""))),
            content_id=bare(headers.decode(str(leaf.get("Content-ID", "")))),
            attached=leaf.get_content_disposition() == "attachment",
            charset=str(leaf.get_param("charset") or ""),
            content=_content(leaf),
        )


def _name(told: str) -> str:
    """A file's name in one line: what an encoding names in vain may bring a line's end with it."""
    return headers.printable(" ".join(told.split()))


def _leaves(part: Any) -> Iterator[Parsed]:
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in part.get_payload():
            yield from _leaves(child)
    else:
        yield part


def _content(leaf: Any) -> bytes:
    if leaf.is_multipart():  # a message within the message
        return b"\r\n\r\n".join(child.as_bytes() for child in leaf.get_payload())
    content = leaf.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class _HtmlReader(HTMLParser):
    """Collects the words a reader sees and the addresses that links lead to."""

    unseen = frozenset({"head", "script", "style", "template", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a link's address, and that unseen text begins."""
        if tag == "body":
            self._within.clear()
        if tag in self.unseen:
            self._within.append(tag)
        if tag == "a":
            self.links.extend(value for name, value in attrs if name == "href" and value)

    def handle_endtag(self, tag: str) -> None:
        """Remember that unseen text ends."""
        if tag in self._within:
            del self._within[self._within.index(tag) :]

    def handle_data(self, data: str) -> None:
        """Keep the words that are seen."""
        if not self._within:
            self.words.append(data)


def _read_html(html: str) -> _HtmlReader:
    reader = _HtmlReader()
    with suppress(AssertionError):  # html.parser's answer to a malformed declaration
        reader.feed(html)
    return reader
