"""Promotion codes, and which order used one."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice


class Promotion(Base):
    """A code that takes `percent` off the goods, or without one an amount in each currency.

    `used` counts paid orders, `held` those on the way to payment; together they stay within
    `most_uses`, and one customer's within `most_each`. Without a limit, a field is empty.
    """

    __tablename__ = "promotion"
    __table_args__ = (
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("used >= 0", name="used"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    percent: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    first_order: Mapped[bool]
    most_uses: Mapped[int | None]
    most_each: Mapped[int | None]
    active: Mapped[bool]
    used: Mapped[int]
    held: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(320))

    prices: Mapped[list["PromotionPrice"]] = relationship(order_by="PromotionPrice.currency")

    @property
    def asks_email(self) -> bool:
        """Whether it has to be known who the customer is."""
        return self.first_order or self.most_each is not None


class PromotionPrice(Base):
    """What a promotion means in one currency, in minor units: `amount` off goods of `minimum`.

    `amount` is empty where the promotion is a percentage. A promotion with such rows is for their
    currencies alone.
    """

    __tablename__ = "promotion_price"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("minimum >= 0", name="minimum"),
        UniqueConstraint("promotion_id", "currency"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("promotion.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int | None]
    minimum: Mapped[int]


class RedemptionState(StrEnum):
    """Whether an order still has its use of a promotion."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"


class Redemption(Base):
    """An order's use of a promotion: held while it can be paid, used once it is."""

    __tablename__ = "redemption"
    __table_args__ = (Index("ix_redemption_promotion_id", "promotion_id", "state"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("promotion.id"))
    state: Mapped[RedemptionState] = mapped_column(choice(RedemptionState))
    at: Mapped[datetime]
