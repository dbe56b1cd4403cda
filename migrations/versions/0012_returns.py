"""What customers send back."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0012_returns"
down_revision = "0011_media"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goods_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("requested_at", db.UtcDateTime(), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=320), nullable=True),
        sa.Column("received_at", db.UtcDateTime(), nullable=True),
        sa.Column("received_by", sa.String(length=320), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=320), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_goods_return_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_return")),
    )
    with op.batch_alter_table("goods_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goods_return_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_goods_return_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_goods_return_requested",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )

    op.create_table(
        "return_line",
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_line_quantity")),
        sa.CheckConstraint(
            "received >= 0 AND received <= quantity", name=op.f("ck_return_line_received")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_return_line_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["goods_return.id"], name=op.f("fk_return_line_return_id_goods_return")
        ),
        sa.PrimaryKeyConstraint("return_id", "order_line_id", name=op.f("pk_return_line")),
    )
    with op.batch_alter_table("return_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_return_line_order_line_id"), ["order_line_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("return_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_line_order_line_id"))

    op.drop_table("return_line")
    with op.batch_alter_table("goods_return", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_goods_return_requested",
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )
        batch_op.drop_index("ix_goods_return_state")
        batch_op.drop_index(batch_op.f("ix_goods_return_order_id"))

    op.drop_table("goods_return")
