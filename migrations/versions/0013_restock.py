"""Who wants to know when something is in stock again."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0013_restock"
down_revision = "0012_returns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restock_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("notified_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_restock_request_variant_id_variant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restock_request")),
        sa.UniqueConstraint(
            "variant_id", "email", name=op.f("uq_restock_request_variant_id_email")
        ),
    )
    with op.batch_alter_table("restock_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_restock_request_waiting",
            ["variant_id", "notified_at", "confirmed_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("restock_request", schema=None) as batch_op:
        batch_op.drop_index("ix_restock_request_waiting")

    op.drop_table("restock_request")
