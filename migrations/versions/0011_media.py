"""Uploaded pictures, videos and captions."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0011_media"
down_revision = "0010_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "medium",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("ending", sa.String(length=4), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("widths", db.Json, nullable=False),
        sa.Column("created_by", sa.String(length=320), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medium")),
        sa.UniqueConstraint("name", name=op.f("uq_medium_name")),
    )


def downgrade() -> None:
    op.drop_table("medium")
