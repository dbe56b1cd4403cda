"""What customers agreed to at the checkout."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Matter(StrEnum):
    """What somebody may agree to with an order."""

    LETTERS = "letters"
    """To get the newsletter's letters, once they confirm it in their inbox."""
    REMINDER = "reminder"
    """To be reminded once, should they leave the payment page."""
    TERMS = "terms"
    CUSTOMER = "letters not refused"
    """Was told that letters come because of the purchase, and did not refuse them."""


class Agreement(Base):
    """A customer agreed to something: in which exact words, where and when. Never changed.

    `place` is a path of ours, or says that it was on Stripe's page.
    """

    __tablename__ = "agreement"

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), primary_key=True)
    matter: Mapped[Matter] = mapped_column(choice(Matter), primary_key=True)
    wording: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(32))
    place: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
