"""What staff replaced when they last saved a product."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050_product_former"
down_revision = "0049_source_deeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    former = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("product", sa.Column("former", former, nullable=True))


def downgrade() -> None:
    op.drop_column("product", "former")
