"""Orders are found by the address that paid, in lower case."""

import sqlalchemy as sa
from alembic import op

revision = "0060_buyers_by_address"
down_revision = "0059_lean_walks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_shop_order_buyer", "shop_order", [sa.text("lower(email)"), "state"])


def downgrade() -> None:
    op.drop_index("ix_shop_order_buyer", "shop_order")
