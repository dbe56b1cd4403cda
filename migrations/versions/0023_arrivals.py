"""What came from another shop, so that it is not taken twice."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0023_arrivals"
down_revision = "0022_writing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_arrival")),
    )


def downgrade() -> None:
    op.drop_table("arrival")
