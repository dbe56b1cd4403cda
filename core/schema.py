"""Brings the database to the state that the models expect, through Alembic's migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config

_ROOT = Path(__file__).resolve().parent.parent


def upgrade(revision: str = "head") -> None:
    """Apply the migrations up to `revision` to the connected database."""
    command.upgrade(_alembic(), revision)


def downgrade(revision: str = "base") -> None:
    """Undo the migrations down to `revision`; `base` leaves nothing."""
    command.downgrade(_alembic(), revision)


def _alembic() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(_ROOT / "migrations"))
    return settings
