"""Marks of the suppression list are logged, with who set or lifted each."""

import sqlalchemy as sa
from alembic import op

revision = "0057_suppression_log"
down_revision = "0056_rolls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppression_log",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("by", sa.String(320), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression_log"),
    )
    op.create_index("ix_suppression_log_address_hash", "suppression_log", ["address_hash", "id"])
    op.create_index(
        "ix_suppression_log_by_staff",
        "suppression_log",
        ["id"],
        sqlite_where=sa.text("by <> ''"),
        postgresql_where=sa.text("by <> ''"),
    )
    op.execute(
        "INSERT INTO suppression_log (address_hash, event, reason, by, at) "
        "SELECT address_hash, 'set', reason, '', at FROM suppression"
    )


def downgrade() -> None:
    op.drop_table("suppression_log")
