"""Reads the header of a message that anybody may have written: never raises, never trusts."""

import binascii
import codecs
import re
from itertools import groupby

Headers = tuple[tuple[str, str], ...]

# Python's own notations, which no mail is written in; some warn, some take quadratic time.
_NO_CHARSETS = frozenset({"unicode-escape", "raw-unicode-escape", "punycode", "idna", "undefined"})
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NAME = re.compile(r"[!-9;-~]+\Z")  # RFC 5322, 3.6.8: printable ASCII without the colon
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,40})\?([BbQq])\?([^?\s]*)\?=")
_BETWEEN_ENCODED_WORDS = re.compile(r"(?<=\?=)\s+(?==\?)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def read(raw: bytes) -> Headers:
    """The header fields of a message in their order: unfolded, decoded, printable."""
    end = _END_OF_HEADER.search(raw)
    block = _FOLD.sub(b"", raw[: end.start()] if end else raw)
    fields = (line.decode("utf-8", "replace").partition(":") for line in block.splitlines())
    return tuple(
        (name.strip(), decode(value.strip()))
        for name, colon, value in fields
        if colon and _NAME.match(name.strip())
    )


def first(headers: Headers, name: str) -> str:
    """The first field of that name, whatever its case; empty when there is none."""
    return next((value for key, value in headers if key.lower() == name.lower()), "")


def decode(value: str) -> str:
    """A field's text with its encoded words read (RFC 2047); what cannot be read stays as it is."""
    if "=?" in value:
        value = _decode_words(_BETWEEN_ENCODED_WORDS.sub("", value))
    return printable(value)


def text(content: bytes, charset: str) -> str:
    """Bytes as text; an unknown or lying charset is read as UTF-8 with replacement marks."""
    try:
        codec = codecs.lookup(charset or "utf-8").name
        return content.decode("utf-8" if codec in _NO_CHARSETS else codec)
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def printable(value: str) -> str:
    """Text without control characters, marks that reverse the writing, and lone surrogates."""
    return _CONTROL.sub("\ufffd", value).encode("utf-8", "replace").decode()


def _decode_words(value: str) -> str:
    # Neighbours of one charset are joined before they are read: some senders cut a letter in two.
    decoded: list[str] = []
    for charset, run in groupby(_split(value), key=lambda piece: piece[0]):
        pieces = [piece for _, piece in run]
        decoded.append("".join(map(str, pieces)) if charset is None else _join(charset, pieces))
    return "".join(decoded)


def _split(value: str) -> list[tuple[str | None, str | bytes]]:
    pieces: list[tuple[str | None, str | bytes]] = []
    position = 0
    for word in _ENCODED_WORD.finditer(value):
        if word.start() > position:
            pieces.append((None, value[position : word.start()]))
        pieces.append(_decode_word(word))
        position = word.end()
    return [*pieces, (None, value[position:])]


def _decode_word(word: re.Match[str]) -> tuple[str | None, str | bytes]:
    charset, encoding, content = word.groups()
    charset = charset.partition("*")[0].lower()  # RFC 2231, 5: a language may follow the charset
    encoded = content.encode("utf-8")
    try:
        if encoding in "Qq":
            return charset, binascii.a2b_qp(encoded, header=True)
        return charset, binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4))
    except binascii.Error:
        return None, word.group()


def _join(charset: str, pieces: list[str | bytes]) -> str:
    return text(b"".join(piece for piece in pieces if isinstance(piece, bytes)), charset)
