"""Notices are collected from a mailbox by POP3: those are removed, and the rest left to people."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from core import config
from core.mail import collecting
from core.mail.hashes import keyed_hash
from newsletter import suppression
from newsletter.suppression import Reason
from tests.core.mail.test_bounces import ADA, dsn

LETTERS = [dsn("x@shop.example"), b"Subject: Hello\r\n\r\nA person wrote this.\r\n"]


@pytest.fixture
def removed(app: Flask) -> Iterator[list[int]]:
    """A mailbox that speaks POP3 with one visitor; the numbers of what was removed."""
    listener = socket.create_server(("127.0.0.1", 0))
    gone: list[int] = []

    def converse() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"+OK hello\r\n")
            for line in lines:
                verb, _, rest = line.decode().strip().partition(" ")
                if verb == "STAT":
                    connection.sendall(b"+OK %d 1000\r\n" % len(LETTERS))
                elif verb == "RETR":
                    connection.sendall(b"+OK\r\n" + LETTERS[int(rest) - 1] + b"\r\n.\r\n")
                else:
                    connection.sendall(b"+OK\r\n")
                if verb == "DELE":
                    gone.append(int(rest))
                if verb == "QUIT":
                    return

    thread = threading.Thread(target=converse)
    thread.start()
    shop = config.current()
    url = f"pop3://user:pass@127.0.0.1:{listener.getsockname()[1]}"
    config.install(replace(shop, mail=replace(shop.mail, bounce_mailbox=url)))
    yield gone
    listener.close()
    thread.join(5)


def test_notices_are_taken_in_and_removed(removed: list[int]) -> None:
    assert collecting.collect() == 1
    assert suppression.reason(keyed_hash(ADA)) is Reason.BOUNCED
    assert removed == [1]


def test_without_a_mailbox_nothing_is_collected(app: Flask) -> None:
    assert collecting.collect() == 0
