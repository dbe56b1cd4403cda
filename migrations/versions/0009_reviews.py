"""What buyers say of what they bought."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0009_reviews"
down_revision = "0008_bundles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_refusal",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_review_refusal")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("used", sa.String(length=32), nullable=True),
        sa.Column("written_at", db.UtcDateTime(), nullable=False),
        sa.Column("edited_at", db.UtcDateTime(), nullable=True),
        sa.Column("deleted_at", db.UtcDateTime(), nullable=True),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("seen_at", db.UtcDateTime(), nullable=True),
        sa.Column("quote_wording", sa.Text(), nullable=True),
        sa.Column("quote_version", sa.String(length=32), nullable=True),
        sa.Column("quote_agreed_at", db.UtcDateTime(), nullable=True),
        sa.Column("quote_withdrawn_at", db.UtcDateTime(), nullable=True),
        sa.Column("picked_quote", sa.Text(), nullable=True),
        sa.Column("picked_at", db.UtcDateTime(), nullable=True),
        sa.Column("picked_by", sa.String(length=320), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("reply_by", sa.String(length=320), nullable=True),
        sa.Column("replied_at", db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_review_stars")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_review_order_id_shop_order")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_review_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_review_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_review_order_line_id")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_review_product", ["product_id", "stars", "id"], unique=False)
        batch_op.create_index(
            "ix_review_unseen",
            ["id"],
            unique=False,
            sqlite_where=sa.text("seen_at IS NULL"),
            postgresql_where=sa.text("seen_at IS NULL"),
        )

    op.create_table(
        "review_removal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=320), nullable=False),
        sa.Column("restored_at", db.UtcDateTime(), nullable=True),
        sa.Column("restored_by", sa.String(length=320), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_removal_review_id_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_removal")),
    )
    with op.batch_alter_table("review_removal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_review_removal_review_id"), ["review_id"], unique=False
        )
        batch_op.create_index(
            "uq_review_removal_open",
            ["review_id"],
            unique=True,
            sqlite_where=sa.text("restored_at IS NULL"),
            postgresql_where=sa.text("restored_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("review_removal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_review_removal_open",
            sqlite_where=sa.text("restored_at IS NULL"),
            postgresql_where=sa.text("restored_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_review_removal_review_id"))

    op.drop_table("review_removal")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_review_unseen",
            sqlite_where=sa.text("seen_at IS NULL"),
            postgresql_where=sa.text("seen_at IS NULL"),
        )
        batch_op.drop_index("ix_review_product")
        batch_op.drop_index(batch_op.f("ix_review_order_id"))

    op.drop_table("review")
    op.drop_table("review_refusal")
