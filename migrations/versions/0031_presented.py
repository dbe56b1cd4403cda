"""Amounts as Stripe showed them in the customer's own currency."""

import sqlalchemy as sa
from alembic import op

revision = "0031_presented"
down_revision = "0030_sequence_triggers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("shop_order", "refund"):
        op.add_column(table, sa.Column("presented_amount", sa.Integer(), nullable=True))
        op.add_column(table, sa.Column("presented_currency", sa.String(length=3), nullable=True))


def downgrade() -> None:
    # Not in batch: that would make the table anew, and lose the triggers of the search.
    for table in ("refund", "shop_order"):
        op.drop_column(table, "presented_currency")
        op.drop_column(table, "presented_amount")
