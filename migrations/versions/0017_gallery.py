"""The galleries of products, which were a list among a product's details."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0017_gallery"
down_revision = "0016_shipping_zones"
branch_labels = None
depends_on = None


def upgrade() -> None:
    exhibit = op.create_table(
        "exhibit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(length=64), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=False),
        sa.Column("video", sa.String(length=300), nullable=True),
        sa.Column("captions", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_exhibit_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exhibit")),
    )
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.create_index("ix_exhibit_product_id", ["product_id", "position"], unique=False)
    product = sa.table("product", sa.column("id"), sa.column("details", db.Json))
    for number, details in op.get_bind().execute(sa.select(product.c.id, product.c.details)).all():
        rows = [
            {
                "product_id": number,
                "position": position,
                "picture": f"product/{each['name']}",
                "alt": each["alt"],
            }
            for position, each in enumerate(details.get("pictures") or [])
        ]
        if rows:
            op.bulk_insert(exhibit, rows)


def downgrade() -> None:
    with op.batch_alter_table("exhibit", schema=None) as batch_op:
        batch_op.drop_index("ix_exhibit_product_id")

    op.drop_table("exhibit")
