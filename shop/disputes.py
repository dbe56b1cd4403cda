"""Disputes: a customer's bank asks for the money back, and until when it can be answered.

One may be about a payment that its order did not ask for (`shop.strays`): it stands beside the
order, and says nothing of how the order stands.

Who answers for them is told by mail: when one opens, as its deadline comes near, when it is over,
and when a card network warns that one may come. What the letters say is in `shop.staff_letters`.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ScalarSelect, func, select, update

from core import clock, db, jobs, money
from core.web.paging import Page, newest_first
from shop import alerts, facts, orders, payments, settlement, strays
from shop.models import Dispute, DisputeState, Order, StrayPayment, StrayState

log = logging.getLogger(__name__)

OPENED = "shop.dispute_opened"
DUE = "shop.dispute_due"
ENDED = "shop.dispute_over"
WARNED = "shop.fraud_warning"
_FRAUD = "fraud_warning"
STANDS = {
    "warning_needs_response": "is an inquiry, and waits for an answer",
    "warning_under_review": "is an inquiry, and with the bank",
    "warning_closed": "is closed, and the money stays",
    "needs_response": "waits for an answer",
    "under_review": "is with the bank",
    "won": "is won",
    "lost": "is lost",
    "prevented": "is prevented",
}
"""Stripe's words for how a dispute stands, as people say it."""
TAKEN = ("needs_response", "under_review", "lost")
"""Statuses in which the bank has the money, so that Stripe refunds none of it."""
# https://docs.stripe.com/disputes/categories
_HELPS = {
    "fraudulent": (
        "what shows that the cardholder ordered: the billing address where the parcel went, "
        "earlier orders, letters that were answered."
    ),
    "unrecognized": "what reminds them: your name, what they bought, where it arrived, and when.",
    "product_not_received": "the tracking number, and the carrier's proof that it arrived.",
    "product_unacceptable": (
        "what the product page said, your terms of return, and what you offered them."
    ),
    "duplicate": "that the two payments were for two orders, each with its own parcel.",
    "credit_not_processed": "your terms of return, and the refund if there was one.",
}
"""What banks look for, by the reason that they give."""
_HELPS_IF_STRAY = (
    "nothing. No order asked for this payment, so it is theirs: accept the dispute in Stripe."
)
_HELPS_IF_RETURNED = "that this payment went back before: when, and by which refund."
WARN_BEFORE = (timedelta(days=1), timedelta(days=3))
"""How long before the deadline staff are reminded of a dispute that nobody answered."""
# A dispute only ever goes on: an inquiry may become one, an answer is under review, the bank
# decides (https://docs.stripe.com/api/disputes/object#dispute_object-status).
_RANK = {
    "warning_needs_response": 1,
    "warning_under_review": 2,
    "warning_closed": 3,
    "needs_response": 4,
    "under_review": 5,
    "won": 6,
    "lost": 6,
    "prevented": 6,
}
OVER = ("won", "lost", "warning_closed", "prevented")
"""Statuses in which nothing can be answered any more."""
ANSWERABLE = ("needs_response", "warning_needs_response")


def mirror(told: facts.Dispute) -> bool:
    """Bring our row of a dispute to what Stripe has; False where it is not one of ours.

    Raises `payments.Unavailable`.
    """
    order, stray = _disputed(told.payment_intent or "")
    if order is None:
        return False
    with db.transaction() as session:
        order = orders.locked(Order.id == order.id) or order
        row = session.scalar(select(Dispute).where(Dispute.stripe_id == told.id))
        was = row.status if row else ""
        if _RANK.get(told.status, 0) < _RANK.get(was, 0):
            return True
        session.add(row := row or _new(order, stray, told))
        row.status, row.due_by, row.updated_at = told.status, told.due_by, clock.now()
        session.flush()
        if stray is None:
            _sum_up(order, row)
        else:
            _move(stray, row)
        if was != told.status:
            _tell(order, row)
    return True


def warn(payment_intent: str, warning: str) -> bool:
    """A card network expects that a payment is fraud; False where it is not one of ours.

    `warning` is Stripe's id of it. Raises `payments.Unavailable`.
    """
    order = settlement.order_paid_with(payment_intent)
    if order is None:
        return False
    with db.transaction():
        alerts.raise_alert(
            _FRAUD,
            f"The card network expects that {order.number} is fraud. "
            + (
                "Call it off: a refund before it is shipped avoids a dispute."
                if order.to_ship
                else "It has left; a refund now still avoids the dispute and its fee."
            ),
            key=warning,
            order_id=order.id,
        )
        alerts.write_to_staff(WARNED, warning, order=order.id)
    return True


def alert_key(warning: str) -> str:
    """The key of the alert that tells staff of a warning."""
    return alerts.key_of(_FRAUD, warning)


@jobs.job("shop.disputes", every_minutes=60)
def remind() -> None:
    """Remind staff of disputes whose deadline comes near while nobody has answered."""
    for dispute in _near():
        _ask_anew(dispute)
    for dispute in _near():
        if (ahead := _reached(dispute)) is not None:
            alerts.write_to_staff(DUE, f"{dispute.id}:{ahead.days}", dispute=dispute.id)


def helps(dispute: Dispute) -> str | None:
    """What helps to answer a dispute, where there is something to say of its reason."""
    if dispute.stray is None:
        return _HELPS.get(dispute.reason)
    is_back = dispute.stray.state is StrayState.RETURNED
    return _HELPS_IF_RETURNED if is_back else _HELPS_IF_STRAY


def count(order_id: int) -> ScalarSelect[int]:
    """How to count the disputes about an order's payments."""
    return select(func.count(Dispute.id)).where(Dispute.order_id == order_id).scalar_subquery()


def of_order(order_id: int) -> Sequence[Dispute]:
    """The disputes about all that was paid for an order, oldest first."""
    with db.reading() as session:
        mine = select(Dispute).where(Dispute.order_id == order_id)
        return session.scalars(mine.order_by(Dispute.id)).all()


def has_bank_taken(order_id: int) -> bool:
    """Whether the money of an order is with the bank, or with the customer by its decision."""
    mine = Dispute.order_id == order_id, Dispute.stray_id.is_(None)
    taken = select(Dispute.id).where(*mine, Dispute.status.in_(TAKEN))
    with db.reading() as session:
        return session.scalar(taken.limit(1)) is not None


def named(dispute: Dispute, order: Order) -> str:
    """What a dispute is about, in a few words."""
    number = order.number or "an order that is not paid"
    return number if dispute.stray_id is None else f"another payment for {number}"


def get(dispute_id: int) -> Dispute | None:
    """A dispute."""
    with db.reading() as session:
        return session.get(Dispute, dispute_id)


def open_ones() -> Sequence[tuple[Dispute, Order]]:
    """Disputes that are not over, with their orders, the one to be answered first first."""
    waiting = select(Dispute, Order).join(Order, Order.id == Dispute.order_id)
    first = Dispute.due_by.is_(None), Dispute.due_by, Dispute.id
    with db.reading() as session:
        found = session.execute(waiting.where(Dispute.status.not_in(OVER)).order_by(*first))
        return [(dispute, order) for dispute, order in found]


def closed(after: int | None = None) -> Page[Dispute]:
    """Disputes that are over, the newest first."""
    return newest_first(select(Dispute).where(Dispute.status.in_(OVER)), Dispute.id, after=after)


def _near() -> Sequence[Dispute]:
    """Disputes that nobody answered and whose deadline is within the longest time ahead."""
    now = clock.now()
    unanswered = select(Dispute).where(
        Dispute.status.in_(ANSWERABLE),
        Dispute.due_by > now,
        Dispute.due_by <= now + max(WARN_BEFORE),
    )
    with db.reading() as session:
        return session.scalars(unanswered, execution_options={"populate_existing": True}).all()


def _ask_anew(dispute: Dispute) -> None:
    """Somebody may have answered in Stripe's dashboard while no event reached us."""
    try:
        mirror(payments.read_dispute(dispute.stripe_id))
    except (payments.Unavailable, payments.Unknown) as error:
        log.warning("staff are reminded of %s as it is known here: %s", dispute.stripe_id, error)


def _reached(dispute: Dispute) -> timedelta | None:
    """The shortest time ahead that is reached, and was not when the dispute came."""
    assert dispute.due_by is not None
    for ahead in WARN_BEFORE:
        moment = dispute.due_by - ahead
        if moment <= clock.now():
            return ahead if dispute.created_at < moment else None
    return None


def _disputed(payment_intent: str) -> tuple[Order | None, StrayPayment | None]:
    """The order that a payment is about, and its row where that order did not ask for it."""
    order = settlement.order_paid_with(payment_intent) if payment_intent else None
    if order is not None or not payment_intent:
        return order, None
    stray = strays.of_payment(payment_intent)
    return (orders.get(stray.order_id) if stray else None), stray


def _new(order: Order, stray: StrayPayment | None, told: facts.Dispute) -> Dispute:
    return Dispute(
        order_id=order.id,
        stray_id=stray and stray.id,
        stripe_id=told.id,
        amount=told.amount,
        currency=told.currency,
        reason=told.reason,
        created_at=clock.now(),
    )


def _sum_up(order: Order, row: Dispute) -> None:
    """How the disputes of the order stand, taken together."""
    mine = select(Dispute.status).where(Dispute.order_id == order.id, Dispute.stray_id.is_(None))
    statuses = set(db.session().scalars(mine))
    if statuses - set(OVER):
        stands = DisputeState.OPEN
    else:
        stands = DisputeState.LOST if "lost" in statuses else DisputeState.WON
    began = order.disputed_at or row.created_at
    changed = update(Order).where(Order.id == order.id)
    db.changed(changed.values(dispute=stands, disputed_at=began))


def _move(stray: StrayPayment, row: Dispute) -> None:
    """What the bank did with money that no order asked for."""
    if row.status in OVER:
        strays.decide(stray, lost=row.status == "lost")
    elif row.status in TAKEN:
        strays.take(stray)


def _tell(order: Order, row: Dispute) -> None:
    shown, reason = money.display(row.amount, row.currency), row.reason
    stands = STANDS.get(row.status, row.status)
    orders.note(order, f"dispute {stands}", who="the bank", why=f"{shown} {reason}")
    due = row.due_by if row.status in ANSWERABLE else None
    until = f" Answer before {due:%B} {due.day}, {due.year}." if due else ""
    over = f"the dispute over {shown} ({reason.replace('_', ' ')})"
    alerts.raise_alert(
        "dispute",
        f"{named(row, order)}: {over} {stands}.{until}",
        key=row.stripe_id,
        order_id=order.id,
    )
    # An inquiry that becomes a dispute has a deadline of its own.
    if row.status in ANSWERABLE:
        alerts.write_to_staff(OPENED, f"{row.id}:{row.status}", dispute=row.id)
    elif row.status in OVER:
        alerts.write_to_staff(ENDED, f"{row.id}", dispute=row.id)
