"""How often pages were opened, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0026_visits"
down_revision = "0025_order_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=130), nullable=False),
        sa.Column("detail", sa.String(length=160), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "name", "detail", name=op.f("pk_visit")),
    )


def downgrade() -> None:
    op.drop_table("visit")
