"""Readers who named no time zone have none: then the shop's counts, whatever it becomes.

Whose zone is the shop's today has named none; on the way back all have a copy again.
"""

import sqlalchemy as sa
from alembic import op

from core.db import Json

revision = "0054_own_zones"
down_revision = "0053_lateness"
branch_labels = None
depends_on = None

_DEFAULT = "America/New_York"
_settings = sa.table("store_setting", sa.column("name", sa.String), sa.column("value", Json))
_readers = sa.table("subscriber", sa.column("zone", sa.String), sa.column("timezone", sa.String))


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("zone", sa.String(64), nullable=True))
    named = _readers.c.timezone != _zone_of_the_shop()
    op.execute(sa.update(_readers).where(named).values(zone=_readers.c.timezone))
    op.drop_column("subscriber", "timezone")


def downgrade() -> None:
    timezone = sa.Column("timezone", sa.String(64), server_default=_DEFAULT, nullable=False)
    op.add_column("subscriber", timezone)
    copy = sa.func.coalesce(_readers.c.zone, _zone_of_the_shop())
    op.execute(sa.update(_readers).values(timezone=copy))
    op.drop_column("subscriber", "zone")


def _zone_of_the_shop() -> str:
    chosen = sa.select(_settings.c.value).where(_settings.c.name == "timezone")
    return op.get_bind().scalar(chosen) or _DEFAULT
