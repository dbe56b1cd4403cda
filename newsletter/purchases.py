"""What a purchase means for the letters, and leaving them for a buyer; written with its cause."""

import logging

from sqlalchemy import select

from core import db
from newsletter import addresses, segments, sequences, subscribers
from newsletter.addresses import InvalidAddress
from newsletter.consents import Circumstances
from newsletter.events import Erased, Left
from newsletter.models import Sequence, Standing, Subscriber
from shop import review_requests
from shop.events import Agreed, OrderPaid

CUSTOMERS = "customers"
"""The tag of readers who bought."""

log = logging.getLogger(__name__)


def on_order_paid(event: OrderPaid) -> None:
    """Ask whoever ticked the box at the checkout to confirm; let readers begin what is for buyers.

    A buyer who did not tick it is not written down here at all.
    """
    try:
        address = addresses.normalize(event.email)
    except InvalidAddress:
        log.warning("order %s was paid from an address that no letter reaches", event.order_id)
        return
    with db.transaction() as session:
        if event.agreed is not None:
            subscribers.subscribe(
                address, source="checkout", how=_how(event.agreed), name=event.name or ""
            )
        reader = session.scalar(select(Subscriber).where(Subscriber.email == address))
        if reader is not None:
            segments.tag(reader.id, CUSTOMERS)
            _begin_sequences(reader, event.order_id)


def on_left(event: Left | Erased) -> None:
    """Whoever wants no letters any more is not asked for a review either."""
    with db.transaction() as session:
        reader = session.get_one(Subscriber, event.subscriber_id)
        review_requests.refuse(reader.email)


def _how(agreed: Agreed) -> Circumstances:
    return Circumstances(
        page=agreed.place,
        method="checkout",
        wording=agreed.wording,
        version=agreed.version,
        at=agreed.at,
    )


def _begin_sequences(reader: Subscriber, order_id: int) -> None:
    if reader.standing is not Standing.CONFIRMED:
        return
    meant = select(Sequence.name).where(Sequence.trigger == "bought", Sequence.active)
    for name in db.session().scalars(meant).all():
        sequences.enrol(name, reader.id, occurrence=f"order:{order_id}")
