"""Calls the table of refusals by what it holds since reminders can be refused too."""

from alembic import op

revision = "0033_refusals"
down_revision = "0032_hold_outs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("review_refusal", "letter_refusal")


def downgrade() -> None:
    op.rename_table("letter_refusal", "review_refusal")
