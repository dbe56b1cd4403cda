"""Backups: everything a shop cannot make again, from one database into another of either kind.

An archive holds the rows of all tables as of one moment, and from the data directory the generated
secret key, without which links in mail that was sent stop working, and uploaded media. What can be
made again is left out: caches, the queue, the stand-ins for Stripe and mail. Settings from the
environment are not in it either: keep those where you keep your keys.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Date, Enum, Table, Text, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import archives, clock, config, db, schema
from core.archives import Archive, Manifest
from core.mail import stops
from core.mail.models import Cause

_LAST = "last_backup"
_BATCH = 1000  # rows held in memory
# None means no value here, while JSON's own null is a value.
_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Refused(Exception):
    """The archive cannot be restored into this shop, which stays as it is; the text says why."""


def backup(path: Path) -> Manifest:
    """Write all that the shop cannot make again into one archive at `path`, while it runs.

    All tables are as of one moment. Raises `OSError`, and then there is no file.
    """
    made_at = clock.now()
    with archives.create(path) as draft, _snapshot() as connection:
        for table in _tables():
            draft.add_table(table.name, _read(connection, table))
        for name, file in _files():
            draft.add_file(name, file)
        manifest = draft.finish(made_at=made_at.isoformat(), revision=schema.head())
    (config.current().data_dir / _LAST).write_text(made_at.isoformat())
    return manifest


def last_made() -> datetime | None:
    """When this machine last made a backup; None where it never did."""
    path = config.current().data_dir / _LAST
    return datetime.fromisoformat(path.read_text()) if path.exists() else None


def restore(path: Path) -> Manifest:
    """Replace everything in the shop by what the archive at `path` holds.

    It is verified first and replaced in one transaction: where that fails, all is as it was.
    Raises `Damaged`, `Refused`, and `OSError`.
    """
    with archives.open_verified(path) as archive:
        _refuse_other_versions(archive.manifest)
        schema.upgrade()
        data_dir = config.current().data_dir
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as folder:
            for name in archive.manifest.files:
                archive.unpack(name, Path(folder, "new", name))
            with _exchanged(archive.manifest.files, Path(folder), data_dir):
                _replace_rows(archive)
    return archive.manifest


def _tables() -> list[Table]:
    """All tables, those first that others refer to."""
    return list(db.Base.metadata.sorted_tables)


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection that sees one moment; SQLite's transactions in WAL mode always do."""
    with db.engine().connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _files() -> Iterator[tuple[str, Path]]:
    data_dir = config.current().data_dir
    key, media = data_dir / "secret_key", data_dir / "media"
    for path in (key, *sorted(media.rglob("*"))):
        if path.is_file():
            yield path.relative_to(data_dir).as_posix(), path


def _read(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """The rows of a table by its primary key, so that a comment precedes its answers."""
    columns = [_readable(column) for column in table.columns]
    statement = select(*columns).order_by(*table.primary_key.columns)
    rows = connection.execute(statement, execution_options={"yield_per": _BATCH})
    for row in rows.mappings():
        yield {name: _encode(value) for name, value in row.items()}


def _readable(column: Column[Any]) -> Any:
    """JSON as its text, since a value read back would not tell JSON's null from none at all."""
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _encode(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _refuse_other_versions(manifest: Manifest) -> None:
    if not schema.knows(manifest.revision):
        raise Refused("the archive is from a newer version of the shop: update this one first")
    if manifest.revision != schema.head():
        raise Refused(
            f"the archive is from an older version of the shop (migration {manifest.revision}): "
            "restore it with that version, then update and run `flask --app wsgi migrate`"
        )
    if set(manifest.tables) != {table.name for table in _tables()}:
        raise Refused("the archive's tables are not those of this shop")


@contextmanager
def _exchanged(names: list[str], folder: Path, data_dir: Path) -> Iterator[None]:
    """Put the files from `folder`/new in their place; where the block fails, put them back."""
    exchanged: list[str] = []
    try:
        for name in names:
            for parent in (folder / "old" / name, data_dir / name):
                parent.parent.mkdir(parents=True, exist_ok=True)
            if (data_dir / name).exists():
                (data_dir / name).rename(folder / "old" / name)
            exchanged.append(name)
            (folder / "new" / name).rename(data_dir / name)
        yield
    except BaseException:
        for name in exchanged:
            (data_dir / name).unlink(missing_ok=True)
            if (folder / "old" / name).exists():
                (folder / "old" / name).rename(data_dir / name)
        raise


def _replace_rows(archive: Archive) -> None:
    try:
        with db.transaction() as session:
            _empty(session)
            for table in _tables():
                _write(session, table, archive.rows(table.name))
                _continue_numbers(session, table)
            stops.stop(Cause.HOLD, "a backup was restored: what waited then may have gone since")
    except DBAPIError as error:
        raise Refused(f"the database would not take it, and is as it was: {error.orig}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            f"its rows are not those of this shop, which is as it was: {error}"
        ) from error


def _empty(session: Session) -> None:
    """Empty all tables; on PostgreSQL this also keeps everybody else out until the commit."""
    dialect = session.get_bind().dialect
    if dialect.name == "postgresql":
        names = ", ".join(map(dialect.identifier_preparer.format_table, _tables()))
        session.execute(text(f"TRUNCATE {names}"))
        return
    for table in reversed(_tables()):
        session.execute(table.delete())


def _write(session: Session, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    values = {
        column.name: bindparam(
            column.name, type_=_JSON if isinstance(column.type, JSON) else column.type
        )
        for column in table.columns
    }
    statement = table.insert().values(values)
    while batch := list(islice(rows, _BATCH)):
        session.execute(statement, [_decode(table, row) for row in batch])


def _decode(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {column.name: _value(column, row[column.name]) for column in table.columns}


def _value(column: Column[Any], given: Any) -> Any:
    """What the database takes for a value of the archive."""
    kind = column.type
    if given is None:
        return None
    if isinstance(kind, JSON):
        return JSON.NULL if given == "null" else json.loads(given)
    if isinstance(kind, db.UtcDateTime):
        return datetime.fromisoformat(given)
    if isinstance(kind, Date):
        return date.fromisoformat(given)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(given)
    return given


def _continue_numbers(session: Session, table: Table) -> None:
    """PostgreSQL counts apart from the rows: go on after the highest; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or session.get_bind().dialect.name != "postgresql":
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    highest = select(func.max(column)).scalar_subquery()
    session.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
