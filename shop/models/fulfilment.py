"""How what was bought reaches the customer: how far it is, and the parcels."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from shop.models.order_lines import OrderLine


class Progress(StrEnum):
    """How far the goods of an order have come, whatever became of the money."""

    UNFULFILLED = "unfulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    """Some of it is on its way."""
    FULFILLED = "fulfilled"
    """All of it is on its way that has to be."""
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    """It was paid, and nothing of it will be shipped."""


TO_FULFIL = (Progress.UNFULFILLED, Progress.PARTLY_FULFILLED)
"""Where a parcel has to go out yet, if it is paid."""


class Fulfilment(Base):
    """A parcel on its way to the customer, and with them since `delivered_at`."""

    __tablename__ = "fulfilment"
    __table_args__ = (Index("ix_fulfilment_tracking_number", "tracking_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str | None] = mapped_column(String(120))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]

    contents: Mapped[list["FulfilmentLine"]] = relationship(order_by="FulfilmentLine.order_line_id")


class FulfilmentLine(Base):
    """So many units of an order line are in a parcel."""

    __tablename__ = "fulfilment_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    fulfilment_id: Mapped[int] = mapped_column(ForeignKey("fulfilment.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]

    line: Mapped[OrderLine] = relationship()
