"""What shipping costs."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class ShippingRate(Base):
    """What it costs to ship an order to a country (ISO 3166-1), and how many business days."""

    __tablename__ = "shipping_rate"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    days_min: Mapped[int]
    days_max: Mapped[int]
    position: Mapped[int]
