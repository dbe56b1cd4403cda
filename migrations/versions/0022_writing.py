"""What is being written in posts and not saved yet."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0022_writing"
down_revision = "0021_segments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_working_copy",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("writer", sa.String(length=320), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=True),
        sa.Column("draft", db.Json, nullable=False),
        sa.Column("kept_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
            name="fk_post_working_copy_post_id_post",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_post_working_copy"),
    )
    op.create_index("ix_post_working_copy_post_id", "post_working_copy", ["post_id"])
    op.create_index("ix_post_working_copy_writer", "post_working_copy", ["writer"])


def downgrade() -> None:
    op.drop_table("post_working_copy")
