"""A shop whose mail goes to a real local mailbox, and two kinds of letter to send."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from core import config, db
from core.config import Config
from core.mail import acceptance, ledger, letters, sending
from core.mail.letters import Letter, Message
from core.mail.models import Delivery, State, Stream
from core.mailbox import server
from core.mailbox.server import Mailbox

Write = Callable[..., None]


def compose(delivery: Delivery) -> Message:
    """A letter of a few lines, or the fault that its payload asks for."""
    if "undeliverable" in delivery.payload:
        raise letters.Undeliverable("nobody is left")
    if "fault" in delivery.payload:
        raise KeyError(delivery.payload["fault"])
    return Message(
        subject=delivery.payload.get("subject", f"Letter {delivery.key}"),
        html=f"<p>Hello {delivery.recipient}. {'x' * 2000}</p>",
        text="Hello. " * 200,
        headers=delivery.payload.get("headers", {}),
    )


def register() -> None:
    """Make both kinds of letter known."""
    for stream in Stream:
        letters.register(Letter(name=f"test.{stream.value}", stream=stream, compose=compose))


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """The local mailbox, on ports that follow each other as the shop expects."""
    running = _start(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def shop_config(shop_config: Config, mailbox: Mailbox) -> Config:
    """The shop's settings, with the mailbox as its mail server."""
    mail = replace(shop_config.mail, server="127.0.0.1", port=mailbox.smtp_port)
    port = mailbox.smtp_port - 3
    return replace(shop_config, mail=mail, mailbox_url=mailbox.http_url, port=port)


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """The shop, which knows the test's letters."""
    register()
    sending.stopping.clear()
    yield app
    acceptance.install(acceptance.mailbox_log(config.current().mailbox_url or ""))


@pytest.fixture
def write(app: Flask) -> Write:
    """Write messages into the ledger, to `to` or to many people."""

    def write(
        to: str = "ada@example.com",
        *,
        stream: Stream = Stream.MARKETING,
        count: int = 1,
        source: str = "test:1",
        **payload: object,
    ) -> None:
        with db.transaction():
            ledger.enqueue_all(
                ledger.Entry(
                    key=f"{source}:{stream}:{to}:{number}",
                    letter=f"test.{stream.value}",
                    recipient=to if count == 1 else f"reader{number}@example.com",
                    source=source,
                    payload=dict(payload),
                )
                for number in range(count)
            )

    return write


def states(source: str = "test:1") -> dict[State, int]:
    """How many messages are in each state."""
    return ledger.count(source)


def row(to: str = "ada@example.com") -> Delivery:
    """The one message to an address."""
    (only,) = ledger.addressed_to(to)
    return only


def _start(data: Path) -> Mailbox:
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        try:
            return server.start(data, http_port=port, smtp_port=port + 1)
        except OSError:
            continue
