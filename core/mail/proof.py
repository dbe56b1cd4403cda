"""The proof that no mail is lost or sent twice, whatever happens to workers, server and database.

It sends made-up messages through real worker processes, on a database and a mail server of its own,
never the shop's: workers are killed, connections cut, messages deferred and refused, PostgreSQL
restarted, or its sessions ended. Then the server's count is held against the ledger.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import psycopg
from dotenv import dotenv_values
from sqlalchemy import select, update

from core import clock, config, db, schema, settings
from core.cluster import Cluster
from core.config import Config
from core.mail import caps, ledger, letters
from core.mail.letters import Letter, Message
from core.mail.models import Delivery, State, Stream
from core.mail.trouble import REFUSED, Server

HASTE = 30
"""By how much leases and waits are shortened, so that a proof takes a minute and not an hour."""
PATIENCE = 300.0  # seconds without any progress
_ROOT = Path(__file__).resolve().parents[2]
_REFUSED_SHARE = 100  # one in so many addresses does not exist
_PUT_OFF = timedelta(seconds=20)
_SOURCE = "proof"
_AT_ONCE = 10_000  # keys that one statement names; SQLite takes 32,766


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the server's count says of the ledger, and what was done to the workers."""

    messages: int
    merged: int
    """Those that went within another."""
    lost: int
    repeated: int
    unknown: int
    kills: int
    cut: int
    deferred: int
    refused: int
    restarts: int
    sessions_ended: int

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, repeated or unknown."""
        return not (self.lost or self.repeated or self.unknown)


def install() -> None:
    """Make the letters of a proof known to the worker."""
    for stream in Stream:
        letters.register(
            Letter(
                name=f"proof.{stream.value}",
                stream=stream,
                compose=lambda delivery: _compose([delivery]),
                merge=_compose if stream is Stream.MARKETING else None,
            )
        )


def prove(
    *, messages: int, workers: int, kills: int, database: str | Cluster | None = None
) -> Result:
    """Send so many messages and kill a worker so many times; what came of it.

    Works on a new SQLite file, or in a schema of its own in PostgreSQL, both removed in the end. A
    `Cluster` is restarted meanwhile; of a database that a URL names only our sessions are ended.
    """
    before = config.current()
    folder = Path(tempfile.mkdtemp(prefix="proof-"))
    port = _free_ports()
    server = Server(smtp_port=port + 3, http_port=port + 2)
    try:
        with _scratch(database, folder) as scratch:
            environment = _environment(folder, scratch.url, port)
            chosen = config.load({name: value for name, value in environment.items() if value})
            with _on(chosen):
                _write(messages)
                crew = _Crew(environment, server, scratch)
                try:
                    crew.work(workers, kills, messages)
                finally:
                    crew.end()
                return _compare(server, crew, scratch)
    finally:
        server.stop()
        shutil.rmtree(folder)
        config.install(before)
        db.connect(before.database_url)


class _Scratch:
    """A database for one proof, in a schema that is called `name` where it is of a server."""

    def __init__(self, url: str, name: str = "", server: str | Cluster = "") -> None:
        self.url = url
        self.restarts = self.sessions_ended = 0
        self._name, self._server = name, server

    def disturb(self) -> None:
        """Restart the server, or do to its clients what that would do; SQLite has none."""
        if isinstance(self._server, Cluster):
            self._server.restart()
            self.restarts += 1
        elif self._server:
            self._end_sessions(self._server)

    def _end_sessions(self, url: str) -> None:
        """End every session of the workers."""
        with psycopg.connect(url, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = %s",
                (self._name,),
            ).fetchall()
        self.sessions_ended += len(ended)


class _Crew:
    """Worker processes, of which one or another is killed and replaced."""

    def __init__(self, environment: dict[str, str], server: Server, scratch: _Scratch) -> None:
        self.kills = 0
        self._environment = os.environ | environment
        self._server, self._scratch = server, scratch
        self._running: list[subprocess.Popen[bytes]] = []

    def work(self, workers: int, kills: int, messages: int) -> None:
        """Work until nothing is open, with trouble on the way. Raises `TimeoutError`."""
        self._running = [self._start() for _ in range(workers)]
        chance = random.Random(messages)  # noqa: S311 - who is killed is no secret
        for kill in range(1, kills + 1):
            self._wait(kill * messages // (kills + 2))
            if kill % 3 == 0:
                self._scratch.disturb()
            victim = chance.randrange(workers)
            self._kill(self._running[victim])
            self._running[victim] = self._start()
            self.kills += 1
        self._wait(None)

    def end(self) -> None:
        """Kill whoever still runs."""
        for process in self._running:
            self._kill(process)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--haste", str(HASTE)],
            cwd=_ROOT,
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _wait(self, arrived: int | None) -> None:
        """Until so many messages have arrived, or where that is None until every fate is known."""
        seen, since = -1, time.monotonic()
        while ledger.is_open(_SOURCE):
            with self._server.arrived:
                self._server.arrived.wait(0.2)
                count = len(self._server.accepted)
            if arrived is not None and count >= arrived:
                return
            if count > seen:
                seen, since = count, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                raise TimeoutError(f"after {count} messages nothing moves: {ledger.count(_SOURCE)}")
            self._revive()

    def _revive(self) -> None:
        """Start again who fell by itself, as `up` does."""
        self._running = [
            process if process.poll() is None else self._start() for process in self._running
        ]


def _compose(deliveries: Sequence[Delivery]) -> Message:
    keys = " ".join(delivery.key for delivery in deliveries)
    return Message(
        subject=f"Message {deliveries[0].key}",
        html=f"<p>{'Proof. ' * 200}</p>",
        text="Proof. " * 200,
        headers={"Says": keys},
    )


def _write(messages: int) -> None:
    """Mostly marketing, with some that somebody waits for, at many servers.

    Of every ten, three are for one person, and two of them as if a cap had put them off.
    """
    with db.transaction():
        settings.change(letters_a_day=99)
        ledger.enqueue_all(
            ledger.Entry(
                key=f"{_SOURCE}:{number}",
                letter=f"proof.{(Stream.MARKETING if number % 5 else Stream.TRANSACTIONAL).value}",
                recipient=_address(_number_of_reader(number)),
                source=_SOURCE,
            )
            for number in range(messages)
        )
        put_off = [f"{_SOURCE}:{number}" for number in range(messages) if number % 10 in (2, 3)]
        for low in range(0, messages, _AT_ONCE):
            keys = put_off[low : low + _AT_ONCE]
            values = {"reason": caps.WAITS, "due_at": clock.now() + _PUT_OFF}
            db.changed(update(Delivery).where(Delivery.key.in_(keys)).values(values))


def _number_of_reader(number: int) -> int:
    return number - number % 10 + 1 if number % 10 in (2, 3) else number


def _address(number: int) -> str:
    person = REFUSED if number % _REFUSED_SHARE == 7 else "reader"
    return f"{person}{number}@host{number % 97}.example"


def _compare(server: Server, crew: _Crew, scratch: _Scratch) -> Result:
    with db.reading() as session:
        rows: Sequence[Delivery] = session.scalars(select(Delivery)).all()
    keys = {row.key for row in rows}
    refused = {row.key for row in rows if row.recipient.startswith(REFUSED)}
    accepted = {row.key for row in rows if row.state is State.ACCEPTED}
    failed = {row.key for row in rows if row.state is State.FAILED}
    said = set(server.said)
    return Result(
        messages=len(rows),
        merged=sum(row.within is not None for row in rows),
        lost=len(keys - said - refused) + len(accepted - said),
        repeated=sum(copies - 1 for copies in server.said.values()),
        unknown=len(keys - accepted - failed) + len(failed - refused),
        kills=crew.kills,
        cut=server.cut,
        deferred=server.deferred,
        refused=server.refused,
        restarts=scratch.restarts,
        sessions_ended=scratch.sessions_ended,
    )


@contextmanager
def _scratch(server: str | Cluster | None, folder: Path) -> Iterator[_Scratch]:
    if server is None:
        yield _Scratch(f"sqlite:///{folder / 'shop.sqlite3'}")
        return
    database_url = server.url if isinstance(server, Cluster) else server
    name = f"proof_{token_hex(6)}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    mark = "&" if "?" in database_url else "?"
    options = f"{mark}options=-csearch_path%3D{name}&application_name={name}"
    try:
        yield _Scratch(database_url + options, name, server)
    finally:
        db.engine().dispose()
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def _environment(folder: Path, database_url: str, port: int) -> dict[str, str]:
    """The workers' settings: none of the shop's own, so that nothing reaches its mail server."""
    names = {name for name in (*os.environ, *dotenv_values(_ROOT / ".env")) if name.isupper()}
    shops = {name: "" for name in names if name.startswith(_SHOP_S)}
    return shops | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "LOG_LEVEL": "critical",
    }


_SHOP_S = (
    "MAIL", "DKIM", "STRIPE", "SITE_URL", "SECRET_KEY", "REDIS", "HOST", "SES", "POSTMARK",
    "SENDGRID", "MAILGUN",
)  # fmt: skip


@contextmanager
def _on(chosen: Config) -> Iterator[None]:
    """Have this process on the scratch database, migrated."""
    config.install(chosen)
    db.connect(chosen.database_url)
    schema.upgrade()
    try:
        yield
    finally:
        db.engine().dispose()


def _free_ports() -> int:
    """A port whose next three are free too, as the shop's stand-ins expect."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        try:
            for number in (2, 3):
                socket.create_server(("127.0.0.1", port + number)).close()
        except (OSError, OverflowError):
            continue
        return port
