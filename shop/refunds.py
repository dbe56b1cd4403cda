"""Refunds: money that goes back, whoever began it, as Stripe has it now.

An order's state follows from the sum of its refunds, so that none of them can be missed or counted
twice, also those made in Stripe's dashboard.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from core import clock, db, events, money
from shop import alerts, disputes, facts, fulfilment, orders, payments, settlement, stock, strays
from shop.events import OrderRefunded
from shop.models import BOUGHT, Order, OrderState, Refund, RefundLine

REFUNDED = "shop.refund"

REQUESTED = "requested"
"""What a refund is that staff asked for while Stripe has not answered."""
GIVEN_BACK = ("succeeded", "pending", "requires_action")
"""Stripe's words for a refund whose money is back, or on its way."""
# A refund only ever goes on; what was read before somebody else's news is no news.
_RANK = {"requires_action": 1, "pending": 2, "succeeded": 3, "failed": 4, "canceled": 4}


def refund(
    order_id: int,
    amount: int | None = None,
    *,
    units: Mapping[int, int] | None = None,
    by: str,
    why: str = "",
    restock: bool = False,
) -> Refund:
    """Give back money of an order through Stripe: `amount` minor units, or what `units` cost.

    `units` are how many of which lines (by id) are given back. With neither it is all that is left,
    and every line. What has not left yet need not leave then; `restock` puts it all on the shelf.
    Raises `orders.NotPossible` for more than is left, `payments.Refused` with Stripe's reason, and
    `payments.Unavailable`: then the reconciler asks again, and it is made once.
    """
    with db.transaction():
        order = _refundable(order_id)
        whole = amount is None and units is None
        given = refundable_units(order) if whole or (restock and units is None) else units or {}
        row = _request(order, _amount(order, amount, units), by=by, why=why)
        _keep_lines(order, row, given, restock=restock)
    return _ask(row)


def cancel(order_id: int, *, by: str, why: str) -> Refund | None:
    """Call off a paid order of which nothing has left: the goods stay, the money goes back.

    None where nothing was paid that could go back, or where a bank has it. Raises as `refund` does;
    called off it is then all the same, and staff see what did not come back.
    """
    with db.transaction():
        order = orders.locked(Order.id == order_id)
        if order is None or not order.may_change:
            raise orders.NotPossible("It cannot be called off: it is not paid, or some has left.")
        orders.note(order, "cancelled", who=by, why=why)
        units = refundable_units(order)
        fulfilment.drop(order, {line.id: line.quantity for line in order.lines}, by=by)
        stock.put_back(order, by=by, units=units)
        row = None
        taken = order.dispute is not None and disputes.has_bank_taken(order.id)
        if order.payment_intent is not None and _left(order) and not taken:
            row = _request(order, _left(order), by=by, why=why)
            _keep_lines(order, row, units, restock=False)
    return None if row is None else _ask(row)


def units_of(refund: Refund) -> dict[int, int]:
    """How many units of each line (by id) a refund is for; none where it is for an amount."""
    mine = select(RefundLine.order_line_id, RefundLine.quantity)
    with db.reading() as session:
        return dict(session.execute(mine.where(RefundLine.refund_id == refund.id)).all())


def refundable_units(order: Order) -> dict[int, int]:
    """How many units of each line (by id) were not given back yet."""
    gone = (
        select(RefundLine.order_line_id, func.sum(RefundLine.quantity))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.order_id == order.id, Refund.status.in_((*GIVEN_BACK, REQUESTED)))
        .group_by(RefundLine.order_line_id)
    )
    with db.reading() as session:
        given = dict(session.execute(gone).all())
    return {line.id: line.quantity - given.get(line.id, 0) for line in order.lines}


def worth(order: Order, units: Mapping[int, int]) -> int:
    """What so many units of lines (by id) cost, in minor units, with their discount and tax."""
    goods = sum(line.unit_amount * units.get(line.id, 0) for line in order.lines)
    if not order.goods_amount:
        return 0
    paid = order.goods_amount - order.discount_amount
    net = goods * paid // order.goods_amount
    taxed = paid + order.shipping_amount
    whole = net + (net * order.added_tax // taxed if taxed else 0)
    return whole - whole % money.step(order.currency)


def mirror(told: facts.Refund) -> bool:
    """Bring our row of a refund to what Stripe has; False where it is not one of ours.

    Raises `payments.Unavailable`.
    """
    if strays.mirror(told):
        return True
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
        if told.presented:
            row.presented_amount = told.presented.amount
            row.presented_currency = told.presented.currency
        db.session().flush()
        _sum_up(order)
        if was != told.status:
            _tell(order, row, was)
    return True


def ask_again() -> int:
    """Ask Stripe once more for refunds whose answer never came; how many were made."""
    with db.reading() as session:
        waiting = select(Refund).where(Refund.status == REQUESTED, Refund.stripe_id.is_(None))
        rows = session.scalars(waiting.order_by(Refund.id)).all()
    return sum(map(_is_made, rows))


def _refundable(order_id: int) -> Order:
    order = orders.locked(Order.id == order_id)
    if order is None or not order.bought or order.payment_intent is None:
        raise orders.NotPossible("There is no payment that could be refunded.")
    if order.dispute is not None and disputes.has_bank_taken(order.id):
        raise orders.NotPossible(
            "A bank disputes this payment and has its money, so Stripe refunds none of it. To give "
            "it back, accept the dispute in Stripe."
        )
    return order


def _amount(order: Order, amount: int | None, units: Mapping[int, int] | None) -> int:
    """What goes back; never more than is left, and no line more often than it was bought."""
    possible = refundable_units(order)
    for line in order.lines:
        if not 0 <= (units or {}).get(line.id, 0) <= possible[line.id]:
            raise orders.NotPossible(f"Of {line.title}, {possible[line.id]} can be given back.")
    left = _left(order)
    wanted = left if units is None else min(worth(order, units), left)
    wanted = wanted if amount is None else amount
    if not 0 < wanted <= left:
        shown = money.display(left, order.currency)
        raise orders.NotPossible(f"Between nothing and {shown} can be refunded.")
    return wanted


def _left(order: Order) -> int:
    return order.total_amount - _sum(order, (*GIVEN_BACK, REQUESTED))


def _request(order: Order, amount: int, *, by: str, why: str) -> Refund:
    row = _new(order, amount, status=REQUESTED, who=by, why=why)
    db.session().add(row)
    db.session().flush()
    shown = money.display(amount, order.currency)
    orders.note(order, "refund requested", who=by, why=f"{shown} {why}".strip())
    return row


def _keep_lines(order: Order, row: Refund, units: Mapping[int, int], *, restock: bool) -> None:
    """What the refund gives back; it happens to the goods once Stripe made it."""
    for line in order.lines:
        if quantity := units.get(line.id, 0):
            db.session().add(
                RefundLine(
                    refund_id=row.id,
                    order_line_id=line.id,
                    quantity=quantity,
                    restocked=quantity if restock else 0,
                )
            )


def _follow(order: Order, row: Refund) -> None:
    """What happens to the goods of a refund, in the transaction in which it was made."""
    mine = select(RefundLine).where(RefundLine.refund_id == row.id)
    lines = db.session().scalars(mine).all()
    fulfilment.drop(order, {each.order_line_id: each.quantity for each in lines}, by=row.who)
    back = {each.order_line_id: each.restocked for each in lines if each.restocked}
    if back:
        stock.put_back(order, by=row.who, units=back)


def _is_made(row: Refund) -> bool:
    try:
        _ask(row)
    except payments.Refused:
        return False  # staff see the alert
    return True


def _ask(row: Refund) -> Refund:
    order = orders.get(row.order_id)
    try:
        told = payments.refund(order, row.amount, row.id)
    except payments.Refused as reason:
        with db.transaction() as session:
            session.get_one(Refund, row.id).status = "failed"
            orders.note(order, "refund refused", who="Stripe", why=str(reason))
            _alert(order, row, "refused")
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
    given = _sum(order, GIVEN_BACK)
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
    if row.status in GIVEN_BACK and was not in GIVEN_BACK:
        _follow(order, row)
        orders.write_letter(order, REFUNDED, f":{row.id}", refund=row.id)
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
    elif row.status not in GIVEN_BACK:
        _alert(order, row, row.status)


def _alert(order: Order, row: Refund, status: str) -> None:
    shown = money.display(row.amount, row.currency)
    alerts.raise_alert(
        "refund_failed",
        f"A refund of {shown} for {order.number} did not arrive (Stripe says {status}): the "
        "customer has no money.",
        key=str(row.id),
        order_id=order.id,
    )
