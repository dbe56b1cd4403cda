"""What is in which parcel, how far an order's goods are, its tags and disputes, refunds by line."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0007_parcels"
down_revision = "0006_withdrawals"
branch_labels = None
depends_on = None

_WAS_TO_SHIP = "state IN ('paid', 'partly_refunded') AND fulfilled_at IS NULL"
_TO_SHIP = (
    "state IN ('paid', 'partly_refunded') AND progress IN ('unfulfilled', 'partly_fulfilled')"
)
_OPEN = "('needs_response', 'under_review', 'warning_needs_response', 'warning_under_review')"


def upgrade() -> None:
    op.create_table(
        "order_tag",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_order_tag_order_id_shop_order")
        ),
        sa.PrimaryKeyConstraint("order_id", "tag", name=op.f("pk_order_tag")),
    )
    op.create_index("ix_order_tag_tag", "order_tag", ["tag", "order_id"])
    op.create_table(
        "fulfilment_line",
        sa.Column("fulfilment_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfilment_line_quantity")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"],
            ["fulfilment.id"],
            name=op.f("fk_fulfilment_line_fulfilment_id_fulfilment"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_fulfilment_line_order_line_id_order_line"),
        ),
        sa.PrimaryKeyConstraint("fulfilment_id", "order_line_id", name=op.f("pk_fulfilment_line")),
    )
    op.create_index("ix_fulfilment_line_order_line_id", "fulfilment_line", ["order_line_id"])
    op.create_table(
        "refund_line",
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("restocked", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_line_quantity")),
        sa.CheckConstraint(
            "restocked >= 0 AND restocked <= quantity", name=op.f("ck_refund_line_restocked")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_refund_line_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_line_refund_id_refund")
        ),
        sa.PrimaryKeyConstraint("refund_id", "order_line_id", name=op.f("pk_refund_line")),
    )
    op.create_index("ix_refund_line_order_line_id", "refund_line", ["order_line_id"])
    op.add_column("fulfilment", sa.Column("delivered_at", db.UtcDateTime()))
    op.create_index("ix_fulfilment_tracking_number", "fulfilment", ["tracking_number"])
    for name in ("shipped", "dropped"):
        op.add_column(
            "order_line", sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        )
    op.add_column(
        "shop_order",
        sa.Column("progress", sa.String(length=32), server_default="unfulfilled", nullable=False),
    )
    op.add_column("shop_order", sa.Column("dispute", sa.String(length=32)))
    op.add_column("shop_order", sa.Column("delivered_at", db.UtcDateTime()))
    _fill()
    op.drop_index("ix_shop_order_to_ship", "shop_order")
    _index("ix_shop_order_to_ship", ["progress", "state", "id"], _TO_SHIP)
    _index("ix_shop_order_dispute", ["dispute", "id"], "dispute IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_shop_order_dispute", "shop_order")
    op.drop_index("ix_shop_order_to_ship", "shop_order")
    _index("ix_shop_order_to_ship", ["fulfilled_at", "id"], _WAS_TO_SHIP)
    for name in ("delivered_at", "dispute", "progress"):
        op.drop_column("shop_order", name)
    for name in ("dropped", "shipped"):
        op.drop_column("order_line", name)
    op.drop_index("ix_fulfilment_tracking_number", "fulfilment")
    op.drop_column("fulfilment", "delivered_at")
    for name in ("refund_line", "fulfilment_line", "order_tag"):
        op.drop_table(name)


def _fill() -> None:
    """A parcel held the whole order until now; a dispute was a date."""
    op.execute(
        "INSERT INTO fulfilment_line (fulfilment_id, order_line_id, quantity) "
        "SELECT fulfilment.id, order_line.id, order_line.quantity FROM fulfilment "
        "JOIN order_line ON order_line.order_id = fulfilment.order_id"
    )
    op.execute(
        "UPDATE order_line SET shipped = quantity "
        "WHERE order_id IN (SELECT order_id FROM fulfilment)"
    )
    op.execute(
        "UPDATE shop_order SET progress = 'fulfilled' WHERE id IN (SELECT order_id FROM fulfilment)"
    )
    of_order = "SELECT 1 FROM dispute WHERE dispute.order_id = shop_order.id"
    op.execute(
        "UPDATE shop_order SET dispute = CASE "  # noqa: S608 - of constants
        f"WHEN EXISTS ({of_order} AND dispute.status IN {_OPEN}) THEN 'open' "
        f"WHEN EXISTS ({of_order} AND dispute.status = 'lost') THEN 'lost' ELSE 'won' END "
        "WHERE disputed_at IS NOT NULL"
    )


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "shop_order",
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
