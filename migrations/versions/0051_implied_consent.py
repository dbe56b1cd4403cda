"""Readers may be on the list because they bought, until a moment.

On the way back whoever is there for that alone is off it: they never agreed.
"""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0051_implied_consent"
down_revision = "0050_product_former"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("implied_until", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_subscriber_implied_until",
        "subscriber",
        ["implied_until"],
        sqlite_where=sa.text("implied_until IS NOT NULL"),
        postgresql_where=sa.text("implied_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute(
        "UPDATE subscriber SET standing = 'unsubscribed'"
        " WHERE implied_until IS NOT NULL OR standing = 'lapsed'"
    )
    op.drop_index("ix_subscriber_implied_until", "subscriber")
    op.drop_column("subscriber", "implied_until")
