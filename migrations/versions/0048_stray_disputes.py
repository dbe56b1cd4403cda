"""A dispute about money that no order asked for, and whom to tell when such money went back."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0048_stray_disputes"
down_revision = "0047_alerts_told"
branch_labels = None
depends_on = None

_PAYMENT = "fk_dispute_stray_id_stray_payment"


def upgrade() -> None:
    op.add_column("stray_payment", sa.Column("email", sa.String(length=320), nullable=True))
    op.add_column(
        "stray_payment",
        sa.Column("returned_at", core.db.UtcDateTime(timezone=True), nullable=True),
    )
    with op.batch_alter_table("dispute") as batch:
        batch.add_column(sa.Column("stray_id", sa.Integer(), nullable=True))
        batch.create_index("ix_dispute_stray_id", ["stray_id"])
        batch.create_foreign_key(op.f(_PAYMENT), "stray_payment", ["stray_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("dispute") as batch:
        batch.drop_constraint(op.f(_PAYMENT), type_="foreignkey")
        batch.drop_index("ix_dispute_stray_id")
        batch.drop_column("stray_id")
    op.drop_column("stray_payment", "returned_at")
    op.drop_column("stray_payment", "email")
