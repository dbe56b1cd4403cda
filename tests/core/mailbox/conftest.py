"""A running mailbox for each test, and letters to put into it."""

import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.mailbox import server
from core.mailbox.server import Mailbox

Send = Callable[..., EmailMessage]


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    running = server.start(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def send(mailbox: Mailbox) -> Send:
    def send(
        to: str = "ada@example.com",
        subject: str = "Your order",
        html: str = "<p>Thank you, <b>Ada</b>.</p>",
        **headers: str,
    ) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = "The shop <shop@example.com>"
        letter["To"] = to
        letter["Subject"] = subject
        for name, value in headers.items():
            letter[name.replace("_", "-")] = value
        letter.set_content("Thank you, Ada.\n")
        letter.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
            smtp.send_message(letter)
        return letter

    return send
