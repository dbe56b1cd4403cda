"""Who bought what: orders, their tags, and what happened to them."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice
from shop.models.fulfilment import TO_FULFIL, Fulfilment, Progress
from shop.models.order_lines import OrderLine
from shop.models.payments import DisputeState

if TYPE_CHECKING:
    from shop.models.payments import Refund


class OrderState(StrEnum):
    """How far an order's payment has come. `Progress` and `DisputeState` stand beside it."""

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


SHIPPABLE = (OrderState.PAID, OrderState.PARTLY_REFUNDED)
"""States in which goods may leave."""
_TO_SHIP = (
    "state IN ('paid', 'partly_refunded') AND progress IN ('unfulfilled', 'partly_fulfilled')"
)


class Order(Base):
    """A purchase, from the moment before Stripe is asked.

    `token` names it in links that nobody can guess. `number` is given at payment, without gaps.
    Amounts are minor units of `currency`: `goods` and `shipping` as we asked for them, the others
    as Stripe said; `presented` is the total as Stripe showed it in the customer's own currency,
    where that was another. `promotion_code` is one of ours that took `discount_amount` off.
    `tax_included` is whether the tax that Stripe worked out is in the amounts of goods and
    shipping, or comes on top; None where Stripe was not asked to.
    `cart` names the cart it came from, `source` what led to it, such as
    `post:psoas-trigger-points`. `attempt` counts the Sessions opened for it, one at a time.
    `gift_message` is for whoever opens the parcel, `customer_note` for whoever packs it. `network`
    names the customer's, see `core.web.limits`, while the payment page is open. `state` is how far
    the payment has come, `progress` the goods, `dispute` the bank's inquiry: each moves on its own.
    `fulfilled_at` is when the last parcel left.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        Index("ix_shop_order_state", "state", "id"),
        Index("ix_shop_order_paid_at", "paid_at"),
        # All that sums over a time ask for: they never read the rows themselves.
        Index(
            "ix_shop_order_sums",
            "placed_at",
            "state",
            "currency",
            "source",
            "total_amount",
            "refunded_amount",
        ),
        Index("ix_shop_order_email", "email", "id"),
        # Whether a reader has bought is asked by their address, which is kept in lower case.
        Index("ix_shop_order_buyer", text("lower(email)"), "state"),
        # One cart can be paid through one page at a time.
        Index(
            "uq_shop_order_cart",
            "cart",
            unique=True,
            sqlite_where=text("state = 'placed'"),
            postgresql_where=text("state = 'placed'"),
        ),
        Index("ix_shop_order_cart", "cart"),
        Index("ix_shop_order_payment_intent", "payment_intent"),
        Index(
            "ix_shop_order_network",
            "network",
            sqlite_where=text("network IS NOT NULL"),
            postgresql_where=text("network IS NOT NULL"),
        ),
        Index(
            "ix_shop_order_dispute",
            "dispute",
            "id",
            sqlite_where=text("dispute IS NOT NULL"),
            postgresql_where=text("dispute IS NOT NULL"),
        ),
        Index(
            "ix_shop_order_to_ship",
            "progress",
            "state",
            "id",
            sqlite_where=text(_TO_SHIP),
            postgresql_where=text(_TO_SHIP),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState))
    progress: Mapped[Progress] = mapped_column(
        choice(Progress), default=Progress.UNFULFILLED, server_default=Progress.UNFULFILLED
    )
    dispute: Mapped[DisputeState | None] = mapped_column(choice(DisputeState))
    currency: Mapped[str] = mapped_column(String(3))
    goods_amount: Mapped[int]
    shipping_amount: Mapped[int]
    discount_amount: Mapped[int]
    tax_amount: Mapped[int]
    tax_included: Mapped[bool | None]
    total_amount: Mapped[int]
    refunded_amount: Mapped[int]
    presented_amount: Mapped[int | None]
    presented_currency: Mapped[str | None] = mapped_column(String(3))
    promotion_code: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(320))
    name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    shipping_title: Mapped[str] = mapped_column(String(100))
    days_min: Mapped[int]
    days_max: Mapped[int]
    address: Mapped[dict[str, Any] | None]
    marketing_consent: Mapped[bool]
    network: Mapped[str | None] = mapped_column(String(32))
    gift_message: Mapped[str | None] = mapped_column(Text)
    customer_note: Mapped[str | None] = mapped_column(Text)
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
    delivered_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.position")
    timeline: Mapped[list["OrderEvent"]] = relationship(order_by="OrderEvent.id")
    fulfilments: Mapped[list["Fulfilment"]] = relationship(order_by="Fulfilment.id")
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.id")
    tags: Mapped[list["OrderTag"]] = relationship(order_by="OrderTag.tag")

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
        return self.state in SHIPPABLE and self.progress in TO_FULFIL

    @property
    def may_change(self) -> bool:
        """Whether nothing has left yet: its address may be put right, and it may be called off."""
        return self.to_ship and self.progress is Progress.UNFULFILLED

    @property
    def added_tax(self) -> int:
        """The tax that came on top of goods and shipping."""
        asked = self.goods_amount - self.discount_amount + self.shipping_amount
        return self.total_amount - asked

    @property
    def included_tax(self) -> int:
        """The tax that was in goods and shipping all along."""
        return self.tax_amount - self.added_tax

    @property
    def left(self) -> int:
        """Minor units that were not given back."""
        return self.total_amount - self.refunded_amount


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


class OrderTag(Base):
    """A word that staff put on an order to find it again, in lower case."""

    __tablename__ = "order_tag"
    __table_args__ = (Index("ix_order_tag_tag", "tag", "order_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)


class Counter(Base):
    """A number that rises by one at a time, in the transaction of what is numbered."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]
