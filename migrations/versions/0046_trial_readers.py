"""Trials keep how many readers are to get each subject."""

import sqlalchemy as sa
from alembic import op

from core.db import Json

revision = "0046_trial_readers"
down_revision = "0045_sums"
branch_labels = None
depends_on = None


def upgrade() -> None:
    readers = sa.Column("readers", Json, server_default="[]", nullable=False)
    op.add_column("newsletter_trial", readers)


def downgrade() -> None:
    op.drop_column("newsletter_trial", "readers")
