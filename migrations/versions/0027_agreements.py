"""What customers agreed to at the checkout."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0027_agreements"
down_revision = "0026_visits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=32), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_agreement_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("order_id", "matter", name=op.f("pk_agreement")),
    )


def downgrade() -> None:
    op.drop_table("agreement")
