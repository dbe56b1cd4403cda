"""Refunds and disputes: money that goes back, whoever began it, as Stripe has it now.

An order's state follows from the sum of its refunds, so that none of them can be missed or counted
twice, also those made in Stripe's dashboard.
"""

from collections.abc import Sequence

from sqlalchemy import func, select

from core import clock, db, events, money
from shop import alerts, facts, orders, payments, settlement, stock
from shop.events import OrderRefunded
from shop.models import BOUGHT, Dispute, Order, OrderState, Refund

REFUNDED = "shop.refund"

_REQUESTED = "requested"
_GIVEN_BACK = ("succeeded", "pending", "requires_action")
# A refund only ever goes on; what was read before somebody else's news is no news.
_RANK = {"requires_action": 1, "pending": 2, "succeeded": 3, "failed": 4, "canceled": 4}
_OVER = ("won", "lost", "warning_closed", "prevented")


def refund(
    order_id: int, amount: int | None = None, *, by: str, why: str = "", restock: bool = False
) -> Refund:
    """Give back `amount` minor units of an order, or all that is left, through Stripe.

    Raises `orders.NotPossible` for more than is left, `payments.Refused` with Stripe's reason, and
    `payments.Unavailable`: then the reconciler asks again, and it is made once.
    """
    row = _request(order_id, amount, by, why)
    made = _ask(row)
    if restock:
        stock.put_back(orders.get(order_id), by=by)
    return made


def mirror(told: facts.Refund) -> bool:
    """Bring our row of a refund to what Stripe has; False where it is not one of ours.

    Raises `payments.Unavailable`.
    """
    order = settlement.order_paid_with(told.payment_intent) if told.payment_intent else None
    if order is None:
        return False
    with db.transaction():
        order = orders.locked(Order.id == order.id) or order
        row = _row(order, told)
        if _RANK.get(told.status, 0) < _RANK.get(row.status, 0):
            return True
        was, row.status = row.status, told.status
        row.stripe_id, row.updated_at = told.id, clock.now()
        db.session().flush()
        _sum_up(order)
        if was != told.status:
            _tell(order, row, was)
    return True


def mirror_dispute(told: facts.Dispute) -> bool:
    """Bring our row of a dispute to what Stripe has; False where it is not one of ours.

    Raises `payments.Unavailable`.
    """
    order = settlement.order_paid_with(told.payment_intent) if told.payment_intent else None
    if order is None:
        return False
    with db.transaction() as session:
        order = orders.locked(Order.id == order.id) or order
        row = session.scalar(select(Dispute).where(Dispute.stripe_id == told.id))
        was = row.status if row else None
        session.add(row := row or _new_dispute(order, told))
        row.status, row.due_by, row.updated_at = told.status, told.due_by, clock.now()
        order.disputed_at = order.disputed_at or row.created_at
        if was != told.status:
            _tell_dispute(order, told)
    return True


def ask_again() -> int:
    """Ask Stripe once more for refunds whose answer never came; how many were made."""
    with db.reading() as session:
        waiting = select(Refund).where(Refund.status == _REQUESTED, Refund.stripe_id.is_(None))
        rows = session.scalars(waiting.order_by(Refund.id)).all()
    return sum(_ask(row) is not None for row in rows)


def disputes(order_id: int) -> Sequence[Dispute]:
    """The disputes of an order, oldest first."""
    with db.reading() as session:
        mine = select(Dispute).where(Dispute.order_id == order_id)
        return session.scalars(mine.order_by(Dispute.id)).all()


def _request(order_id: int, amount: int | None, by: str, why: str) -> Refund:
    with db.transaction() as session:
        order = orders.locked(Order.id == order_id)
        if order is None or not order.bought or order.payment_intent is None:
            raise orders.NotPossible("There is no payment that could be refunded.")
        left = order.total_amount - _sum(order, (*_GIVEN_BACK, _REQUESTED))
        wanted = left if amount is None else amount
        if not 0 < wanted <= left:
            shown = money.display(left, order.currency)
            raise orders.NotPossible(f"Between nothing and {shown} can be refunded.")
        row = _new(order, wanted, status=_REQUESTED, who=by, why=why)
        session.add(row)
        session.flush()
        orders.note(
            order, "refund requested", who=by,
            why=f"{money.display(wanted, order.currency)} {why}".strip(),
        )  # fmt: skip
    return row


def _ask(row: Refund) -> Refund:
    order = orders.get(row.order_id)
    try:
        told = payments.refund(order, row.amount, row.id)
    except payments.Refused:
        with db.transaction() as session:
            session.get_one(Refund, row.id).status = "failed"
        raise
    mirror(told)
    with db.reading() as session:
        return session.get_one(Refund, row.id, populate_existing=True)


def _row(order: Order, told: facts.Refund) -> Refund:
    """Our row of it: known by Stripe's id, or by ours in its metadata, or new."""
    session = db.session()
    known = session.scalar(select(Refund).where(Refund.stripe_id == told.id))
    if known is None and told.row is not None:
        mine = Refund.id == told.row, Refund.order_id == order.id, Refund.stripe_id.is_(None)
        known = session.scalar(select(Refund).where(*mine))
    if known is None:
        known = _new(order, told.amount, status="", who="Stripe", why=told.reason or "")
        session.add(known)
        session.flush()
    return known


def _new(order: Order, amount: int, *, status: str, who: str, why: str) -> Refund:
    now = clock.now()
    return Refund(
        order_id=order.id,
        amount=amount,
        currency=order.currency,
        status=status,
        reason=why[:200] or None,
        who=who,
        created_at=now,
        updated_at=now,
    )


def _sum_up(order: Order) -> None:
    """The order's state follows from the sum of what was given back."""
    given = _sum(order, _GIVEN_BACK)
    if given == 0:
        state = OrderState.PAID
    elif given < order.total_amount:
        state = OrderState.PARTLY_REFUNDED
    else:
        state = OrderState.REFUNDED
    orders.move(order, state, BOUGHT, refunded_amount=given)


def _sum(order: Order, statuses: Sequence[str]) -> int:
    mine = Refund.order_id == order.id, Refund.status.in_(statuses)
    return db.session().scalar(select(func.sum(Refund.amount)).where(*mine)) or 0


def _tell(order: Order, row: Refund, was: str) -> None:
    shown = money.display(row.amount, row.currency)
    orders.note(order, f"refund {row.status}", who=row.who, why=shown)
    if row.status in _GIVEN_BACK and was not in _GIVEN_BACK:
        orders.write_letter(order, REFUNDED, occurrence=f":{row.id}")
        events.tell(
            OrderRefunded(
                order_id=order.id,
                email=order.email or "",
                amount=row.amount,
                refunded=order.refunded_amount,
                currency=order.currency,
                source=order.source,
            )
        )
    elif row.status not in _GIVEN_BACK:
        alerts.raise_alert(
            "refund_failed",
            f"A refund of {shown} for {order.number} is {row.status}: the customer has no money.",
            key=str(row.id),
            order_id=order.id,
        )


def _new_dispute(order: Order, told: facts.Dispute) -> Dispute:
    return Dispute(
        order_id=order.id,
        stripe_id=told.id,
        amount=told.amount,
        currency=told.currency,
        reason=told.reason,
        created_at=clock.now(),
    )


def _tell_dispute(order: Order, told: facts.Dispute) -> None:
    shown = money.display(told.amount, told.currency)
    orders.note(order, f"dispute {told.status}", who="the bank", why=f"{shown} {told.reason}")
    until = f" Answer before {told.due_by:%B %d, %Y}." if told.due_by else ""
    over = told.status in _OVER
    alerts.raise_alert(
        "dispute",
        f"{order.number}: the dispute over {shown} ({told.reason}) is "
        f"{told.status.replace('_', ' ')}.{'' if over else until}",
        key=told.id,
        order_id=order.id,
    )
