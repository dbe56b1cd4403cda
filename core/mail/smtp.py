"""The dialogue with the mail server, through Flask-Mail, and what its answers mean."""

import smtplib
import socket
from dataclasses import dataclass
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
    """The mail server does not take mail just now; nothing was handed over."""


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
    """A connection that is kept for many messages; a context manager.

    Raises `Unreachable` on entering where the server cannot be reached, refuses us, or our
    credentials.
    """

    def __init__(self) -> None:
        self._connection = _FlaskMailConnection(current_app.extensions["mail"])

    def __enter__(self) -> Self:
        try:
            self._connection.__enter__()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        host = self._connection.host
        if host is not None and host.sock is not None:
            try:
                host.quit()
            except (OSError, smtplib.SMTPException):
                host.close()

    def send(
        self, message: Message, *, sender: tuple[str, str], recipient: str, message_id: str
    ) -> Answer:
        """Hand one message over. Raises `Unreachable` where the server left before it began."""
        letter = _letter(message, sender, recipient, message_id)
        host = self._connection.host
        assert isinstance(host, _Smtp | _SmtpSsl), "enter the connection first"
        host.message_begun = False
        try:
            self._connection.send(letter)
        except flask_mail.BadHeaderError:
            return Answer(Fate.REFUSED, "a header holds a line break")
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _refusal(code, text)
        except smtplib.SMTPResponseException as error:
            return _refusal(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            host.close()
            if host.message_begun:
                return Answer(Fate.UNKNOWN, f"connection lost: {error}")
            raise Unreachable(str(error)) from error
        return Answer(Fate.ACCEPTED)


def _letter(
    message: Message, sender: tuple[str, str], recipient: str, message_id: str
) -> flask_mail.Message:
    letter = flask_mail.Message(
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


def _refusal(code: int, text: bytes | str) -> Answer:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Answer(Fate.REFUSED if code >= 500 else Fate.DEFERRED, f"{code} {words}")


class _Smtp(smtplib.SMTP):
    """Remembers whether the message itself was on its way when a connection ended."""

    message_begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the message itself, after the envelope was accepted."""
        self.message_begun = True
        return super().data(msg)


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
