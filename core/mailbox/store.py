"""Keeps every message in one SQLite file, so that what was accepted is there after any crash.

One file rather than a Maildir: a group of messages costs one flush to the disk instead of two for
each, and envelope, index and bytes can never disagree.
"""

import json
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.mailbox import headers
from core.mailbox.messages import Message, bare

_SUMMARY = "id, received_at, mail_from, rcpt_tos, message_id, sender, subject, size"
_GROUP = 500  # messages in one transaction
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_tos TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    size INTEGER NOT NULL,
    searched TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_message_id ON message (message_id);
CREATE TABLE IF NOT EXISTS recipient (
    address TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    PRIMARY KEY (address, message)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipient_by_message ON recipient (message);
CREATE TABLE IF NOT EXISTS content (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS acceptance (
    message_id TEXT PRIMARY KEY,
    accepted_at TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP handed over: sender (empty for a bounce), recipients and the message's bytes."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a message."""

    id: int
    received_at: datetime
    mail_from: str
    rcpt_tos: tuple[str, ...]
    message_id: str
    sender: str
    subject: str
    size: int


@dataclass(frozen=True, slots=True)
class Search:
    """Which messages a list shows: all words of `words`, a recipient, a Message-ID."""

    words: str = ""
    to: str = ""
    message_id: str = ""


class Store:
    """The messages on disk, written by one thread in groups and read by any."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.arrived = threading.Condition()
        """Told after each group of messages that was stored."""
        self._path = path
        self._waiting: queue.SimpleQueue[_Deposit | None] = queue.SimpleQueue()
        with self._write() as connection:
            connection.executescript(_SCHEMA)
        self._writer = threading.Thread(target=self._store_deposits, name="mailbox-store")
        self._writer.start()

    def close(self) -> None:
        """Store what was deposited, then end."""
        self._waiting.put(None)
        self._writer.join()

    def deposit(self, envelope: Envelope) -> Future[int]:
        """Store a message; the future holds its id once it is on the disk, or sqlite3.Error."""
        stored: Future[int] = Future()
        self._waiting.put((envelope, stored))
        return stored

    def page(self, search: Search, *, limit: int, after: int | None = None) -> list[Summary]:
        """A page of messages, newest first; `after` is the last id of the page before."""
        conditions, values = _conditions(search, after)
        with self._read() as connection:
            rows = connection.execute(
                f"SELECT {_SUMMARY} FROM message WHERE {conditions} ORDER BY id DESC LIMIT ?",  # noqa: S608 - only constants are put in
                (*values, limit),
            ).fetchall()
        return [
            Summary(row[0], _time(row[1]), row[2], _addresses(row[3]), *row[4:]) for row in rows
        ]

    def get(self, number: int) -> Message | None:
        """The message with that id, or None."""
        with self._read() as connection:
            row = connection.execute(
                "SELECT id, received_at, mail_from, rcpt_tos, raw"
                " FROM message JOIN content ON content.message = message.id WHERE id = ?",
                (number,),
            ).fetchone()
        return Message(row[0], _time(row[1]), row[2], _addresses(row[3]), row[4]) if row else None

    def accepted(self, message_ids: Iterable[str]) -> set[str]:
        """Those of the Message-IDs that were ever answered with 250, with or without brackets.

        Deleting messages leaves this log alone: a sender that asks must not send twice.
        """
        with self._read() as connection:
            return {
                message_id
                for message_id in message_ids
                if connection.execute(
                    "SELECT 1 FROM acceptance WHERE message_id = ?", (bare(message_id),)
                ).fetchone()
            }

    def neighbors(self, number: int) -> tuple[int | None, int | None]:
        """The ids of the next newer and the next older message."""
        with self._read() as connection:
            newer, older = connection.execute(
                "SELECT (SELECT min(id) FROM message WHERE id > :id),"
                " (SELECT max(id) FROM message WHERE id < :id)",
                {"id": number},
            ).fetchone()
        return newer, older

    def delete(self, number: int) -> bool:
        """Delete one message; False when there was none."""
        with self._write() as connection:
            return connection.execute("DELETE FROM message WHERE id = ?", (number,)).rowcount > 0

    def clear(self) -> int:
        """Delete every message and return how many there were."""
        with self._write() as connection:
            return connection.execute("DELETE FROM message").rowcount

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as connection, connection:
            yield connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "PRAGMA synchronous = FULL"
        )  # WAL alone survives a kill, not a power cut
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _store_deposits(self) -> None:
        with closing(self._open()) as connection:
            while waiting := self._next_group():
                # A sender that hung up meanwhile has cancelled its future; its message is dropped.
                group = [each for each in waiting if each[1].set_running_or_notify_cancel()]
                try:
                    with connection:
                        ids = [_insert(connection, envelope) for envelope, _ in group]
                except sqlite3.Error as error:
                    for _, stored in group:
                        stored.set_exception(error)
                else:
                    self._announce(group, ids)

    def _next_group(self) -> list["_Deposit"]:
        group: list[_Deposit] = []
        deposit = self._waiting.get()
        while deposit is not None:
            group.append(deposit)
            if len(group) == _GROUP or self._waiting.empty():
                return group
            deposit = self._waiting.get()
        if group:
            self._waiting.put(None)  # the end comes after this group
        return group

    def _announce(self, group: Sequence["_Deposit"], ids: Sequence[int]) -> None:
        for (_, stored), number in zip(group, ids, strict=True):
            stored.set_result(number)
        with self.arrived:
            self.arrived.notify_all()


_Deposit = tuple[Envelope, Future[int]]


def _insert(connection: sqlite3.Connection, envelope: Envelope) -> int:
    fields = headers.read(envelope.raw)
    sender, subject = headers.first(fields, "From"), headers.first(fields, "Subject")
    message_id = bare(headers.first(fields, "Message-ID"))
    received_at = envelope.received_at.isoformat(timespec="milliseconds")
    searched = " ".join((subject, sender, *envelope.rcpt_tos)).casefold()
    number = connection.execute(
        "INSERT INTO message (received_at, mail_from, rcpt_tos, message_id, sender, subject, size,"
        " searched) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            received_at,
            envelope.mail_from,
            json.dumps(envelope.rcpt_tos),
            message_id,
            sender,
            subject,
            len(envelope.raw),
            searched,
        ),
    ).lastrowid
    assert number is not None
    connection.execute("INSERT INTO content VALUES (?, ?)", (number, envelope.raw))
    connection.executemany(
        "INSERT OR IGNORE INTO recipient VALUES (?, ?)",
        [(address.casefold(), number) for address in envelope.rcpt_tos],
    )
    if message_id:
        connection.execute(
            "INSERT OR IGNORE INTO acceptance VALUES (?, ?)", (message_id, received_at)
        )
    return number


def _conditions(search: Search, after: int | None) -> tuple[str, list[str | int]]:
    conditions: dict[str, list[str | int]] = {"1": []}
    if after is not None:
        conditions["id < ?"] = [after]
    if search.to:
        conditions["id IN (SELECT message FROM recipient WHERE address = ?)"] = [
            search.to.casefold()
        ]
    if search.message_id:
        conditions["message_id = ?"] = [bare(search.message_id)]
    words = search.words.casefold().split()
    if words:
        conditions[" AND ".join(["instr(searched, ?)"] * len(words))] = [*words]
    return " AND ".join(conditions), [value for values in conditions.values() for value in values]


def _addresses(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored).astimezone(UTC)
