"""Money that came for an order which did not ask for it."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0042_stray_payments"
down_revision = "0041_tax_included"
branch_labels = None
depends_on = None

_OPEN = sa.text("state <> 'returned'")


def upgrade() -> None:
    op.create_table(
        "stray_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("payment_intent", sa.String(length=255), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "kept", "requested", "returned", "failed",
                name="straystate", native_enum=False, length=32,
            ),
            nullable=False,
        ),
        sa.Column("stripe_id", sa.String(length=255), nullable=True),
        sa.Column("who", sa.String(length=320), nullable=True),
        sa.Column("found_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_stray_payment_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_payment")),
        sa.UniqueConstraint("payment_intent", name=op.f("uq_stray_payment_payment_intent")),
        sa.UniqueConstraint("session_id", name=op.f("uq_stray_payment_session_id")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_stray_payment_stripe_id")),
    )  # fmt: skip
    op.create_index("ix_stray_payment_order_id", "stray_payment", ["order_id"])
    op.create_index(
        "ix_stray_payment_open", "stray_payment", ["id"],
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("stray_payment")
