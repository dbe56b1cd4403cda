"""Rows of the ledger that name nobody let go of their keys; a restock request's number is its own.

A number that SQLite gives to a second person must not stand in the first one's key, nor in links.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055_freed_keys"
down_revision = "0054_own_zones"
branch_labels = None
depends_on = None

_ledger = sa.table(
    "delivery",
    *(sa.column(name, sa.String) for name in ("key", "recipient", "state")),
    sa.column("id", sa.Integer),
)


def upgrade() -> None:
    nobody_s = _ledger.c.recipient == "", _ledger.c.state.not_in(("sending", "unknown"))
    freed = sa.literal("forgotten:") + sa.cast(_ledger.c.id, sa.String)
    op.execute(sa.update(_ledger).where(*nobody_s).values(key=freed))
    _rebuild(sqlite_autoincrement=True)


def downgrade() -> None:
    _rebuild(sqlite_autoincrement=False)


def _rebuild(**options: bool) -> None:
    if op.get_context().dialect.name == "sqlite":
        with op.batch_alter_table("restock_request", recreate="always", table_kwargs=options):
            pass
