"""Letters that go within another message, whose fate they have."""

import sqlalchemy as sa
from alembic import op

revision = "0052_delivery_within"
down_revision = "0051_implied_consent"
branch_labels = None
depends_on = None

_GOES_WITHIN = sa.text("within IS NOT NULL")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("within", sa.Integer(), nullable=True))
    op.create_index(
        "ix_delivery_within",
        "delivery",
        ["within"],
        sqlite_where=_GOES_WITHIN,
        postgresql_where=_GOES_WITHIN,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_within", "delivery")
    op.drop_column("delivery", "within")
