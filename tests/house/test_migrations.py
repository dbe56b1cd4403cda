"""Migrations are numbered, go up, down and up again, and lead to what the models say."""

import re
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from core import db, schema

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
