"""Disputes: a customer's bank asks for the money back, and until when it can be answered."""

from collections.abc import Sequence

from sqlalchemy import select, update

from core import clock, db, money
from core.web.paging import Page, newest_first
from shop import alerts, facts, orders, settlement
from shop.models import Dispute, DisputeState, Order

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
    order = settlement.order_paid_with(told.payment_intent) if told.payment_intent else None
    if order is None:
        return False
    with db.transaction() as session:
        order = orders.locked(Order.id == order.id) or order
        row = session.scalar(select(Dispute).where(Dispute.stripe_id == told.id))
        was = row.status if row else ""
        if _RANK.get(told.status, 0) < _RANK.get(was, 0):
            return True
        session.add(row := row or _new(order, told))
        row.status, row.due_by, row.updated_at = told.status, told.due_by, clock.now()
        session.flush()
        _sum_up(order, row)
        if was != told.status:
            _tell(order, told)
    return True


def of_order(order_id: int) -> Sequence[Dispute]:
    """The disputes of an order, oldest first."""
    with db.reading() as session:
        mine = select(Dispute).where(Dispute.order_id == order_id)
        return session.scalars(mine.order_by(Dispute.id)).all()


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


def _new(order: Order, told: facts.Dispute) -> Dispute:
    return Dispute(
        order_id=order.id,
        stripe_id=told.id,
        amount=told.amount,
        currency=told.currency,
        reason=told.reason,
        created_at=clock.now(),
    )


def _sum_up(order: Order, row: Dispute) -> None:
    """How the disputes of the order stand, taken together."""
    mine = select(Dispute.status).where(Dispute.order_id == order.id)
    statuses = set(db.session().scalars(mine))
    if statuses - set(OVER):
        stands = DisputeState.OPEN
    else:
        stands = DisputeState.LOST if "lost" in statuses else DisputeState.WON
    began = order.disputed_at or row.created_at
    changed = update(Order).where(Order.id == order.id)
    db.changed(changed.values(dispute=stands, disputed_at=began))


def _tell(order: Order, told: facts.Dispute) -> None:
    shown = money.display(told.amount, told.currency)
    orders.note(order, f"dispute {told.status}", who="the bank", why=f"{shown} {told.reason}")
    due = told.due_by if told.status in ANSWERABLE else None
    until = f" Answer before {due:%B} {due.day}, {due.year}." if due else ""
    alerts.raise_alert(
        "dispute",
        f"{order.number}: the dispute over {shown} ({told.reason.replace('_', ' ')}) is "
        f"{told.status.replace('_', ' ')}.{until}",
        key=told.id,
        order_id=order.id,
    )
