"""What stops and slows mail, and what is reported of it."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0010_mail"
down_revision = "0009_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_report")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_report_key")),
    )
    with op.batch_alter_table("mail_report", schema=None) as batch_op:
        batch_op.create_index("ix_mail_report_delivery_id", ["delivery_id"], unique=False)
        batch_op.create_index("ix_mail_report_recipient", ["recipient", "at"], unique=False)

    op.create_table(
        "mail_stop",
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_mail_stop")),
    )
    op.create_table(
        "rate_bucket",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("free_at", db.UtcDateTime(), nullable=False),
        sa.Column("per_second", sa.Double(), nullable=True),
        sa.Column("slowed_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_bucket")),
    )


def downgrade() -> None:
    op.drop_table("rate_bucket")
    op.drop_table("mail_stop")
    with op.batch_alter_table("mail_report", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_report_recipient")
        batch_op.drop_index("ix_mail_report_delivery_id")

    op.drop_table("mail_report")
