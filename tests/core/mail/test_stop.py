"""A worker that is told to stop gives back what it had; kills are in `test_proof`."""

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
from core.mail import ledger
from core.mail.models import State
from core.mailbox.server import Mailbox
from core.mailbox.store import Search
from tests.core.mail.conftest import Write, states

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parents[3]
MESSAGES = 500
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


def wait_until_settled(mailbox: Mailbox) -> None:
    """Until no message's fate is open; the outcome is written just after the last arrival."""
    deadline = time.monotonic() + PATIENCE
    with mailbox.store.arrived:
        while ledger.is_open("test:1"):
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
