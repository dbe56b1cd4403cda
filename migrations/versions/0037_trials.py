"""Trials of subjects, waves by readers' clocks, and the pace of an issue."""

import sqlalchemy as sa
from alembic import op

from core.db import Json, UtcDateTime

revision = "0037_trials"
down_revision = "0036_sequence_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newsletter_subject",
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletter.id"],
            name=op.f("fk_newsletter_subject_newsletter_id_newsletter"),
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "number", name=op.f("pk_newsletter_subject")),
    )
    op.create_table(
        "newsletter_trial",
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column(
            "yardstick",
            sa.Enum("clicks", "orders", name="yardstick", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("error", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("chance", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletter.id"],
            name=op.f("fk_newsletter_trial_newsletter_id_newsletter"),
        ),
        sa.PrimaryKeyConstraint("newsletter_id", name=op.f("pk_newsletter_trial")),
    )
    op.add_column("newsletter", sa.Column("local_at", sa.String(16), nullable=True))
    for name in ("waves", "samples"):
        op.add_column("newsletter", sa.Column(name, Json, server_default="[]", nullable=False))


def downgrade() -> None:
    for name in ("samples", "waves", "local_at"):
        op.drop_column("newsletter", name)
    op.drop_table("newsletter_trial")
    op.drop_table("newsletter_subject")
