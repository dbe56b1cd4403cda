"""What the simulated account holds: Stripe's objects as documents in one SQLite file."""

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    parent TEXT,
    body TEXT NOT NULL,
    hidden TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, sequence);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent, kind);
CREATE TABLE IF NOT EXISTS agenda (
    due INTEGER NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
    PRIMARY KEY (action, object)
);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, method TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
    request TEXT NOT NULL, created INTEGER NOT NULL, status INTEGER, body TEXT
);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    due REAL NOT NULL, PRIMARY KEY (event, endpoint)
);
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, due);
CREATE TABLE IF NOT EXISTS attempts (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL,
    url TEXT NOT NULL, sent REAL NOT NULL, status INTEGER, outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_event ON attempts (event);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_ALPHABET = string.ascii_letters + string.digits


def identifier(prefix: str, length: int = 24) -> str:
    """A new id as Stripe makes them: `prefix` and random letters and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def field(name: str) -> str:
    """The condition that a field, such as `restrictions.minimum_amount`, has a value."""
    return f"json_extract(body, '$.{name}') = ?"


class Store:
    """One account's objects; every change happens inside `transaction()`.

    Args:
        path: The SQLite file, or None to keep everything in memory.

    """

    def __init__(self, path: Path | None) -> None:
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;")
        self._connection.executescript(_TABLES)
        self._lock = threading.RLock()
        self._depth = 0
        self.committed: list[Callable[[], None]] = []
        self._offset = int(self.setting("clock_offset", "0"))

    def close(self) -> None:
        """Close the file, after a transaction that may still be at work."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; re-entrant; one at a time. Calls `committed` once it holds."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")
                for call in self.committed:
                    call()

    def now(self) -> int:
        """The account's time in seconds since 1970, UTC; `advance` moves it ahead."""
        return int(time.time()) + self._offset

    def advance(self, seconds: int) -> None:
        """Move the account's clock ahead, like Stripe's test clocks do."""
        self._offset += seconds
        self.set_setting("clock_offset", str(self._offset))

    def insert(self, body: Object, *, parent: str | None = None, **hidden: Any) -> Object:
        """Keep a new object; `hidden` is what the simulator knows of it beyond its fields."""
        self.execute(
            "INSERT INTO objects (id, kind, created, parent, body, hidden) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            body["id"],
            body["object"],
            body.get("created", self.now()),
            parent,
            json.dumps(body),
            json.dumps(hidden),
        )
        return body

    def find(self, identifier: str, kind: str | None = None) -> Object | None:
        """The object with this id (and kind), or None."""
        rows = self.execute("SELECT kind, body FROM objects WHERE id = ?", identifier)
        if not rows or kind not in (None, rows[0]["kind"]):
            return None
        return _object(rows[0])

    def get(self, identifier: str) -> Object:
        """The object with this id, which must exist."""
        found = self.find(identifier)
        if found is None:
            raise LookupError(identifier)
        return found

    def save(self, body: Object) -> Object:
        """Write an object's changed fields."""
        self.execute("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body["id"])
        return body

    def remove(self, identifier: str) -> None:
        """Forget an object."""
        self.execute("DELETE FROM objects WHERE id = ?", identifier)

    def hidden(self, identifier: str) -> Object:
        """What the simulator knows of an object beyond its fields."""
        rows = self.execute("SELECT hidden FROM objects WHERE id = ?", identifier)
        loaded: Object = json.loads(rows[0]["hidden"]) if rows else {}
        return loaded

    def hide(self, identifier: str, **changes: Any) -> None:
        """Change some of what `hidden` tells."""
        hidden = json.dumps(self.hidden(identifier) | changes)
        self.execute("UPDATE objects SET hidden = ? WHERE id = ?", hidden, identifier)

    def parent(self, identifier: str) -> str | None:
        """The id of the object that this one belongs to."""
        rows = self.execute("SELECT parent FROM objects WHERE id = ?", identifier)
        return rows[0]["parent"] if rows else None

    def children(self, parent: str, kind: str) -> list[Object]:
        """The objects of a kind that belong to another, oldest first."""
        return [
            _object(row)
            for row in self.execute(
                "SELECT body FROM objects WHERE parent = ? AND kind = ? ORDER BY sequence",
                parent,
                kind,
            )
        ]

    def select(
        self,
        kind: str,
        conditions: Mapping[str, Any] | None = None,
        *,
        limit: int = -1,
        order: str = "DESC",
    ) -> list[Object]:
        """Objects of a kind, newest first.

        Args:
            kind: The value of their `object` field.
            conditions: SQL conditions with one `?` each, and its value. `field(name)` makes one.
            limit: How many at most; -1 for all.
            order: `ASC` for oldest first.

        """
        conditions = conditions or {}
        where = " AND ".join(["kind = ?", *conditions])
        rows = self.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY sequence {order} LIMIT ?",  # noqa: S608  conditions are this package's own text
            kind,
            *conditions.values(),
            limit,
        )
        return [_object(row) for row in rows]

    def setting(self, name: str, default: str) -> str:
        """A setting of the account."""
        rows = self.execute("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0]["value"]) if rows else default

    def set_setting(self, name: str, value: str) -> None:
        """Write a setting of the account."""
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def execute(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement; its rows, if it has any."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()


def _object(row: sqlite3.Row) -> Object:
    loaded: Object = json.loads(row["body"])
    return loaded
