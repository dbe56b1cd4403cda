"""The connection to the mail server, opened by Flask-Mail's settings, kept, and opened again."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import flask_mail
from flask import Flask, current_app

from core.config import MailConfig
from core.mail import pipelining
from core.mail.pipelining import Answer, Company, Fate, Parcel

TIMEOUT = 30  # seconds; smtplib alone would wait for ever
# RFC 5321, 4.1.2, without quoted local parts; other than ASCII needs SMTPUTF8, which few servers
# take: domains are written in IDNA.
_MAILBOX = re.compile(r"[!#-;=?A-~]+@[A-Za-z0-9.\[\]:-]+")
# RFC 7372 and Microsoft's own: our SPF, DKIM or DMARC is broken. 535 is our sign-in (RFC 4954).
_NOT_AUTHENTICATED = re.compile(r"[45]\d\d [45]\.7\.(2[0-9]|515)\b|53[0458] ")


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


def is_authentication_fault(answer: Answer) -> bool:
    """Whether the server refuses us for what we are, and nobody's address is at fault."""
    return answer.fate is not Fate.ACCEPTED and bool(_NOT_AUTHENTICATED.match(answer.text))


_ALONE = Company()


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

    def send(self, parcels: Sequence[Parcel], company: Company = _ALONE) -> list[Answer]:
        """Hand messages over, in their order; an answer for each.

        A server may end a connection at any time, so another one is tried. Where none can be
        opened, or the server takes nothing of ours, the rest of them is `BARRED`; from the first
        that is no longer surely ours on they are `LATE`.
        """
        answers: list[Answer] = []
        for answer in self._converse(parcels, company):
            answers.append(answer)
            if answer.fate in (Fate.BARRED, Fate.LATE):
                break
        return answers + answers[-1:] * (len(parcels) - len(answers))

    def _converse(self, parcels: Sequence[Parcel], company: Company) -> Iterator[Answer]:
        answered, in_vain = 0, 0
        while answered < len(parcels):
            malformed = _malformed(parcels[answered])
            if malformed:
                yield malformed
                answered += 1
                continue
            try:
                host = self._open()
            except (OSError, smtplib.SMTPException) as error:
                yield Answer(Fate.BARRED, _words(error))
                return
            before = answered
            well_formed = _until_malformed(parcels[answered:])
            for answer in pipelining.converse(host, well_formed, company):
                yield answer
                answered += 1
            in_vain = in_vain + 1 if answered == before else 0
            if in_vain == 2:
                yield Answer(Fate.DEFERRED, "the connection ended before the message began")
                answered, in_vain = answered + 1, 0

    def _open(self) -> smtplib.SMTP:
        host = self._flask_mail.host
        if host is None or host.sock is None:
            self._flask_mail.__enter__()
            host = self._flask_mail.host
        assert host is not None, "Flask-Mail is not told to suppress mail"
        return host


def _malformed(parcel: Parcel) -> Answer | None:
    """An address that would break out of its command is refused before it is said."""
    well = all(_MAILBOX.fullmatch(address) for address in (parcel.sender, parcel.recipient))
    return None if well else Answer(Fate.REFUSED, "the address is malformed")


def _until_malformed(parcels: Sequence[Parcel]) -> Sequence[Parcel]:
    ends = (index for index, parcel in enumerate(parcels) if _malformed(parcel))
    return parcels[: next(ends, len(parcels))]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return f"{error.smtp_code} {words}"
    return str(error) or type(error).__name__


class _FlaskMailConnection(flask_mail.Connection):
    """Flask-Mail's connection, with a time limit, and greeted so that we know what it offers."""

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        mail = self.mail
        # By itself smtplib takes any certificate, and would tell anybody our password.
        trusted = ssl.create_default_context()
        how: dict[str, Any] = {"timeout": TIMEOUT, "local_hostname": socket.gethostname()}
        host = (
            smtplib.SMTP_SSL(mail.server, mail.port, context=trusted, **how)
            if mail.use_ssl
            else smtplib.SMTP(mail.server, mail.port, **how)
        )
        try:
            host.ehlo_or_helo_if_needed()
            if mail.use_tls:
                host.starttls(context=trusted)
                host.ehlo_or_helo_if_needed()
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except (OSError, smtplib.SMTPException):
            host.close()
            raise
        return host
