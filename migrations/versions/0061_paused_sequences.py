"""Staff may pause a sequence for everybody who is under way."""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0061_paused_sequences"
down_revision = "0060_buyers_by_address"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sequence", sa.Column("paused_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("sequence", "paused_at")
