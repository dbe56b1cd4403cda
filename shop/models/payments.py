"""Money as Stripe tells of it: payments, refunds, disputes, and the events themselves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice


class Payment(Base):
    """Money that came in for an order; nothing but the Session where a code paid for all of it."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(255), unique=True)
    payment_intent: Mapped[str | None] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime]


class Refund(Base):
    """Money that goes back: Stripe's refund `stripe_id`, and its state as Stripe last said.

    One that staff asked for has no `stripe_id` until Stripe answered. `presented` is what the
    customer gets in their own currency, where they paid in another than the order's.
    """

    __tablename__ = "refund"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    stripe_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    presented_amount: Mapped[int | None]
    presented_currency: Mapped[str | None] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(String(200))
    who: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class StrayState(StrEnum):
    """What became of money that its order did not ask for."""

    KEPT = "kept"
    REQUESTED = "requested"
    """Staff give it back, and Stripe has not answered."""
    DISPUTED = "disputed"
    """The customer's bank has it, until it decides."""
    RETURNED = "returned"
    FAILED = "failed"
    """It did not reach the customer: Stripe refused, or their bank did later."""


class StrayPayment(Base):
    """Money that came for an order through a Session that it did not ask for, such as a second one.

    `problem` says in what it differs. It counts nowhere: not in the order's sums, not in sales.
    `email` is what the customer entered on that page. `who` gave it back; `stripe_id` is that
    refund's, and None where a bank gave it back.
    """

    __tablename__ = "stray_payment"
    __table_args__ = (
        Index(
            "ix_stray_payment_open",
            "id",
            sqlite_where=text("state <> 'returned'"),
            postgresql_where=text("state <> 'returned'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(255), unique=True)
    payment_intent: Mapped[str | None] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    email: Mapped[str | None] = mapped_column(String(320))
    problem: Mapped[str] = mapped_column(Text)
    state: Mapped[StrayState] = mapped_column(choice(StrayState))
    stripe_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    who: Mapped[str | None] = mapped_column(String(320))
    found_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]


class RefundLine(Base):
    """So many units of a line were given back; `restocked` of them are on the shelf again."""

    __tablename__ = "refund_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("restocked >= 0 AND restocked <= quantity", name="restocked"),
    )

    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]
    restocked: Mapped[int]


class DisputeState(StrEnum):
    """How the disputes of an order stand, taken together."""

    OPEN = "open"
    WON = "won"
    """The money stays, or the bank only asked."""
    LOST = "lost"


class Dispute(Base):
    """A customer's bank asks for the money back; `due_by` is until when Stripe takes evidence.

    `stray` is the payment that it is about, where that is not the one which the order asked for.
    """

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    stray_id: Mapped[int | None] = mapped_column(ForeignKey("stray_payment.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32))
    due_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    stray: Mapped[StrayPayment | None] = relationship(lazy="joined")


class StripeEvent(Base):
    """An event that Stripe sent, stored before it was handled; `outcome` is what came of it."""

    __tablename__ = "stripe_event"
    __table_args__ = (Index("ix_stripe_event_received_at", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(100))
    object_id: Mapped[str | None] = mapped_column(String(255))
    api_version: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(200))
