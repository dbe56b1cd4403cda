"""Adds who wants to be told of answers to a comment, and what addresses are asked no more."""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0034_followers"
down_revision = "0033_refusals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment_follower_refusal",
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_comment_follower_refusal")),
    )
    op.create_table(
        "comment_follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wished_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_comment_follower_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_follower")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_comment_follower_comment_id")),
    )
    op.create_index(op.f("ix_comment_follower_email"), "comment_follower", ["email"])


def downgrade() -> None:
    op.drop_table("comment_follower")
    op.drop_table("comment_follower_refusal")
