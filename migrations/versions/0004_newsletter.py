"""The tables of `newsletter`."""

revision = "0004_newsletter"
down_revision = "0003_blog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""


def downgrade() -> None:
    """Drop them."""
