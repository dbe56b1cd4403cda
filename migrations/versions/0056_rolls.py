"""Issues have a roll of those whom the delivery ledger has yet to have."""

import sqlalchemy as sa
from alembic import op

revision = "0056_rolls"
down_revision = "0055_freed_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roll_entry",
        sa.Column("newsletter_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("newsletter_id", "subscriber_id", name="pk_roll_entry"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("roll_entry")
