"""Lets discarded writing be taken back, and keeps when unsaved writing is to be published."""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0038_discarded_copies"
down_revision = "0037_trials"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post_working_copy", sa.Column("publish_at", UtcDateTime(), nullable=True))
    op.add_column("post_working_copy", sa.Column("discarded_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("post_working_copy", "discarded_at")
    op.drop_column("post_working_copy", "publish_at")
