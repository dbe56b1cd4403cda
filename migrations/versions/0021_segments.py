"""Segments by conditions; a newsletter meant for a tag is meant for a segment of that name."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0021_segments"
down_revision = "0020_order_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rule", db.Json, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
    )
    _keep_tags()


def downgrade() -> None:
    op.drop_table("segment")


def _keep_tags() -> None:
    """Until now a newsletter went to whoever had one tag."""
    newsletter = sa.table(
        "newsletter", sa.column("segment", sa.String), sa.column("updated_at", db.UtcDateTime())
    )
    segment = sa.table(
        "segment",
        sa.column("name", sa.String),
        sa.column("rule", db.Json),
        sa.column("created_at", db.UtcDateTime()),
        sa.column("updated_at", db.UtcDateTime()),
    )
    used = (
        sa.select(newsletter.c.segment, sa.func.max(newsletter.c.updated_at).label("at"))
        .where(newsletter.c.segment.is_not(None))
        .group_by(newsletter.c.segment)
    )
    rows = [
        {
            "name": row.segment,
            "rule": {
                "match": "all",
                "terms": [{"kind": "tagged", "holds": "yes", "tag": row.segment}],
            },
            "created_at": row.at,
            "updated_at": row.at,
        }
        for row in op.get_bind().execute(used)
    ]
    if rows:
        op.bulk_insert(segment, rows)
