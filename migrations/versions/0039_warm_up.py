"""Count the messages of each day of a sender's warm-up."""

import sqlalchemy as sa
from alembic import op

revision = "0039_warm_up"
down_revision = "0038_discarded_copies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warm_up_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_warm_up_day")),
    )


def downgrade() -> None:
    op.drop_table("warm_up_day")
