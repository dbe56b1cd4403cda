"""A part of those who would begin a sequence is held out by lot."""

import sqlalchemy as sa
from alembic import op

revision = "0058_sequence_hold_outs"
down_revision = "0057_suppression_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sequence", sa.Column("held_out", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("enrolment", sa.Column("odds", sa.Integer(), nullable=True))
    drawn = sa.text("odds IS NOT NULL")
    op.create_index(
        "ix_enrolment_odds",
        "enrolment",
        ["sequence_id", "subscriber_id"],
        sqlite_where=drawn,
        postgresql_where=drawn,
    )


def downgrade() -> None:
    op.drop_index("ix_enrolment_odds", "enrolment")
    op.drop_column("enrolment", "odds")
    op.drop_column("sequence", "held_out")
    # Before, a walk was under way, done or ended; that state of its own would not be read.
    op.execute(
        "UPDATE enrolment SET state = 'exited', reason = 'held out' WHERE state = 'held out'"
    )
