"""Workers told to stop give back what they had, and a pause stops them; kills are in `test_proof`."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from core.config import Config
from core.mail import deeds, ledger
from core.mail.models import State, Stream
from core.mailbox.server import Mailbox
from core.mailbox.store import Search
from tests.core.mail.conftest import Write, states

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parents[3]
MESSAGES = 300
PATIENCE = 120  # seconds


class Workers:
    """Worker processes of the shop, for one test."""

    def __init__(self, config: Config) -> None:
        self._environment = os.environ | {
            "DATA_DIR": str(config.data_dir),
            "DATABASE_URL": config.database_url,
            "PORT": str(config.port),
            "LOG_LEVEL": "warning",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        worker = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "tests.core.mail.worker_shop", "worker"],
            cwd=ROOT,
            env=self._environment,
        )
        self._running.append(worker)
        return worker

    def end(self) -> None:
        """Kill whoever still runs."""
        for worker in self._running:
            worker.kill()
            worker.wait()


@pytest.fixture
def workers(app: Flask, shop_config: Config) -> Iterator[Workers]:
    workers = Workers(shop_config)
    yield workers
    workers.end()


def wait_for(mailbox: Mailbox, count: int) -> None:
    """Until so many messages have arrived."""
    deadline = time.monotonic() + PATIENCE
    with mailbox.store.arrived:
        while arrived(mailbox) < count:
            assert mailbox.store.arrived.wait(deadline - time.monotonic()), states()


def wait_until_settled(mailbox: Mailbox, source: str = "test:1") -> None:
    """Until no message's fate is open; the outcome is written just after the last arrival."""
    deadline = time.monotonic() + PATIENCE
    with mailbox.store.arrived:
        while ledger.is_open(source):
            assert time.monotonic() < deadline, states()
            mailbox.store.arrived.wait(0.2)


def arrived(mailbox: Mailbox) -> int:
    return len(mailbox.store.page(Search(), limit=2 * MESSAGES))


def copies(mailbox: Mailbox) -> set[int]:
    """How many copies came of each message, and that each came at all."""
    counts = Counter(message.subject for message in mailbox.messages())
    assert len(counts) == MESSAGES
    return set(counts.values())


@pytest.mark.slow
def test_a_worker_told_to_stop_ends_soon_and_another_goes_on(
    mailbox: Mailbox, workers: Workers, write: Write
) -> None:
    write(count=MESSAGES)
    worker = workers.start()
    wait_for(mailbox, 50)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert State.CLAIMED not in states()
    assert State.SENDING not in states()
    workers.start()
    wait_until_settled(mailbox)
    assert copies(mailbox) == {1}


@pytest.mark.slow
def test_after_a_pause_only_what_had_begun_arrives_while_the_workers_go_on(
    mailbox: Mailbox, workers: Workers, write: Write
) -> None:
    write(count=MESSAGES)
    for _ in range(2):
        workers.start()
    wait_for(mailbox, 50)
    deeds.hold("test:1")
    paused = states()
    assert paused.get(State.HELD, 0) > 0
    in_flight = paused.get(State.SENDING, 0)
    # That these arrive shows that workers look for what is due, and find nothing of the other.
    for number in range(3):
        write(stream=Stream.TRANSACTIONAL, source=f"receipt:{number}")
        wait_until_settled(mailbox, f"receipt:{number}")
    deeds.carry_out()
    rest = states()
    assert State.SENDING not in rest
    assert rest[State.ACCEPTED] <= paused.get(State.ACCEPTED, 0) + in_flight
    deeds.resume("test:1")
    wait_until_settled(mailbox)
    assert states() == {State.ACCEPTED: MESSAGES}
    issue = Counter(to for each in mailbox.messages() for to in each.rcpt_tos if "reader" in to)
    assert (len(issue), set(issue.values())) == (MESSAGES, {1})
