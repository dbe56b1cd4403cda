"""Takes off an index of the ledger that nothing asks."""

from alembic import op

revision = "0029_delivery_index"
down_revision = "0028_order_carts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_delivery_created_at", table_name="delivery")


def downgrade() -> None:
    op.create_index("ix_delivery_created_at", "delivery", ["created_at"], unique=False)
