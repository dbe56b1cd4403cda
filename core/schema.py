"""Brings the database to the state that the models expect, through Alembic's migrations."""

import warnings
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, text

from core import db

_ROOT = Path(__file__).resolve().parent.parent


def upgrade(revision: str = "head") -> None:
    """Apply the migrations up to `revision` to the connected database."""
    command.upgrade(_alembic(), revision)


def downgrade(revision: str = "base") -> None:
    """Undo the migrations down to `revision`; `base` leaves nothing."""
    command.downgrade(_alembic(), revision)


def current() -> str | None:
    """The revision of the connected database; None for an empty one."""
    with db.engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision that this version's migrations lead to."""
    revision = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert revision is not None, "there are migrations"
    return revision


def knows(revision: str) -> bool:
    """Whether a revision is one of this version's migrations."""
    script = ScriptDirectory.from_config(_alembic())
    return revision in {each.revision for each in script.walk_revisions()}


def drift() -> list[object]:
    """What the models say and the connected database lacks, or the other way round; best empty."""
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*expression-based index")
            differences: list[object] = compare_metadata(context, db.Base.metadata)
        return differences + _drift_of_expressions(connection)


def _drift_of_expressions(connection: Connection) -> list[object]:
    """The names of indexes of expressions on one side only: in SQLite, Alembic passes them over."""
    if connection.dialect.name != "sqlite":
        return []
    said = {
        index.name
        for table in db.Base.metadata.tables.values()
        for index in table.indexes
        if not all(isinstance(each, Column) for each in index.expressions)
    }
    return list(said ^ set(connection.scalars(_INDEXES_OF_EXPRESSIONS)))


_INDEXES_OF_EXPRESSIONS = text(
    "SELECT DISTINCT own.name FROM sqlite_master AS own, pragma_index_xinfo(own.name) AS part "
    "WHERE own.type = 'index' AND part.cid = -2"
)


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """What the models do not speak of: the task queue's tables, and each database's own search."""
    del kind, parents
    return name is None or not name.startswith(_NOT_IN_MODELS)


_NOT_IN_MODELS = ("huey_", "post_index", "order_index", "parcel_index", "search_vector")


def _alembic() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(_ROOT / "migrations"))
    return settings
