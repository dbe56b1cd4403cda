"""Deeds on a whole source, which its messages follow in portions.

What is paused by now gets its deed; on the way back, messages follow at once.
"""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0049_source_deeds"
down_revision = "0048_stray_disputes"
branch_labels = None
depends_on = None

_PAUSED = """
INSERT INTO source_deed (source, kind, reason, at)
SELECT 'newsletter:' || id, 'hold', 'paused', CURRENT_TIMESTAMP FROM newsletter
WHERE state = 'paused'
"""
_FOLLOW = (
    (
        "UPDATE delivery SET state = 'held', worker = NULL, lease_until = NULL"
        " WHERE state IN ('pending', 'claimed')"
        " AND source IN (SELECT source FROM source_deed WHERE kind = 'hold')"
    ),
    (
        "UPDATE delivery SET state = 'pending' WHERE state = 'held'"
        " AND source IN (SELECT source FROM source_deed WHERE kind = 'resume')"
    ),
    (
        "UPDATE delivery SET state = 'excluded', reason = 'cancelled',"
        " settled_at = CURRENT_TIMESTAMP, worker = NULL, lease_until = NULL"
        " WHERE state IN ('pending', 'claimed', 'held')"
        " AND source IN (SELECT source FROM source_deed WHERE kind = 'cancel')"
    ),
)


def upgrade() -> None:
    op.create_table(
        "source_deed",
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_deed")),
    )
    op.execute(_PAUSED)
    op.add_column("newsletter_trial", sa.Column("rest_from", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("newsletter_trial", "rest_from")
    for statement in _FOLLOW:
        op.execute(statement)
    op.drop_table("source_deed")
