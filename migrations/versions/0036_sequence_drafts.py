"""Steps of a sequence that staff have not published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036_sequence_drafts"
down_revision = "0035_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft", steps, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.drop_column("draft")
