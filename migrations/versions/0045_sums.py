"""Indexes that hold all of what sums over orders and over what left the shelf ask for."""

from alembic import op

revision = "0045_sums"
down_revision = "0044_step_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_shop_order_sums",
        "shop_order",
        ["placed_at", "state", "currency", "source", "total_amount", "refunded_amount"],
    )
    op.drop_index("ix_stock_movement_order_id", "stock_movement")
    op.create_index("ix_stock_movement_order_id", "stock_movement", ["order_id", "change"])


def downgrade() -> None:
    op.drop_index("ix_stock_movement_order_id", "stock_movement")
    op.create_index("ix_stock_movement_order_id", "stock_movement", ["order_id"])
    op.drop_index("ix_shop_order_sums", "shop_order")
