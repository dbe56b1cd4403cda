"""Writers of one file wait for each other."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from core import redirects, sqlite_file

pytestmark = pytest.mark.one_database


def test_whoever_writes_waits_for_the_write_lock(app: Flask, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite3", check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(0.3, other.rollback)
        letting_go.start()
        redirects.add("/old", "/new")
        letting_go.join()
    assert redirects.find("/old") == "/new"


def test_whoever_writes_does_not_wait_for_ever(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0)
    with closing(sqlite3.connect(tmp_path / "shop.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            redirects.add("/old", "/new")
    redirects.add("/old", "/new")
    assert redirects.find("/old") == "/new"


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY])
def test_a_lock_of_whatever_kind_is_waited_for(code: int) -> None:
    class Locked:
        def execute(self, statement: str) -> None:
            error = sqlite3.OperationalError(f"database is locked: {statement}")
            error.sqlite_errorcode = code
            raise error

    assert sqlite_file._is_taken(Locked())
