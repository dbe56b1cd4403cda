"""What Stripe's payment page offers beside an order: as staff chose it, and for each order."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Upsell(Base):
    """Whoever orders a product is offered up to `most` units of a variant of another."""

    __tablename__ = "upsell"
    __table_args__ = (CheckConstraint("most > 0", name="most"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, index=True)
    position: Mapped[int]
    most: Mapped[int]


class OrderOffer(Base):
    """What an order's payment page offers, as it was called and what it cost when the page opened.

    Only this can come to the order on the page: at `unit_amount`, up to `most` units.
    """

    __tablename__ = "order_offer"
    __table_args__ = (CheckConstraint("most > 0", name="most"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, index=True)
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    unit_amount: Mapped[int]
    most: Mapped[int]
