"""Who bought what: orders, their lines, their parcels and what happened to them."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice

if TYPE_CHECKING:
    from shop.models.payments import Refund


class OrderState(StrEnum):
    """How far an order's payment has come. Shipping and disputes are dates beside it."""

    PLACED = "placed"
    """Stock is held while the customer is on Stripe's page."""
    AWAITING_PAYMENT = "awaiting_payment"
    """Ordered with a method whose money comes later, such as a bank debit."""
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    """Nobody paid in time."""
    FAILED = "failed"
    """The money that was to come did not."""
    CANCELLED = "cancelled"


UNPAID = (
    OrderState.PLACED,
    OrderState.AWAITING_PAYMENT,
    OrderState.EXPIRED,
    OrderState.FAILED,
    OrderState.CANCELLED,
)
HOLDING = (OrderState.PLACED, OrderState.AWAITING_PAYMENT)
"""States in which an order holds stock."""
BOUGHT = (OrderState.PAID, OrderState.PARTLY_REFUNDED, OrderState.REFUNDED)


class Order(Base):
    """A purchase, from the moment before Stripe is asked.

    `token` names it in links that nobody can guess. `number` is given at payment, without gaps.
    Amounts are minor units of `currency`: `goods` and `shipping` as we asked for them, the others
    as Stripe said. `cart` names the cart it came from, `source` what led to it, such as
    `post:psoas-trigger-points`. `attempt` counts the Sessions opened for it, one at a time.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        Index("ix_shop_order_state", "state", "id"),
        Index("ix_shop_order_paid_at", "paid_at"),
        Index("ix_shop_order_email", "email", "id"),
        # One cart can be paid through one page at a time.
        Index(
            "uq_shop_order_cart",
            "cart",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
        Index("ix_shop_order_payment_intent", "payment_intent"),
        Index(
            "ix_shop_order_to_ship",
            "fulfilled_at",
            "id",
            sqlite_where=text("state IN ('paid', 'partly_refunded') AND fulfilled_at IS NULL"),
            postgresql_where=text("state IN ('paid', 'partly_refunded') AND fulfilled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState))
    currency: Mapped[str] = mapped_column(String(3))
    goods_amount: Mapped[int]
    shipping_amount: Mapped[int]
    discount_amount: Mapped[int]
    tax_amount: Mapped[int]
    total_amount: Mapped[int]
    refunded_amount: Mapped[int]
    email: Mapped[str | None] = mapped_column(String(320))
    name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    shipping_title: Mapped[str] = mapped_column(String(100))
    days_min: Mapped[int]
    days_max: Mapped[int]
    address: Mapped[dict[str, Any] | None]
    marketing_consent: Mapped[bool]
    source: Mapped[str | None] = mapped_column(String(160))
    cart: Mapped[str | None] = mapped_column(String(32))
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    payment_url: Mapped[str | None] = mapped_column(Text)
    payment_intent: Mapped[str | None] = mapped_column(String(255))
    attempt: Mapped[int]
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.position")
    timeline: Mapped[list["OrderEvent"]] = relationship(order_by="OrderEvent.id")
    fulfilments: Mapped[list["Fulfilment"]] = relationship(order_by="Fulfilment.id")
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.id")

    @property
    def bought(self) -> bool:
        """Whether it was paid for, whatever was given back since."""
        return self.state in BOUGHT

    @property
    def ordered(self) -> bool:
        """Whether the customer has done their part: it is paid, or a bank was asked to."""
        return self.bought or self.state is OrderState.AWAITING_PAYMENT

    @property
    def to_ship(self) -> bool:
        """Whether a parcel has to go out."""
        shippable = self.state in (OrderState.PAID, OrderState.PARTLY_REFUNDED)
        return shippable and self.fulfilled_at is None


class OrderLine(Base):
    """What was ordered, as it was called and what it cost at that moment."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("order_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    position: Mapped[int]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    sku: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    unit_amount: Mapped[int]
    quantity: Mapped[int]

    @property
    def amount(self) -> int:
        """The line's price, in minor units."""
        return self.unit_amount * self.quantity


class OrderEvent(Base):
    """What happened to an order: what, who, why, when. Never changed."""

    __tablename__ = "order_event"
    __table_args__ = (Index("ix_order_event_order_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    what: Mapped[str] = mapped_column(String(64))
    who: Mapped[str] = mapped_column(String(320))
    why: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Fulfilment(Base):
    """A parcel on its way to the customer."""

    __tablename__ = "fulfilment"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str | None] = mapped_column(String(120))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime]


class Counter(Base):
    """A number that rises by one at a time, in the transaction of what is numbered."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]
