"""What a sequence's beginning is about."""

import sqlalchemy as sa
from alembic import op

revision = "0030_sequence_triggers"
down_revision = "0029_delivery_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trigger_value", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.drop_column("trigger_value")
