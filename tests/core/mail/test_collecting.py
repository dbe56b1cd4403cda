"""Notices are collected from a mailbox: those are removed, and the rest is left to people."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from core import config
from core.mail import bounces, collecting
from core.mail.hashes import keyed_hash
from newsletter import suppression
from newsletter.suppression import Reason
from tests.core.mail import imap
from tests.core.mail.conftest import Write
from tests.core.mail.imap import Folder
from tests.core.mail.test_bounces import ADA, bounced


@pytest.fixture
def letters(app: Flask, write: Write) -> list[bytes]:
    """What the mailbox holds: a notice, and what a person wrote."""
    return [bounced(write), b"Subject: Hello\r\n\r\nA person wrote this.\r\n"]


def read_from(url: str) -> None:
    """Have notices collected there."""
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, bounce_mailbox=url)))


@pytest.fixture
def removed(letters: list[bytes]) -> Iterator[list[int]]:
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
                    connection.sendall(b"+OK %d 1000\r\n" % len(letters))
                elif verb == "RETR":
                    connection.sendall(b"+OK\r\n" + letters[int(rest) - 1] + b"\r\n.\r\n")
                else:
                    connection.sendall(b"+OK\r\n")
                if verb == "DELE":
                    gone.append(int(rest))
                if verb == "QUIT":
                    return

    thread = threading.Thread(target=converse)
    thread.start()
    read_from(f"pop3://user:pass@127.0.0.1:{listener.getsockname()[1]}")
    yield gone
    listener.close()
    thread.join(5)


def test_notices_are_taken_in_and_removed(removed: list[int]) -> None:
    assert collecting.collect() == 1
    assert suppression.reason(keyed_hash(ADA)) is Reason.BOUNCED
    assert removed == [1]


@pytest.fixture
def folder(letters: list[bytes]) -> Iterator[Folder]:
    """A folder of two messages that is read by IMAP; its name needs to be quoted."""
    with imap.serve("Bounced mail", letters) as folder:
        read_from(f"imap://shop%40x:p%20%22w%22@127.0.0.1:{folder.port}/Bounced%20mail")
        yield folder


def test_a_folder_is_read_by_imap(folder: Folder) -> None:
    assert collecting.collect() == 1
    assert suppression.reason(keyed_hash(ADA)) is Reason.BOUNCED
    assert folder.signed_in == [("shop@x", 'p "w"')]
    assert folder.flags == {102: {r"\Seen"}}
    # What was read and left is not read again.
    assert collecting.collect() == 0
    assert folder.fetched == [101, 102]


def test_a_notice_that_could_not_be_stored_is_read_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(found: object) -> int:
        raise ConnectionResetError(found)

    with monkeypatch.context() as patched:
        patched.setattr(bounces, "take", crash)
        assert collecting.collect() == 0
    assert folder.flags == {101: set(), 102: set()}
    assert collecting.collect() == 1
    assert 101 not in folder.flags


def test_a_folder_that_is_not_there_is_an_expected_state(folder: Folder) -> None:
    read_from(f"imap://shop:pass@127.0.0.1:{folder.port}/Elsewhere")
    assert collecting.collect() == 0


def test_without_a_mailbox_nothing_is_collected(app: Flask) -> None:
    assert collecting.collect() == 0
