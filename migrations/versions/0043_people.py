"""What readers choose: parts of the body, another address, and whether what they read is noted."""

import sqlalchemy as sa
from alembic import op

from core.db import Json, UtcDateTime

revision = "0043_people"
down_revision = "0042_stray_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriber_area",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_subscriber_area_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "area", name=op.f("pk_subscriber_area")),
    )
    op.create_index("ix_subscriber_area_area", "subscriber_area", ["area", "subscriber_id"])
    op.create_table(
        "address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("old", sa.String(length=320), nullable=False),
        sa.Column("new", sa.String(length=320), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_address_change_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_address_change_public_id")),
    )
    op.create_index("ix_address_change_subscriber", "address_change", ["subscriber_id", "asked_at"])
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_reading_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sa.UniqueConstraint(
            "subscriber_id", "source", "path", name=op.f("uq_reading_subscriber_id_source_path")
        ),
    )
    op.create_index("ix_reading_at", "reading", ["at"])
    op.add_column(
        "newsletter", sa.Column("areas", Json, server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("subscriber", sa.Column("noted_since", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("subscriber", "noted_since")
    op.drop_column("newsletter", "areas")
    for table in ("reading", "address_change", "subscriber_area"):
        op.drop_table(table)
