"""Zones of countries to ship to, with bands of weight."""

import sqlalchemy as sa
from alembic import op

revision = "0016_shipping_zones"
down_revision = "0015_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shipping_zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("free_from", sa.Integer(), nullable=True),
        sa.Column("days_min", sa.Integer(), nullable=False),
        sa.Column("days_max", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "days_min >= 0 AND days_min <= days_max", name=op.f("ck_shipping_zone_days")
        ),
        sa.CheckConstraint("free_from > 0", name=op.f("ck_shipping_zone_free_from")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_zone")),
    )
    op.create_table(
        "shipping_band",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("up_to_grams", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_shipping_band_amount")),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["shipping_zone.id"], name=op.f("fk_shipping_band_zone_id_shipping_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_band")),
        sa.UniqueConstraint(
            "zone_id", "up_to_grams", name=op.f("uq_shipping_band_zone_id_up_to_grams")
        ),
    )
    op.create_table(
        "shipping_country",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_id"],
            ["shipping_zone.id"],
            name=op.f("fk_shipping_country_zone_id_shipping_zone"),
        ),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_shipping_country")),
    )
    op.create_index(op.f("ix_shipping_country_zone_id"), "shipping_country", ["zone_id"])
    _make_each_rate_a_zone(op.get_bind())
    op.drop_table("shipping_rate")


def downgrade() -> None:
    op.create_table(
        "shipping_rate",
        sa.Column("country", sa.VARCHAR(length=2), nullable=False),
        sa.Column("title", sa.VARCHAR(length=100), nullable=False),
        sa.Column("amount", sa.INTEGER(), nullable=False),
        sa.Column("currency", sa.VARCHAR(length=3), nullable=False),
        sa.Column("days_min", sa.INTEGER(), nullable=False),
        sa.Column("days_max", sa.INTEGER(), nullable=False),
        sa.Column("position", sa.INTEGER(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_shipping_rate_amount")),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_shipping_rate")),
    )
    # The dearest band, so that no parcel costs the shop more than its customer.
    op.execute(
        "INSERT INTO shipping_rate (country, title, amount, currency, days_min, days_max, position)"
        " SELECT country, title, MAX(amount), currency, days_min, days_max, shipping_zone.position"
        " FROM shipping_country JOIN shipping_zone ON shipping_zone.id = shipping_country.zone_id"
        " JOIN shipping_band ON shipping_band.zone_id = shipping_zone.id"
        " GROUP BY country, title, currency, days_min, days_max, shipping_zone.position"
    )
    op.drop_index(op.f("ix_shipping_country_zone_id"), table_name="shipping_country")
    op.drop_table("shipping_country")
    op.drop_table("shipping_band")
    op.drop_table("shipping_zone")


def _make_each_rate_a_zone(connection: sa.Connection) -> None:
    zone, band, country = (
        sa.table(name, *map(sa.column, columns))
        for name, columns in {
            "shipping_zone": ("id", "title", "currency", "days_min", "days_max", "position"),
            "shipping_band": ("zone_id", "amount"),
            "shipping_country": ("country", "zone_id", "position"),
        }.items()
    )
    rates = sa.text("SELECT * FROM shipping_rate ORDER BY position, country")
    for rate in connection.execute(rates).mappings().all():
        kept = {name: rate[name] for name in ("title", "currency", "days_min", "days_max")}
        made = sa.insert(zone).values(**kept, position=rate["position"]).returning(zone.c.id)
        number = connection.execute(made).scalar_one()
        connection.execute(sa.insert(band).values(zone_id=number, amount=rate["amount"]))
        connection.execute(
            sa.insert(country).values(country=rate["country"], zone_id=number, position=0)
        )
