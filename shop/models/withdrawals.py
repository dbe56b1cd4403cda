"""What customers declared when they withdrew from a contract."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Withdrawal(Base):
    """A customer's statement that they withdraw from the contract, as they confirmed it. Kept.

    `items` are the goods: SKU, title and quantity of each. `email` is where it was acknowledged.
    It is open until staff have dealt with it; an order has one open statement at most.
    """

    __tablename__ = "withdrawal"
    __table_args__ = (
        Index(
            "uq_withdrawal_open",
            "order_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    items: Mapped[list[dict[str, Any]]]
    statement: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(320))
