"""Migrations are numbered, go up, down and up again, and lead to what the models say."""

import re
import runpy
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, select

from core import db, schema, settings
from core.mail import ledger
from core.mail.models import Delivery
from newsletter import sequences, subscribers
from newsletter.models import Subscriber

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def test_each_is_numbered_and_named_as_its_file() -> None:
    scripts = list(ScriptDirectory(str(VERSIONS.parent)).walk_revisions())
    names = [script.revision for script in reversed(scripts)]
    assert sorted(path.stem for path in VERSIONS.glob("*.py")) == names
    for number, revision in enumerate(names, 1):
        assert re.fullmatch(rf"{number:04}_[a-z_0-9]+", revision)


def test_they_go_up_down_and_up_again_without_drift_from_the_models(app: Flask) -> None:
    schema.downgrade()
    left = [name for name in inspect(db.engine()).get_table_names() if "huey" not in name]
    assert left == ["alembic_version"]
    schema.upgrade()
    assert schema.drift() == []


@pytest.mark.parametrize(
    ("deed", "undo"),
    [
        (
            "DROP INDEX ix_shop_order_buyer",
            "CREATE INDEX ix_shop_order_buyer ON shop_order (lower(email), state)",
        ),
        ("CREATE INDEX ix_of_nobody ON shop_order (upper(email))", "DROP INDEX ix_of_nobody"),
    ],
)
def test_an_index_of_an_expression_on_one_side_only_is_drift(
    app: Flask, deed: str, undo: str
) -> None:
    for statement, drifts in ((deed, True), (undo, False)):
        with db.engine().begin() as connection:
            connection.exec_driver_sql(statement)
        found = str(schema.drift())
        assert (deed.split()[2] in found) == drifts, found


def test_a_letter_from_before_keys_named_the_version_is_called_off_by_a_purchase(
    app: Flask,
) -> None:
    for key, position in (("sequence:7:10", 10), ("sequence:8:3:0", 0)):
        ledger.enqueue(
            key=key,
            letter="newsletter.step",
            recipient="ada@example.com",
            source="sequence:3",
            payload={"version": 3, "position": position},
        )
    (path,) = VERSIONS.glob("*_step_keys.py")
    migration = runpy.run_path(str(path))
    with db.transaction() as session:
        context = MigrationContext.configure(session.connection())
        with Operations.context(context):
            migration["upgrade"]()
    with db.reading() as session:
        keys = session.scalars(select(Delivery.key).order_by(Delivery.id)).all()
    assert keys == [sequences.key(7, 3, 10), "sequence:8:3:0"]


def test_who_named_no_time_zone_has_none_after_a_copy_of_the_shop_s(app: Flask) -> None:
    settings.change(timezone="Europe/Berlin")
    named = {"ada@example.com": None, "ben@example.com": "Asia/Tokyo"}
    with db.transaction():
        for address, zone in named.items():
            subscribers.find_or_add(address, source="test").zone = zone
    (path,) = VERSIONS.glob("*_own_zones.py")
    migration = runpy.run_path(str(path))
    for way in ("downgrade", "upgrade"):
        with db.transaction() as session:
            context = MigrationContext.configure(session.connection())
            with Operations.context(context):
                migration[way]()
    with db.reading() as session:
        assert dict(session.execute(select(Subscriber.email, Subscriber.zone)).all()) == named
