"""The tables of `staff`."""

revision = "0005_staff"
down_revision = "0004_newsletter"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""


def downgrade() -> None:
    """Drop them."""
