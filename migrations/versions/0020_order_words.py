"""Gift messages and customers' notes."""

import sqlalchemy as sa
from alembic import op

revision = "0020_order_words"
down_revision = "0019_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("shop_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gift_message", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("customer_note", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("shop_order", schema=None) as batch_op:
        batch_op.drop_column("customer_note")
        batch_op.drop_column("gift_message")
