"""The tables of `shop`."""

revision = "0002_shop"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""


def downgrade() -> None:
    """Drop them."""
