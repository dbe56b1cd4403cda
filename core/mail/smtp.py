"""The dialogue with the mail server, through Flask-Mail, and what its answers mean."""

import re
import smtplib
import socket
from dataclasses import dataclass
from email.charset import QP, Charset
from email.mime.text import MIMEText
from enum import StrEnum
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

import flask_mail
from flask import Flask, current_app

from core.config import MailConfig
from core.mail.letters import Message
from core.mail.models import Delivery

TIMEOUT = 30  # seconds; smtplib alone would wait for ever


class Fate(StrEnum):
    """What became of a message that was handed over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good (5xx)."""
    DEFERRED = "deferred"
    """For now (4xx), or the connection ended before the message was on its way."""
    UNKNOWN = "unknown"
    """The connection ended after the message was on its way and before the answer."""


@dataclass(frozen=True)
class Answer:
    """The fate of one message and the server's own words."""

    fate: Fate
    text: str = ""


class Unreachable(Exception):
    """The mail server takes no mail of ours just now; nothing was handed over."""


def init_app(app: Flask, mail: MailConfig) -> None:
    """Configure Flask-Mail from our settings."""
    app.config.update(
        MAIL_SERVER=mail.server,
        MAIL_PORT=mail.port,
        MAIL_USERNAME=mail.username,
        MAIL_PASSWORD=mail.password,
        MAIL_USE_TLS=mail.use_tls,
        MAIL_USE_SSL=mail.use_ssl,
        MAIL_DEFAULT_SENDER=mail.default_sender,
    )
    flask_mail.Mail(app)


def message_id(delivery: Delivery, domain: str) -> str:
    """The Message-ID of a ledger row: the same at each attempt, so that nobody counts it twice."""
    digest = sha256(f"{delivery.id}:{delivery.key}".encode()).hexdigest()[:20]
    return f"<{digest}.{delivery.id}@{domain}>"


class Connection:
    """A connection that opens with the first message and is kept for many; a context manager."""

    def __init__(self) -> None:
        self._flask_mail = _FlaskMailConnection(current_app.extensions["mail"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        host = self._flask_mail.host
        if host is not None and host.sock is not None:
            try:
                host.quit()
            except (OSError, smtplib.SMTPException):
                host.close()

    def send(
        self, message: Message, *, sender: tuple[str, str], recipient: str, message_id: str
    ) -> Answer:
        """Hand one message over.

        A server may end a connection at any time, so a second one is tried. Raises `Unreachable`
        where none can be opened, or where the server will not take mail from us at all.
        """
        letter = _letter(message, sender, recipient, message_id)
        if letter.has_bad_headers():
            return Answer(Fate.REFUSED, "a header holds a line break")
        for _ in range(2):
            answer = self._try(letter)
            if answer is not None:
                return answer
        return Answer(Fate.DEFERRED, "the connection ended before the message began")

    def _try(self, letter: flask_mail.Message) -> Answer | None:
        """The answer, or None where the connection ended before the message was on its way."""
        host = self._open()
        host.message_begun = False
        try:
            self._flask_mail.send(letter)
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:
            return _sender_refusal(error)
        except smtplib.SMTPResponseException as error:
            return _refusal(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            host.close()
            return Answer(Fate.UNKNOWN, f"connection lost: {error}") if host.message_begun else None
        return Answer(Fate.ACCEPTED)

    def _open(self) -> "_Smtp":
        """The open connection. Raises `Unreachable`."""
        host = self._flask_mail.host
        if host is None or host.sock is None:
            try:
                self._flask_mail.__enter__()
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(str(error)) from error
            host = self._flask_mail.host
        assert isinstance(host, _Smtp), "a connection of ours is open"
        return host


def _letter(
    message: Message, sender: tuple[str, str], recipient: str, message_id: str
) -> flask_mail.Message:
    letter = _Letter(
        subject=message.subject,
        recipients=[recipient],
        body=message.text,
        html=message.html,
        sender=sender,
        reply_to=message.reply_to,
        charset="utf-8",
        extra_headers=message.headers,
    )
    letter.msgId = message_id
    for file in message.attachments:
        letter.attach(file.filename, file.content_type, file.data)
    return letter


class _Letter(flask_mail.Message):
    """Writes text as quoted-printable: no line is too long (RFC 5322), any server can take it."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        return MIMEText(text or "", subtype, _QUOTED_PRINTABLE)  # type: ignore[arg-type] # it takes a Charset too

    def has_bad_headers(self) -> bool:
        """Also looks at the further headers."""
        further = [part for pair in (self.extra_headers or {}).items() for part in pair]
        broken = any("\n" in part or "\r" in part for part in (self.subject, *further))
        return broken or super().has_bad_headers()


_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP

# "Service not available, closing transmission channel" (RFC 5321): the connection is over.
_ENDING = 421
# RFC 5321: "message exceeds fixed maximum message size", the one refusal at MAIL that is not
# about us.
_TOO_LARGE = 552
# RFC 7372 and Microsoft's own: our SPF, DKIM or DMARC is broken. Nobody's address is at fault.
_NOT_AUTHENTICATED = re.compile(r"[45]\.7\.(2[0-9]|515)\b")


def _refusal(code: int, text: bytes | str) -> Answer:
    """Raises `Unreachable` for a refusal of ourselves and not of the message."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if _NOT_AUTHENTICATED.match(words):
        raise Unreachable(f"{code} {words}")
    return Answer(Fate.REFUSED if code >= 500 else Fate.DEFERRED, f"{code} {words}")


def _sender_refusal(error: smtplib.SMTPSenderRefused) -> Answer | None:
    """Whoever will not take mail from our address refuses us, not the message.

    None where the server ends the connection before the message began.
    """
    if error.smtp_code == _ENDING:
        return None
    answer = _refusal(error.smtp_code, error.smtp_error)
    if answer.fate is Fate.REFUSED and error.smtp_code != _TOO_LARGE:
        raise Unreachable(answer.text)
    return answer


class _Smtp(smtplib.SMTP):
    """Remembers whether the whole message was on its way when a connection ended."""

    message_begun = False

    def send(self, s: Any) -> None:
        """Only a message ends with the line that holds a dot alone."""
        super().send(s)
        self.message_begun = bytes(s[-5:]) == b"\r\n.\r\n" if isinstance(s, bytes) else False


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    """The same over a connection that is encrypted from its beginning."""


class _FlaskMailConnection(flask_mail.Connection):
    """Flask-Mail's connection, with a time limit."""

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        mail = self.mail
        kind = _SmtpSsl if mail.use_ssl else _Smtp
        host = kind(mail.server, mail.port, timeout=TIMEOUT, local_hostname=socket.gethostname())
        if mail.use_tls:
            host.starttls()
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        return host
