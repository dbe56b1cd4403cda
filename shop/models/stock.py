"""What is on the shelf, who holds it, and how it came and went."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Stock(Base):
    """How many of a variant are there: `on_hand` that nobody has paid for, `reserved` of them.

    A bundle has none of its own: what is held and taken for it are its parts.
    """

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("reserved <= on_hand", name="on_hand"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]


class StockMovement(Base):
    """A change of `on_hand`, whose value is the sum of all of them. Never changed."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        Index("ix_stock_movement_variant_id", "variant_id", "id"),
        Index("ix_stock_movement_order_id", "order_id", "change"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"))
    change: Mapped[int]
    why: Mapped[str] = mapped_column(String(200))
    who: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime]


class ReservationState(StrEnum):
    """What became of the units that an order asked for."""

    HELD = "held"
    TAKEN = "taken"
    """Paid for, and off the shelf."""
    RELEASED = "released"


class Reservation(Base):
    """Units held for an order line until `expires_at`, or, while a bank is awaited, without end.

    The line of a bundle has one for each part, as the bundle was made up when it was ordered.
    `returned` of the units that were taken are back on the shelf.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("returned >= 0 AND returned <= quantity", name="returned"),
        Index(
            "ix_reservation_held",
            "expires_at",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    quantity: Mapped[int]
    returned: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[ReservationState] = mapped_column(choice(ReservationState))
    expires_at: Mapped[datetime | None]
