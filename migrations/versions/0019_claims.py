"""Which findings of the claims check the owner let pass, and why."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0019_claims"
down_revision = "0018_promotions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batch mode: a table made anew would lose the triggers that keep the search in step.
    op.add_column("post", sa.Column("waiver", db.Json, nullable=True))


def downgrade() -> None:
    op.drop_column("post", "waiver")
