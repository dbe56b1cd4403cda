"""Readers who are left out of an issue, to see what it adds."""

import sqlalchemy as sa
from alembic import op

revision = "0032_hold_outs"
down_revision = "0031_presented"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("newsletter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_out", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("newsletter", schema=None) as batch_op:
        batch_op.drop_column("held_out")
