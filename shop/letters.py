"""The letters about orders: receipt, on its way, payment failed, refund, withdrawal, and links.

Composed from the database when they are sent, so that they say how things stand then.
"""

from hashlib import sha256
from typing import Any

from core import clock, config, db
from core.mail import composing, ledger, letters
from core.mail.letters import Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from shop import orders, refunds, strays, withdrawals
from shop.links import order_url, withdrawal_url
from shop.models import Order, Progress, StrayPayment

LINKS = "shop.order_links"

# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make them known to the worker."""
    for name, compose in (
        (orders.RECEIPT, _receipt),
        (orders.SHIPPED, _shipped),
        (orders.PAYMENT_FAILED, _payment_failed),
        (refunds.REFUNDED, _refund),
        (strays.RETURNED, _stray_returned),
        (withdrawals.ACKNOWLEDGED, _withdrawal),
        (withdrawals.LINK, _withdrawal_link),
        (LINKS, _links),
    ):
        letters.register(Letter(name=name, stream=Stream.TRANSACTIONAL, compose=compose))


def send_links(email: str) -> None:
    """Send somebody the links of their orders, if there are any; at most once in ten minutes."""
    if not orders.of_email(email):
        return
    now = clock.now()
    person = sha256(email.encode()).hexdigest()[:20]
    ledger.enqueue(
        key=f"{LINKS}:{person}:{now:%Y%m%d%H}{now.minute // 10}",
        letter=LINKS,
        recipient=email,
        source=LINKS,
    )


def _receipt(delivery: Delivery) -> Message:
    order = _order(delivery)
    return _compose(
        "receipt",
        order,
        subject=f"Your order {order.number}",
        preheader="Thank you. What you bought, what you paid, and what happens next.",
    )


def _shipped(delivery: Delivery) -> Message:
    order = _order(delivery)
    number = delivery.payload.get("parcel")
    parcel = next((each for each in order.fulfilments if number in (None, each.id)), None)
    if parcel is None:
        raise Undeliverable("the parcel is gone")
    part = "Part of your order" if order.progress is Progress.PARTLY_FULFILLED else "Your order"
    return _compose(
        "shipped",
        order,
        subject=f"{part} {order.number} is on its way",
        preheader="How to follow the parcel, and two lists to read before you lie down on it.",
        parcel=parcel,
        to_come=[line for line in order.lines if line.to_ship],
    )


def _payment_failed(delivery: Delivery) -> Message:
    order = _order(delivery)
    return _compose(
        "payment_failed",
        order,
        subject="Your payment did not come through",
        preheader="Nothing was charged. You can pay another way if you still want it.",
    )


def _refund(delivery: Delivery) -> Message:
    order = _order(delivery)
    number = delivery.payload.get("refund")
    given = next((each for each in order.refunds if each.id == number), None)
    if given is None:
        raise Undeliverable("the refund is gone")
    return _compose(
        "refund",
        order,
        subject=f"A refund for your order {order.number}",
        preheader="How much, and when it arrives.",
        given=given,
    )


def _stray_returned(delivery: Delivery) -> Message:
    order = _order(delivery)
    stray = db.session().get(StrayPayment, delivery.payload["stray"])
    if stray is None:
        raise Undeliverable("the payment is gone")
    return _compose(
        "stray_returned",
        order,
        subject=(
            f"You paid twice for order {order.number}: one payment goes back"
            if order.bought
            else "Your payment did not fit your order, and goes back"
        ),
        preheader="What happened, how much goes back, and when it arrives.",
        stray=stray,
    )


def _withdrawal(delivery: Delivery) -> Message:
    order = _order(delivery)
    taken = withdrawals.get(delivery.payload["withdrawal"])
    if taken is None:
        raise Undeliverable("the withdrawal is gone")
    return _compose(
        "withdrawal",
        order,
        subject=f"We received your withdrawal from order {order.number}",
        preheader="What you stated, and when it reached us. Please keep this letter.",
        taken=taken,
        due=taken.at + withdrawals.PERIOD,
    )


def _withdrawal_link(delivery: Delivery) -> Message:
    order = _order(delivery)
    return _compose(
        "withdrawal_link",
        order,
        subject=f"To withdraw from order {order.number}",
        preheader="As you asked. Nothing is withdrawn until you confirm it.",
        form=withdrawal_url(order),
    )


def _links(delivery: Delivery) -> Message:
    found = orders.of_email(delivery.recipient)
    if not found:
        raise Undeliverable("there are no orders any more")
    return composing.compose(
        "order_links",
        subject="The link to your order" if len(found) == 1 else "The links to your orders",
        preheader="As you asked. Whoever has a link sees the order, so keep it to yourself.",
        headers=_AUTOMATIC,
        orders=[(order, order_url(order)) for order in found],
    )


def _order(delivery: Delivery) -> Order:
    order = db.session().get(Order, delivery.person)
    if order is None:
        raise Undeliverable("the order is gone")
    return order


def _compose(name: str, order: Order, *, subject: str, preheader: str, **more: Any) -> Message:
    return composing.compose(
        name,
        subject=subject,
        preheader=preheader,
        headers=_AUTOMATIC,
        order=order,
        link=order_url(order),
        safety=f"{config.current().site_url}/pages/safety",
        **more,
    )
