"""The comparison with Stripe, the reconciler's runs, refused deliveries."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0014_books"
down_revision = "0013_restock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=320), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("found", db.Json, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index("ix_reconciliation_began_at", ["began_at"], unique=False)

    op.create_table(
        "webhook_refusal",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason", name=op.f("pk_webhook_refusal")),
    )
    op.create_table(
        "book_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("there", sa.String(length=64), nullable=False),
        sa.Column("here", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("compared_at", db.UtcDateTime(), nullable=False),
        sa.Column("repaired_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_book_entry_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_book_entry_key")),
    )
    with op.batch_alter_table("book_entry", schema=None) as batch_op:
        batch_op.create_index("ix_book_entry_at", ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_book_entry_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "ix_book_entry_unmatched",
            ["id"],
            unique=False,
            sqlite_where=sa.text("verdict = 'unmatched'"),
            postgresql_where=sa.text("verdict = 'unmatched'"),
        )
        batch_op.create_index("ix_book_entry_verdict", ["verdict", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("book_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_book_entry_verdict")
        batch_op.drop_index(
            "ix_book_entry_unmatched",
            sqlite_where=sa.text("verdict = 'unmatched'"),
            postgresql_where=sa.text("verdict = 'unmatched'"),
        )
        batch_op.drop_index(batch_op.f("ix_book_entry_order_id"))
        batch_op.drop_index("ix_book_entry_at")

    op.drop_table("book_entry")
    op.drop_table("webhook_refusal")
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.drop_index("ix_reconciliation_began_at")

    op.drop_table("reconciliation")
