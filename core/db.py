"""The database: typed models, one place that commits, SQLite and PostgreSQL alike."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from json import dumps
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    MetaData,
    Text,
    bindparam,
    create_engine,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, QueryableAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from core import sqlite_file

# Named constraints, since a migration can only change what it can name.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; comes back with its zone on both databases and refuses one without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive value; SQLite stores the UTC wall time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment its zone, UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(states: type[StrEnum]) -> Enum:
    """A column that holds one of `states`, stored as its plain text value."""
    return Enum(
        states,
        native_enum=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """What every model is; datetimes are UTC, dicts and lists are JSON."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to declare it
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[int]: Json,
        list[dict[str, Any]]: Json,
    }


@dataclass
class _Unit:
    """The session that surrounds the running code, and what waits for its commit."""

    session: Session
    writing: bool
    shown: bool = True
    after_commit: list[Callable[[], None]] = field(default_factory=list)


_engine: Engine | None = None
_observers: list[Callable[[], None]] = []
_unit: ContextVar[_Unit | None] = ContextVar("unit", default=None)


def connect(url: str) -> Engine:
    """Open `url` as this process's database and return its engine; the one before is let go."""
    global _engine  # noqa: PLW0603 - one process has one database
    if _engine is not None:
        _engine.dispose()
    _observers.clear()
    _engine = make_engine(url)
    return _engine


def on_commit(observer: Callable[[], None]) -> None:
    """Call `observer` after every commit of this process, until another database is connected."""
    _observers.append(observer)


def make_engine(url: str) -> Engine:
    """An engine for `url` with the settings that the shop's rules rest on."""
    # An error's text goes into logs, and the values of a row are often somebody's.
    if not url.startswith("sqlite"):
        pool = {"pool_size": 10, "max_overflow": 20, "pool_pre_ping": True}
        return create_engine(url, hide_parameters=True, **pool)
    return sqlite_file.make_engine(url, hide_parameters=True)


def engine() -> Engine:
    """The connected engine. Raises `RuntimeError` before `connect`."""
    if _engine is None:
        raise RuntimeError("no database is connected yet: call create_app() first")
    return _engine


@contextmanager
def transaction(*, shown: bool = True) -> Iterator[Session]:
    """The only place that commits. Joins a transaction that is already under way.

    What was read before it in the same request is read again after it. Functions given to
    `after_commit` run once the outermost one has committed. No network call belongs inside.
    What is not `shown` on any public page is kept from the observers of commits.
    """
    outer = _unit.get()
    if outer is not None and outer.writing:
        yield outer.session
        return
    writing = engine().execution_options(writes=True)
    with Session(writing, expire_on_commit=False) as session:
        unit = _Unit(session, writing=True, shown=shown)
        token = _unit.set(unit)
        try:
            yield session
            session.commit()
        finally:
            _unit.reset(token)
    if outer is not None:
        outer.session.rollback()
        outer.session.info.clear()
    for follow_up in (*unit.after_commit, *(_observers if unit.shown else ())):
        follow_up()


@contextmanager
def attempt() -> Iterator[Session]:
    """A part of the transaction under way that is undone by itself where it raises."""
    with transaction() as session, session.begin_nested():
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session to read with, for as long as the block; joins the one that surrounds it."""
    outer = _unit.get()
    if outer is not None:
        yield outer.session
        return
    with Session(engine(), expire_on_commit=False) as session:
        token = _unit.set(_Unit(session, writing=False))
        try:
            yield session
        finally:
            _unit.reset(token)


def let_go() -> None:
    """End the read that surrounds, before something slow such as a call over the network.

    What was read is read again when it is next looked at. Raises `RuntimeError` in a transaction:
    whoever waits inside one lets everybody wait.
    """
    unit = _unit.get()
    if unit is None:
        return
    if unit.writing:
        raise RuntimeError("no network call belongs inside a transaction")
    unit.session.rollback()
    unit.session.info.clear()


def session() -> Session:
    """The session of the surrounding `transaction()` or `reading()`; a request has the latter."""
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("no session here: use transaction() or reading()")
    return unit.session


def is_writing() -> bool:
    """Whether a transaction is under way here."""
    unit = _unit.get()
    return unit is not None and unit.writing


def after_commit(follow_up: Callable[[], None]) -> None:
    """Run `follow_up` once the transaction under way has committed; not at all if it fails."""
    unit = _unit.get()
    if unit is None or not unit.writing:
        raise RuntimeError("after_commit() needs a transaction under way")
    unit.after_commit.append(follow_up)


def insert_missing(table: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key of it is taken; whether it was inserted."""
    return changed(insert(table).values(**values).on_conflict_do_nothing()) == 1


def insert(table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of the connected database's own dialect, which knows ON CONFLICT."""
    name = session().get_bind().dialect.name
    return postgresql.insert(table) if name == "postgresql" else sqlite.insert(table)


def literally(value: Any, kind: Any) -> BindParameter[Any]:
    """A value that stands in the SQL itself: a partial index is used only where it does."""
    return literal(value, kind.type, literal_execute=True)


def among(
    column: ColumnElement[int] | QueryableAttribute[int], numbers: str | Collection[int]
) -> ColumnElement[bool]:
    """The column's number is one of these, or of those that the parameter of this name will hold.

    One parameter however long the list is, where IN has one for each of its members and is
    written anew each time.
    """
    if isinstance(numbers, str):
        return _Among(column, bindparam(numbers, type_=_Numbers()))
    return _Among(column, bindparam(None, list(numbers), type_=_Numbers(), unique=True))


def analyze(table: type[Base]) -> None:
    """Let PostgreSQL plan by what a table holds from now on, in the transaction under way.

    Where very many rows came at once its own turn may be a minute away, and until then it plans for
    few. SQLite plans without.
    """
    if session().get_bind().dialect.name == "postgresql":
        session().execute(text(f"ANALYZE {table.__tablename__}"))


def changed(statement: Executable, values: Mapping[str, Any] | None = None) -> int:
    """Run an INSERT, UPDATE or DELETE with these values for its parameters.

    How many rows it changed: a race is lost where that is 0.
    """
    options = {"preserve_rowcount": True}
    result = session().execute(statement, values, execution_options=options)
    return cast("CursorResult[Any]", result).rowcount


class _Numbers(TypeDecorator[list[int]]):
    """A list as one parameter: text, as JSON or PostgreSQL writes it.

    PostgreSQL's driver would look at each member of a list, for longer than it takes to find a row.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> str:
        """The list in brackets, or in braces."""
        numbers = dumps(value)
        return numbers if dialect.name == "sqlite" else "{" + numbers[1:-1] + "}"


class _Among(FunctionElement[bool]):
    """See `among`; of no type, since a boolean one is compared with 1 and then finds no index."""

    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_in_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 - both are compiled


@compiles(_Among, "postgresql")
def _among_in_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY(CAST({numbers} AS INTEGER[]))"
