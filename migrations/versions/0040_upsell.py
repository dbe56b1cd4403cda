"""What Stripe"s payment page offers beside an order."""

import sqlalchemy as sa
from alembic import op

revision = "0040_upsell"
down_revision = "0039_warm_up"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_offer",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("unit_amount", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("most > 0", name=op.f("ck_order_offer_most")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_order_offer_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_order_offer_variant_id_variant")
        ),
        sa.PrimaryKeyConstraint("order_id", "variant_id", name=op.f("pk_order_offer")),
    )
    op.create_index("ix_order_offer_variant_id", "order_offer", ["variant_id"])

    op.create_table(
        "upsell",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("most > 0", name=op.f("ck_upsell_most")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_upsell_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_upsell_variant_id_variant")
        ),
        sa.PrimaryKeyConstraint("product_id", "variant_id", name=op.f("pk_upsell")),
    )
    op.create_index("ix_upsell_variant_id", "upsell", ["variant_id"])


def downgrade() -> None:
    op.drop_table("upsell")
    op.drop_table("order_offer")
