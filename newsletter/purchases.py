"""What the shop's events mean for the letters, and leaving them for a buyer."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from core import clock, db, settings
from core.mail import addresses
from core.mail.addresses import InvalidAddress
from newsletter import implied, offers, segments, subscribers, triggers, walks
from newsletter.consents import Circumstances
from newsletter.events import LAPSED, UNDONE, Erased, Left
from newsletter.models import Subscriber
from newsletter.triggers import UNTIL_BOUGHT, Trigger
from shop import refusals
from shop.events import (
    Agreed,
    ArrivalTakenBack,
    BackInStock,
    CheckoutAbandoned,
    OrderDelivered,
    OrderPaid,
    OrderRefunded,
)
from shop.models import Order, OrderLine, OrderState, Product, Variant

CUSTOMERS = "customers"
"""The tag of readers who bought."""
NOT_ARRIVED = "not arrived"
"""Why a walk rests that an order began which has not arrived after all."""
AFTER_REMINDER = timedelta(days=1)
"""How long after a left payment page a sequence begins to count, where the shop reminds itself."""

log = logging.getLogger(__name__)


def on_order_paid(event: OrderPaid) -> None:
    """Ask whoever ticked the box at the checkout to confirm; let readers begin what is for buyers.

    A buyer who did not tick it is not written down here at all, unless the owner relies on what a
    purchase implies, see `newsletter.implied`.
    """
    try:
        address = addresses.normalize(event.email)
    except InvalidAddress:
        log.warning("order %s was paid from an address that no letter reaches", event.order_id)
        return
    with db.transaction():
        if event.agreed is not None:
            subscribers.subscribe(
                address, source="checkout", how=_how(event.agreed), name=event.name or ""
            )
        if event.told is not None:
            told = replace(_how(event.told), basis=implied.BASIS)
            implied.grant(address, told, country=event.country)
        reader = _reader(address)
        if reader is not None:
            walks.leave([reader.id], offers.BOUGHT, triggers=UNTIL_BOUGHT)
            offers.call_off(reader.id)
            segments.tag(reader.id, CUSTOMERS)
            walks.reach_goals(reader.id)
            _begin(Trigger.BOUGHT, reader, event.order_id, event.skus)


def on_order_delivered(event: OrderDelivered) -> None:
    """Let a reader begin what is for those whose order has arrived, or take it up again."""
    if (reader := _reader(event.email)) is not None:
        with db.transaction():
            walks.take_up(reader, NOT_ARRIVED, occurrence=_occurrence(event.order_id))
            _begin(Trigger.DELIVERED, reader, event.order_id, _skus(event.order_id))


def on_arrival_taken_back(event: ArrivalTakenBack) -> None:
    """Tell nobody how to use what they do not have yet."""
    if (reader := _reader(event.email)) is not None:
        walks.leave(
            [reader.id],
            NOT_ARRIVED,
            triggers=(Trigger.DELIVERED,),
            occurrence=_occurrence(event.order_id),
        )


def on_order_refunded(event: OrderRefunded) -> None:
    """Tell nobody how to use what they gave back."""
    with db.transaction() as session:
        order = session.get(Order, event.order_id)
        whole = order is not None and order.state is OrderState.REFUNDED
        if whole and (reader := _reader(event.email)) is not None:
            walks.leave(
                [reader.id],
                "refunded",
                triggers=(Trigger.BOUGHT, Trigger.DELIVERED),
                occurrence=_occurrence(event.order_id),
            )


def on_checkout_abandoned(event: CheckoutAbandoned) -> None:
    """Let a reader begin what is for those who did not pay, unless they have paid since.

    Where the shop reminds them itself, its letter takes the place of the first: what is ours counts
    from a day later.
    """
    reader = _reader(event.email)
    if reader is None:
        return
    later = select(Order.id).where(
        Order.email == event.email, Order.id > event.order_id, Order.paid_at.is_not(None)
    )
    with db.transaction() as session:
        if session.scalar(later.limit(1)) is None:
            reminded = settings.store().checkout_reminders
            since = clock.now() + AFTER_REMINDER if reminded else None
            _begin(Trigger.ABANDONED, reader, event.order_id, _skus(event.order_id), since)


def on_back_in_stock(event: BackInStock) -> None:
    """Let a reader begin what is for those who waited for a SKU."""
    if (reader := _reader(event.email)) is not None:
        with db.transaction():
            occurrence = f"restock:{event.request_id}"
            triggers.begin(
                Trigger.RESTOCKED, reader, occurrence=occurrence, values=_names({event.sku})
            )


def on_left(event: Left) -> None:
    """Whoever wants no letters any more is not asked for a review either."""
    if event.reason not in (UNDONE, LAPSED):
        _refuse(*event.subscriber_ids)


def on_erased(event: Erased) -> None:
    """Nor is whoever wished to be forgotten."""
    if event.wished:
        _refuse(*event.subscriber_ids)


def _refuse(*readers: int) -> None:
    with db.transaction() as session:
        for email in session.scalars(select(Subscriber.email).where(Subscriber.id.in_(readers))):
            refusals.refuse(email)


def _how(agreed: Agreed) -> Circumstances:
    return Circumstances(
        page=agreed.place,
        method="checkout",
        wording=agreed.wording,
        version=agreed.version,
        at=agreed.at,
    )


def _reader(email: str) -> Subscriber | None:
    """The subscriber with this address, if it is one of theirs."""
    try:
        address = addresses.normalize(email)
    except InvalidAddress:
        return None
    with db.reading() as session:
        return session.scalar(select(Subscriber).where(Subscriber.email == address))


def _begin(
    trigger: Trigger,
    reader: Subscriber,
    order_id: int,
    skus: Collection[str],
    since: datetime | None = None,
) -> None:
    """Begin what is for an order's goods."""
    occurrence = _occurrence(order_id)
    with db.transaction():
        triggers.begin(trigger, reader, occurrence=occurrence, values=_names(skus), since=since)


def _skus(order_id: int) -> Sequence[str]:
    lines = select(Variant.sku).join(OrderLine, OrderLine.variant_id == Variant.id)
    with db.reading() as session:
        return session.scalars(lines.where(OrderLine.order_id == order_id)).all()


def _names(skus: Collection[str]) -> set[str]:
    """These SKUs, and the slugs of their products."""
    slugs = select(Product.slug).join(Variant, Variant.product_id == Product.id)
    return {*skus, *db.session().scalars(slugs.where(Variant.sku.in_(skus)))}


def _occurrence(order_id: int) -> str:
    return f"order:{order_id}"
