"""Whether the tax of an order is in its amounts, or on top of them."""

import sqlalchemy as sa
from alembic import op

revision = "0041_tax_included"
down_revision = "0040_upsell"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shop_order", sa.Column("tax_included", sa.Boolean(), nullable=True))


def downgrade() -> None:
    # Not in batch: that would make the table anew, and lose the triggers of the search.
    op.drop_column("shop_order", "tax_included")
