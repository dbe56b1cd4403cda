"""Our own SMTP dialogue over an open connection: many messages, few round trips (RFC 2920).

Where the server offers PIPELINING, an envelope (MAIL, RCPT, DATA) is one write, and the next one
follows a message's octets in the same write. Elsewhere each command waits for its answer.
"""

import smtplib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_ENDING = 421
"""Service not available, closing transmission channel (RFC 5321): the connection is over."""
_GO_AHEAD = 354
_LONGEST_REPLY = 8192  # octets in a line; RFC 5321 says 512
_TOO_LARGE = 552
"""The one refusal of a sender that is about the message (RFC 5321)."""


class Fate(StrEnum):
    """What became of a message that was handed over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good (5xx)."""
    DEFERRED = "deferred"
    """For now (4xx)."""
    UNKNOWN = "unknown"
    """The connection ended after the message was on its way and before the answer."""
    BARRED = "barred"
    """The server takes nothing of ours, or cannot be reached: the message was not tried."""
    LATE = "late"
    """It may be another worker's by now: the message was not tried."""


@dataclass(frozen=True)
class Answer:
    """The fate of one message and the server's own words."""

    fate: Fate
    text: str = ""


_TAKEN = Answer(Fate.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in its final octets, in lines that end with CRLF, and its envelope."""

    sender: str
    recipient: str
    octets: bytes


class _Reply(NamedTuple):
    code: int
    lines: list[bytes]

    @property
    def text(self) -> str:
        """The server's own words; read only where they matter, of four replies to a message."""
        return b" ".join(self.lines).decode("utf-8", "replace")


class _Ended(Exception):
    """The connection is over; nothing is open on it."""


@dataclass(frozen=True, slots=True)
class Company:
    """What the sender does beside the dialogue; neither may raise."""

    meanwhile: Callable[[], None] = lambda: None
    """Called whenever the server has a message to read."""
    is_ours: Callable[[], bool] = lambda: True
    """Asked before each message goes: whether it is surely still ours to send."""


def converse(host: smtplib.SMTP, parcels: Sequence[Parcel], company: Company) -> Iterator[Answer]:
    """Hand messages over, in their order; an answer for each.

    Ends early where the connection does: whoever has no answer was not begun. The connection is
    then closed.
    """
    try:
        way = _pipelined if host.has_extn("pipelining") else _one_by_one
        yield from way(host, parcels, company)
    except (_Ended, OSError, smtplib.SMTPException):
        host.close()


def _pipelined(host: smtplib.SMTP, parcels: Sequence[Parcel], company: Company) -> Iterator[Answer]:
    following = iter([_envelope(host, parcel) for parcel in parcels])
    _write(host, next(following, b""))
    for parcel in parcels:
        mail, rcpt, data = _reply(host), _reply(host), _reply(host)
        refusal = _refused_sender(host, mail) or _refused(rcpt)
        if refusal is None and data.code == _GO_AHEAD:
            yield _answer_to_octets(host, parcel, next(following, b""), company)
            continue
        if data.code == _GO_AHEAD:
            # The server waits for octets that nobody will get (RFC 2920, 3.1).
            _write(host, b".\r\n")
            _reply(host)
        yield refusal or _judged(data)
        _write(host, b"RSET\r\n" + next(following, b""))
        _reply(host)


def _one_by_one(
    host: smtplib.SMTP, parcels: Sequence[Parcel], company: Company
) -> Iterator[Answer]:
    for parcel in parcels:
        mail, rcpt, data = _envelope(host, parcel).splitlines(keepends=True)
        refusal = (
            _refused_sender(host, _asked(host, mail))
            or _refused(_asked(host, rcpt))
            or _refused(_asked(host, data))
        )
        if refusal is None:
            yield _answer_to_octets(host, parcel, b"", company)
        else:
            yield refusal
            _write(host, b"RSET\r\n")
            _reply(host)


def _envelope(host: smtplib.SMTP, parcel: Parcel) -> bytes:
    size = f" SIZE={len(parcel.octets)}" if host.has_extn("size") else ""
    return (
        f"MAIL FROM:<{parcel.sender}>{size}\r\nRCPT TO:<{parcel.recipient}>\r\nDATA\r\n"
    ).encode("ascii")


def _answer_to_octets(
    host: smtplib.SMTP, parcel: Parcel, following: bytes, company: Company
) -> Answer:
    """Write a message and what follows it. From its first octet on its fate can be unknown."""
    if not company.is_ours():
        host.close()
        return Answer(Fate.LATE)
    stuffed = parcel.octets.replace(b"\r\n.", b"\r\n..")
    try:
        _write(host, b"%s.\r\n%s" % (stuffed, following))
        company.meanwhile()
        reply = _reply(host)
    except (_Ended, OSError, smtplib.SMTPException) as error:
        host.close()
        return Answer(Fate.UNKNOWN, f"connection lost: {error}")
    return _judged(reply)


def _refused_sender(host: smtplib.SMTP, reply: _Reply) -> Answer | None:
    """Whoever will not take mail from our address refuses us, not the message."""
    answer = _refused(reply)
    if answer is None or answer.fate is not Fate.REFUSED or reply.code == _TOO_LARGE:
        return answer
    host.close()
    return Answer(Fate.BARRED, answer.text)


def _refused(reply: _Reply) -> Answer | None:
    """The refusal of an envelope's command, or None. Raises `_Ended`."""
    if reply.code == _ENDING:
        raise _Ended
    return _judged(reply) if reply.code >= 400 else None


def _judged(reply: _Reply) -> Answer:
    if reply.code < 300:
        return _TAKEN
    text = f"{reply.code} {reply.text}"
    return Answer(Fate.DEFERRED if reply.code < 500 else Fate.REFUSED, text)


def _asked(host: smtplib.SMTP, command: bytes) -> _Reply:
    _write(host, command)
    return _reply(host)


def _write(host: smtplib.SMTP, octets: bytes) -> None:
    if host.sock is None:
        raise _Ended
    if octets:
        host.sock.sendall(octets)


def _reply(host: smtplib.SMTP) -> _Reply:
    """The next reply. Raises `_Ended` where there is none, or none that makes sense."""
    if host.sock is None:
        raise _Ended
    lines = []
    while True:
        line = host.file.readline(_LONGEST_REPLY)  # type: ignore[union-attr] # open with its socket
        if not line.endswith(b"\n") or not line[:3].isdigit():
            raise _Ended(f"no reply: {line!r}")
        lines.append(line[4:].strip())
        if line[3:4] != b"-":
            break
    code = int(line[:3])
    if not 200 <= code < 600:
        raise _Ended(f"{code} {lines}")
    return _Reply(code, lines)
