"""What customers send back, and how far each return has come."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice
from shop.models.order_lines import OrderLine
from shop.models.orders import Order


class ReturnState(StrEnum):
    """How far a return has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    """The customer knows where to send it."""
    REFUSED = "refused"
    RECEIVED = "received"
    """The goods are back, and the money is to go."""
    CLOSED = "closed"
    CANCELLED = "cancelled"
    """The customer keeps the goods, or the parcel never came."""


class ReturnReason(StrEnum):
    """Why somebody sends something back."""

    UNSUITED = "unsuited"
    DAMAGED = "damaged"
    FAULTY = "faulty"
    WRONG = "wrong"
    LATE = "late"
    UNSAFE = "unsafe"
    OTHER = "other"


class Return(Base):
    """A customer's request to send goods back, under the shop's own promise.

    A withdrawal by law is another thing, see `Withdrawal`. `words` are the customer's, `answer` is
    what staff told them. One of an order may wait for a decision at a time.
    """

    __tablename__ = "goods_return"
    __table_args__ = (
        Index(
            "uq_goods_return_requested",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'requested'"),
            postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_goods_return_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    state: Mapped[ReturnState] = mapped_column(choice(ReturnState))
    reason: Mapped[ReturnReason] = mapped_column(choice(ReturnReason))
    words: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(320))
    received_at: Mapped[datetime | None]
    received_by: Mapped[str | None] = mapped_column(String(320))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(320))

    order: Mapped[Order] = relationship()
    lines: Mapped[list["ReturnLine"]] = relationship(order_by="ReturnLine.order_line_id")


class ReturnLine(Base):
    """So many units of an order line are to come back; `received` of them did."""

    __tablename__ = "return_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received >= 0 AND received <= quantity", name="received"),
    )

    return_id: Mapped[int] = mapped_column(ForeignKey("goods_return.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]
    received: Mapped[int | None]

    line: Mapped[OrderLine] = relationship()
