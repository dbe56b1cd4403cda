"""Issues say what becomes of them after an outage."""

import sqlalchemy as sa
from alembic import op

revision = "0053_lateness"
down_revision = "0052_delivery_within"
branch_labels = None
depends_on = None


def upgrade() -> None:
    late = sa.Column("late", sa.String(32), server_default="hold", nullable=False)
    op.add_column("newsletter", late)


def downgrade() -> None:
    op.drop_column("newsletter", "late")
