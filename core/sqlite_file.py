"""How a database file is opened: foreign keys, durable commits, and patience with other writers."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection

PATIENCE = 30
"""How many seconds a writer waits for others."""

_LOOK = 6  # milliseconds, in which SQLite looks for the lock at 0, 1, 3 and 6
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for a file that many may read while one writes."""
    patient = {"timeout": PATIENCE, "check_same_thread": False}
    engine = create_engine(url, connect_args=patient, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes the write lock at once: an upgrade later can fail without waiting.

    SQLite itself looks for a taken lock ever more seldom, at last ten times a second, and so misses
    the short gaps that a worker leaves between two of its transactions.
    """
    if not connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    sqlite: Any = connection.connection.dbapi_connection
    until = time.monotonic() + PATIENCE
    sqlite.execute(f"PRAGMA busy_timeout={_LOOK}")
    try:
        while _is_taken(sqlite) and time.monotonic() < until:
            pass
        if not sqlite.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        sqlite.execute(f"PRAGMA busy_timeout={PATIENCE}000")


def _is_taken(sqlite: Any) -> bool:
    """Whether another has the write lock; else it is ours now, or an error that comes again."""
    try:
        sqlite.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # of whatever kind
    return False
