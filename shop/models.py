"""Tables of the shop: what is sold, what is on the shelf, who bought it, and what Stripe said."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice


class Product(Base):
    """Something that is sold; it has one variant at least.

    `html` is what `body` (Markdown) became when it was saved. `details` are the lists of its page,
    see `shop.catalog.Description`. `sample` marks values that the owner has yet to enter.
    """

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]]
    sample: Mapped[bool]
    published: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.position"
    )


class Variant(Base):
    """What one buys: a product in one form. The first by `position` is shown first."""

    __tablename__ = "variant"
    __table_args__ = (Index("ix_variant_product_id", "product_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    weight_grams: Mapped[int | None]
    position: Mapped[int]
    on_sale: Mapped[bool]

    product: Mapped[Product] = relationship(back_populates="variants")


class Price(Base):
    """What a variant costs from `valid_from` until the next one begins. Never changed.

    The history is kept: a price cut in the EU has to name the lowest price of the last 30 days
    (98/6/EC, article 6a).
    """

    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("variant_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime]


class Stock(Base):
    """How many of a variant are there: `on_hand` that nobody has paid for, `reserved` of them."""

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
    __table_args__ = (Index("ix_stock_movement_variant_id", "variant_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    change: Mapped[int]
    why: Mapped[str] = mapped_column(String(200))
    who: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime]


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


class ReservationState(StrEnum):
    """What became of the units that an order asked for."""

    HELD = "held"
    TAKEN = "taken"
    """Paid for, and off the shelf."""
    RELEASED = "released"


class Reservation(Base):
    """Units held for an order line until `expires_at`, or, while a bank is awaited, without end."""

    __tablename__ = "reservation"
    __table_args__ = (
        Index(
            "ix_reservation_held",
            "expires_at",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    quantity: Mapped[int]
    state: Mapped[ReservationState] = mapped_column(choice(ReservationState))
    expires_at: Mapped[datetime | None]


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


class Counter(Base):
    """A number that rises by one at a time, in the transaction of what is numbered."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]


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

    One that staff asked for has no `stripe_id` until Stripe answered.
    """

    __tablename__ = "refund"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    stripe_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(String(200))
    who: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Dispute(Base):
    """A customer's bank asks for the money back; `due_by` is until when Stripe takes evidence."""

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32))
    due_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


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


class Alert(Base):
    """What staff have to see, such as a forged webhook; the same again only raises `count`."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_open",
            "id",
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    count: Mapped[int]
    raised_at: Mapped[datetime]
    last_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(320))
