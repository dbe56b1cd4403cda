"""What shipping costs: zones of countries, and the bands of weight in each."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base


class ShippingZone(Base):
    """Countries to which an order costs the same; `days_min` to `days_max` are business days.

    From goods of `free_from` minor units on, after a promotion code, shipping is free.
    """

    __tablename__ = "shipping_zone"
    __table_args__ = (
        CheckConstraint("free_from > 0", name="free_from"),
        CheckConstraint("days_min >= 0 AND days_min <= days_max", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    currency: Mapped[str] = mapped_column(String(3))
    free_from: Mapped[int | None]
    days_min: Mapped[int]
    days_max: Mapped[int]
    position: Mapped[int]

    countries: Mapped[list["ShippingCountry"]] = relationship(
        order_by="ShippingCountry.position", cascade="all, delete-orphan"
    )
    bands: Mapped[list["ShippingBand"]] = relationship(
        order_by="ShippingBand.up_to_grams", cascade="all, delete-orphan"
    )


class ShippingCountry(Base):
    """A country (ISO 3166-1) and the one zone that it is in."""

    __tablename__ = "shipping_country"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("shipping_zone.id"), index=True)
    position: Mapped[int]


class ShippingBand(Base):
    """What an order of at most `up_to_grams` costs; the band without a weight takes the rest.

    A zone with that one alone has a flat rate. One without it does not take what is heavier.
    """

    __tablename__ = "shipping_band"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        UniqueConstraint("zone_id", "up_to_grams"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("shipping_zone.id"))
    up_to_grams: Mapped[int | None]
    amount: Mapped[int]
