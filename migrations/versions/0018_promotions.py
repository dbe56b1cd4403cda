"""Promotion codes, and the orders that used one."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0018_promotions"
down_revision = "0017_gallery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("starts_at", db.UtcDateTime(), nullable=True),
        sa.Column("ends_at", db.UtcDateTime(), nullable=True),
        sa.Column("first_order", sa.Boolean(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("most_each", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=320), nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_promotion_held")),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_promotion_percent")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_promotion_used")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("code", name=op.f("uq_promotion_code")),
    )
    op.create_table(
        "promotion_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_promotion_price_amount")),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_promotion_price_minimum")),
        sa.ForeignKeyConstraint(
            ["promotion_id"],
            ["promotion.id"],
            name=op.f("fk_promotion_price_promotion_id_promotion"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_price")),
        sa.UniqueConstraint(
            "promotion_id", "currency", name=op.f("uq_promotion_price_promotion_id_currency")
        ),
    )
    op.create_table(
        "redemption",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_redemption_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotion.id"], name=op.f("fk_redemption_promotion_id_promotion")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_redemption")),
    )
    op.create_index("ix_redemption_promotion_id", "redemption", ["promotion_id", "state"])
    op.add_column("shop_order", sa.Column("promotion_code", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("shop_order", "promotion_code")
    op.drop_index("ix_redemption_promotion_id", table_name="redemption")
    op.drop_table("redemption")
    op.drop_table("promotion_price")
    op.drop_table("promotion")
