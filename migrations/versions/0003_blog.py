"""The tables of `blog`."""

revision = "0003_blog"
down_revision = "0002_shop"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""


def downgrade() -> None:
    """Drop them."""
