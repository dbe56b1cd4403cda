"""Brakes on those who try stolen cards: few open payment pages for a network, and an alert.

Stripe's page takes the cards and has brakes of its own; ours keep anybody from opening pages by the
hundred (https://docs.stripe.com/disputes/prevention/card-testing).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock, db
from shop import alerts
from shop.facts import Charge
from shop.models import Order, OrderState

MOST_OPEN = 10
"""Payment pages that may be open at once for one network; whoever starts over has but one."""
MOST_DECLINED = 20
"""Declined payments in an hour that a shop of this size does not see by chance."""

_HOUR = timedelta(hours=1)


class TooManyOpen(Exception):
    """The visitor's network has all the payment pages that it may have, until one of them ends."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many payment pages are open until {until}")
        self.until = until


def admit(network: str | None) -> None:
    """Let a visitor open another payment page; of several at once one too many may pass.

    Raises `TooManyOpen`.
    """
    if network is None:
        return
    theirs = Order.network == network, Order.state == OrderState.PLACED
    with db.reading() as session:
        count, until = session.execute(
            select(func.count(), func.min(Order.expires_at)).where(*theirs)
        ).one()
    if count >= MOST_OPEN:
        raise TooManyOpen(until)


def watch(charges: Iterable[Charge]) -> int:
    """Tell staff where banks declined many payments for our orders within the hour; how many."""
    since = clock.now() - _HOUR
    declined = sum(
        each.status == "failed" and each.reference is not None and each.made_at > since
        for each in charges
    )
    if declined >= MOST_DECLINED:
        alerts.raise_alert(
            "card_testing",
            f"{declined} payments were declined within the hour. Somebody may be trying stolen "
            "cards: look at the payments in Stripe, and refund those that went through unasked.",
            key=f"{clock.now():%Y-%m-%d %H}",
        )
    return declined
