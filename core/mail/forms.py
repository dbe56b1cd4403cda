"""Printed forms: a letter's MIME octets, compiled once, whose slots are filled for each recipient.

A slot is its name between two `MARK`s, in a subject, a header or a part. Parts are encoded in
quoted-printable once; a value stands between soft line breaks of its own. So everything is 7-bit,
no line is longer than 76 octets, and a recipient costs one join.
"""

import re
from base64 import encodebytes
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formataddr
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from markupsafe import escape

from core.mail.letters import Attachment, Message

MARK = "\ue000"
"""A character that no text holds (of a private use area)."""

_SOFT_BREAK = b"=\r\n"
_LIMIT = 998  # octets in a line, RFC 5322, 2.1.1
_NAME = re.compile(r"[!-9;-~]+")
_TO_ESCAPE = re.compile(r"""[&<>"']""")
_SHORT = 76  # characters of a header that fits in a line with ": "
_WORD = 45  # octets in an encoded word, whose base64 stays below the 75 of RFC 2047, section 2

Encode = Callable[[str], bytes]


class BadHeader(ValueError):
    """A header's name or value would break out of its line."""


@dataclass(frozen=True)
class Form:
    """A compiled letter. `parts` alternate: octets, then how a slot is encoded and its name."""

    subject: tuple[str, ...]
    parts: tuple[bytes | tuple[Encode, str], ...]

    def subject_for(self, values: Mapping[str, str]) -> str:
        """The subject for one recipient."""
        return join(self.subject, values)

    def fill(self, values: Mapping[str, str], **head: str) -> bytes:
        """The whole message for one recipient, in lines that end with CRLF.

        `head` holds further headers of this one message, such as `to` and `message_id`; they come
        first. Raises `BadHeader`, and `KeyError` for a slot that has no value.
        """
        octets = [header(_header_name(name), value) for name, value in head.items()]
        octets.append(header("Subject", join(self.subject, values)))
        filled: dict[tuple[Encode, str], bytes] = {}
        for part in self.parts:
            if isinstance(part, bytes):
                octets.append(part)
                continue
            if part not in filled:
                encode, name = part
                filled[part] = encode(values[name])
            octets.append(filled[part])
        return b"".join(octets)


def compile_form(message: Message, sender: tuple[str, str]) -> Form:
    """The form of a letter from `sender`, a name and an address. Raises `BadHeader`."""
    boundary = f"=_{sha256(f'{message.html}{message.text}'.encode()).hexdigest()[:24]}"
    parts: list[bytes | tuple[Encode, str]] = [_head(message, sender)]
    for name, value in message.headers.items():
        parts += _header_parts(name, value)
    body = _alternative(message, boundary)
    if message.attachments:
        body = _mixed(body, message.attachments, f"{boundary}m")
    return Form(subject=tuple(message.subject.split(MARK)), parts=_merged([*parts, *body]))


def join(parts: tuple[str, ...], values: Mapping[str, str]) -> str:
    """A text whose every other part is a slot's name."""
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


def header(name: str, value: str) -> bytes:
    """One header line, folded; other than ASCII as encoded words (RFC 2047). Raises `BadHeader`."""
    if len(name) + len(value) <= _SHORT and value.isascii() and value.isprintable():
        return f"{name}: {value}\r\n".encode()
    if not _NAME.fullmatch(name) or any(mark in value for mark in "\r\n\0"):
        raise BadHeader(f"the header {name!r} holds a line break")
    if value.isascii():
        return _folded(f"{name}: {value}")
    words = b"\r\n ".join(_encoded_words(value))
    return b"%s: %s\r\n" % (name.encode(), words)


@lru_cache(maxsize=64)
def _header_name(keyword: str) -> str:
    return keyword.replace("_", "-").title()


def _head(message: Message, sender: tuple[str, str]) -> bytes:
    octets = _address_header("From", *sender) + b"MIME-Version: 1.0\r\n"
    return octets + (header("Reply-To", message.reply_to) if message.reply_to else b"")


def _address_header(name: str, person: str, address: str) -> bytes:
    """`formataddr` encodes the name by itself, so that the address stays readable."""
    if any(mark in person + address for mark in "\r\n\0"):
        raise BadHeader(f"the header {name!r} holds a line break")
    return _folded(f"{name}: {formataddr((person, address), 'utf-8')}")


def _header_parts(name: str, value: str) -> list[bytes | tuple[Encode, str]]:
    """A header with slots takes its values as they are: they are addresses of ours."""
    if MARK not in value:
        return [header(name, value)]
    texts = value.split(MARK)
    if not _NAME.fullmatch(name) or any(mark in value for mark in "\r\n\0"):
        raise BadHeader(f"the header {name!r} holds a line break")
    texts[0] = f"{name}: {texts[0]}"
    texts[-1] += "\r\n"
    return [
        (_in_header, text) if index % 2 else text.replace(", <", ",\r\n <").encode("ascii")
        for index, text in enumerate(texts)
    ]


def _alternative(message: Message, boundary: str) -> list[bytes | tuple[Encode, str]]:
    return [
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode(),
        _opening(boundary, "plain"),
        *_quoted_parts(message.text, _in_text),
        b"\r\n" + _opening(boundary, "html"),
        *_quoted_parts(message.html, _in_html),
        f"\r\n--{boundary}--\r\n".encode(),
    ]


def _opening(boundary: str, subtype: str) -> bytes:
    return (
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _quoted_parts(text: str, encode: Encode) -> list[bytes | tuple[Encode, str]]:
    """The text in quoted-printable; a slot's value begins and ends with a soft line break."""
    parts: list[bytes | tuple[Encode, str]] = []
    for index, piece in enumerate(text.split(MARK)):
        parts.append((encode, piece) if index % 2 else _quoted(piece))
    return parts


def _mixed(
    body: list[bytes | tuple[Encode, str]], files: tuple[Attachment, ...], boundary: str
) -> list[bytes | tuple[Encode, str]]:
    opening = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
    attached = b"".join(f"--{boundary}\r\n".encode() + _attachment(file) for file in files)
    return [opening.encode(), *body, attached, f"--{boundary}--\r\n".encode()]


def _attachment(file: Attachment) -> bytes:
    """The file name as RFC 5987 and RFC 2231 write it, so that it may be of any language."""
    if any(mark in file.content_type for mark in "\r\n\0"):
        raise BadHeader("a content type holds a line break")
    name = quote(file.filename, safe="")
    return (
        f"Content-Type: {file.content_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}\r\n\r\n"
    ).encode() + encodebytes(file.data).replace(b"\n", b"\r\n")


def _merged(parts: list[bytes | tuple[Encode, str]]) -> tuple[bytes | tuple[Encode, str], ...]:
    """Neighboring octets as one."""
    merged: list[bytes | tuple[Encode, str]] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, bytes) and isinstance(last, bytes):
            merged[-1] = last + part
        else:
            merged.append(part)
    return tuple(merged)


def _quoted(text: str) -> bytes:
    """Quoted-printable (RFC 2045, 6.7) in lines that end with CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return b2a_qp(lines).replace(b"\n", b"\r\n")


@lru_cache(maxsize=256)
def _in_text(value: str) -> bytes:
    """Kept for a while, as most values stand in both parts, and some are every reader's."""
    return _SOFT_BREAK + _quoted(value) + _SOFT_BREAK


def _in_html(value: str) -> bytes:
    return _in_text(str(escape(value)) if _TO_ESCAPE.search(value) else value)


def _in_header(value: str) -> bytes:
    if not value.isascii() or any(mark in value for mark in "\r\n\0"):
        raise BadHeader("a header's value holds a line break")
    return value.encode()


def _encoded_words(value: str) -> list[bytes]:
    """Words of whole characters in base64."""
    words, octets = [], b""
    for character in value:
        encoded = character.encode()
        if len(octets) + len(encoded) > _WORD:
            words.append(octets)
            octets = b""
        octets += encoded
    return [b"=?utf-8?B?%s?=" % b2a_base64(word, newline=False) for word in (*words, octets)]


def _folded(line: str) -> bytes:
    """A header in lines of 78 octets where its spaces allow. Raises `BadHeader` above 998."""
    if len(line) <= 78:
        return line.encode() + b"\r\n"
    lines: list[str] = []
    rest = line
    while len(rest) > 78:
        at = rest.rfind(" ", 1, 79)
        at = at if at > 0 and rest[:at].strip() else rest.find(" ", 79)
        # The first space follows the header's name, which cannot stand alone in its line.
        if at < 0 or (not lines and at == line.find(" ")):
            at = rest.find(" ", max(at + 1, 79))
        if at < 0:
            break
        lines.append(rest[:at])
        rest = rest[at:]
    lines.append(rest)
    if max(map(len, lines)) > _LIMIT:
        raise BadHeader("a header's line is too long")
    return "\r\n".join(lines).encode() + b"\r\n"
