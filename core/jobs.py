"""Jobs in the background: Huey rings the bell, the database says what there is to do.

A job takes no arguments, is idempotent, and finds its work in the tables; one that a crash loses
only comes later, since a periodic turn of it follows.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import psycopg
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from sqlalchemy import select

from core import clock, db, leases
from core.config import Config
from core.models import Lease

log = logging.getLogger(__name__)

Job = Callable[[], object]
_Work = TypeVar("_Work", bound=Job)


@dataclass(frozen=True)
class Turn:
    """When a periodic job last began; `last_at` is None before its first turn."""

    name: str
    minutes: int
    last_at: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether it should have come long ago: no worker runs, or none has the time.

        A rare job that never came may belong to a shop that has just begun.
        """
        if self.last_at is None:
            return self.minutes == 1
        patience = 2 * timedelta(minutes=self.minutes) + timedelta(minutes=2)
        return self.last_at + patience < clock.now()


@dataclass(frozen=True)
class _Registered:
    work: Job
    minutes: int | None


_registered: dict[str, _Registered] = {}
_bells: dict[str, Callable[[], object]] = {}
_queue: Huey | None = None


def job(name: str, *, every_minutes: int | None = None) -> Callable[[_Work], _Work]:
    """Make a function the job `name`, which `ring` asks for.

    With `every_minutes` it also comes by itself: however many workers there are, one has the turn.
    """

    def register(work: _Work) -> _Work:
        _registered[name] = _Registered(work, every_minutes)
        return work

    return register


def ring(name: str) -> None:
    """Ask for a turn of a job: after the transaction under way, or now where there is none."""
    if db.is_writing():
        db.after_commit(lambda: _enqueue(name))
    else:
        _enqueue(name)


def install(config: Config, context: Callable[[], AbstractContextManager[object]]) -> None:
    """Open the queue that goes with `config`; each job runs inside a `context()`."""
    global _queue  # noqa: PLW0603 - one process has one queue
    _queue = _open_queue(config)
    for name, registered in _registered.items():
        _bells[name] = _queue.task(name=name)(_within(context, registered.work))
        if registered.minutes is not None:
            turn = _in_turn(name, registered.work, registered.minutes)
            when = crontab(minute=f"*/{registered.minutes}" if registered.minutes < 60 else "0")
            _queue.periodic_task(when, name=f"{name}:periodic")(_within(context, turn))


def turns() -> list[Turn]:
    """The periodic jobs, by name, and when each last had its turn."""
    with db.reading() as session:
        held = select(Lease.name, Lease.expires_at).where(Lease.name.startswith("job:"))
        ends = dict(session.execute(held).all())
    return [
        Turn(name, minutes, end - _length(minutes) if (end := ends.get(f"job:{name}")) else None)
        for name, registered in sorted(_registered.items())
        if (minutes := registered.minutes) is not None
    ]


def consumer(threads: int) -> Consumer:
    """A worker for the installed queue; `run()` works until SIGTERM or SIGINT."""
    assert _queue is not None, "jobs.install() comes first"
    return Consumer(
        _queue, workers=threads, backoff=1.0, initial_delay=0.2, max_delay=0.2,
        graceful_signal="TERM",
    )  # fmt: skip


def run_all() -> None:
    """Give every job a turn in this process, as workers do in their time."""
    for registered in _registered.values():
        registered.work()


def waiting() -> int:
    """How many turns wait in the queue."""
    return _queue.pending_count() if _queue is not None else 0


def _enqueue(name: str) -> None:
    """A bell that cannot be rung is logged, not raised: what rang is done and committed."""
    bell = _bells.get(name)
    if bell is None:
        return
    try:
        bell()
    except (OSError, sqlite3.Error, psycopg.Error) as error:
        log.warning("job %s waits for its periodic turn: %s", name, error)


def _within(context: Callable[[], AbstractContextManager[object]], work: Job) -> Job:
    def run() -> None:
        with context():
            work()

    return run


def _in_turn(name: str, work: Job, minutes: int) -> Job:
    """Every worker has a scheduler; the lease lets one of them do the turn."""

    def run() -> None:
        if leases.take(f"job:{name}", _length(minutes)):
            work()

    return run


def _length(minutes: int) -> timedelta:
    """For how long a turn is taken: a little less than until the next one."""
    return timedelta(minutes=minutes) - timedelta(seconds=10)


def _open_queue(config: Config) -> Huey:
    """The queue follows the database; SQLite's is a file of its own, with its own write lock."""
    if config.database_url.startswith("postgresql"):
        dsn = config.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        return PostgresHuey("shop", dsn=dsn, results=False)
    return SqliteHuey("shop", filename=str(config.data_dir / "jobs.sqlite3"), results=False)
