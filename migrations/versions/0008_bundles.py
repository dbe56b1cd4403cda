"""Options and bundles, accessories, why a price was set."""

import sqlalchemy as sa
from alembic import op

from core import db

revision = "0008_bundles"
down_revision = "0007_parcels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accessory",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("accessory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["accessory_id"], ["product.id"], name=op.f("fk_accessory_accessory_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_accessory_product_id_product")
        ),
        sa.PrimaryKeyConstraint("product_id", "accessory_id", name=op.f("pk_accessory")),
    )
    op.create_table(
        "part",
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("part_id <> bundle_id", name=op.f("ck_part_part_id")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_part_quantity")),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["variant.id"], name=op.f("fk_part_bundle_id_variant")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["variant.id"], name=op.f("fk_part_part_id_variant")),
        sa.PrimaryKeyConstraint("bundle_id", "part_id", name=op.f("pk_part")),
    )
    op.create_index(op.f("ix_part_part_id"), "part", ["part_id"], unique=False)

    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("why", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("who", sa.String(length=320), nullable=False, server_default="")
        )

    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("returned", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_constraint("pk_reservation", type_="primary")
        batch_op.create_primary_key("pk_reservation", ["order_line_id", "variant_id"])
        batch_op.create_check_constraint(
            op.f("ck_reservation_returned"), "returned >= 0 AND returned <= quantity"
        )

    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("options", db.Json, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("gtin", sa.String(length=14), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.drop_column("gtin")
        batch_op.drop_column("options")

    # A line of a bundle has one for each part, and the key of before has room for one alone.
    op.execute(
        "DELETE FROM reservation WHERE variant_id <> (SELECT variant_id FROM order_line "
        "WHERE order_line.id = reservation.order_line_id)"
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_reservation_returned"), type_="check")
        batch_op.drop_constraint("pk_reservation", type_="primary")
        batch_op.create_primary_key("pk_reservation", ["order_line_id"])
        batch_op.drop_column("returned")

    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.drop_column("who")
        batch_op.drop_column("why")

    op.drop_index(op.f("ix_part_part_id"), table_name="part")
    op.drop_table("part")
    op.drop_table("accessory")
