"""Withdrawals: a customer's statement that they withdraw from the contract, taken once and kept.

Article 11a of Directive 2011/83/EU (added by Directive (EU) 2023/2673, applied since June 19, 2026)
asks for a function that is there all through the period, a second step that confirms, and an
acknowledgment on a durable medium with content, date and time. What is paid back stays the deed of
staff, see `shop.refunds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core import clock, db
from core.mail import ledger
from shop import alerts, orders
from shop.models import Order, OrderLine, OrderState, Withdrawal
from shop.orders import NotPossible

ACKNOWLEDGED = "shop.withdrawal"
LINK = "shop.withdrawal_link"

PERIOD = timedelta(days=14)
"""How long a consumer may withdraw from when the goods are there (article 9), and how long we then
have to pay back (article 13)."""

_SPARE = timedelta(days=7)
_WITHDRAWABLE = (OrderState.PAID, OrderState.PARTLY_REFUNDED)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """Who withdraws, from how many units of which order lines (by id), and where we answer."""

    name: str
    email: str
    units: Mapping[int, int]


def ends_at(order: Order) -> datetime | None:
    """Until when we offer it; None while the parcel has not left."""
    arrived = arrived_by(order)
    return arrived + PERIOD if arrived else None


def arrived_by(order: Order) -> datetime | None:
    """By when all of it has come at the latest; None while the last parcel has not left.

    We know when a parcel left, not always when it arrived. So each business day of the longest
    delivery counts as two days, for weekends and holidays, and a week more for parcels that are
    late. Where staff marked the order as delivered, a week from then.
    """
    if order.fulfilled_at is None:
        return None
    if order.delivered_at is not None:
        return order.delivered_at + _SPARE
    return order.fulfilled_at + timedelta(days=2 * order.days_max) + _SPARE


def possible(order: Order) -> bool:
    """Whether one may withdraw now: it is paid, not all given back, and the period runs."""
    end = ends_at(order)
    return order.state in _WITHDRAWABLE and (end is None or clock.now() < end)


def statement(order: Order, units: Mapping[int, int]) -> str:
    """The statement in words, after the model form in annex I (B) of the directive."""
    day = order.placed_at
    return (
        f"I hereby withdraw from my contract of sale, order {order.number} of "
        f"{day:%B} {day.day}, {day.year}, for these goods: {_goods(order, units)}."
    )


def record(order_id: int, declared: Declaration) -> Withdrawal:
    """Take the statement, tell staff, and acknowledge it by e-mail; while one is open, that one.

    Raises `NotPossible`.
    """
    with db.transaction() as session:
        order = orders.locked(Order.id == order_id)
        known = open_of(order_id)
        if known is not None:
            return known
        if order is None or not possible(order):
            raise NotPossible("One cannot withdraw from this order now.")
        taken = _taken(order, declared)
        session.add(taken)
        session.flush()
        orders.note(order, "withdrawn from", who="customer", why=taken.statement)
        _tell_staff(order, taken, _goods(order, declared.units))
        ledger.enqueue(
            key=f"{ACKNOWLEDGED}:{taken.id}",
            letter=ACKNOWLEDGED,
            recipient=taken.email,
            source=f"order:{order.id}",
            person=order.id,
            payload={"withdrawal": taken.id},
        )
    return taken


def get(withdrawal_id: int) -> Withdrawal | None:
    """A statement that was taken."""
    with db.reading() as session:
        return session.get(Withdrawal, withdrawal_id)


def open_of(order_id: int) -> Withdrawal | None:
    """The statement about an order that staff have not dealt with yet."""
    mine = select(Withdrawal).where(Withdrawal.order_id == order_id, Withdrawal.closed_at.is_(None))
    with db.reading() as session:
        return session.scalar(mine)


def close(order_id: int, *, by: str) -> bool:
    """Staff dealt with it; False where there was nothing to deal with."""
    waiting = update(Withdrawal).where(
        Withdrawal.order_id == order_id, Withdrawal.closed_at.is_(None)
    )
    with db.transaction():
        is_closed = db.changed(waiting.values(closed_at=clock.now(), closed_by=by)) == 1
        if is_closed:
            orders.note(orders.get(order_id), "withdrawal dealt with", who=by)
    return is_closed


def reopen(order_id: int, *, by: str) -> bool:
    """The last statement was not dealt with; False where there is none, or one waits already."""
    with db.transaction() as session:
        order = orders.locked(Order.id == order_id)
        mine = select(Withdrawal).where(Withdrawal.order_id == order_id)
        last = session.scalar(mine.order_by(Withdrawal.id.desc()).limit(1))
        if order is None or last is None or open_of(order_id) is not None:
            return False
        last.closed_at = last.closed_by = None
        orders.note(order, "withdrawal taken up again", who=by)
    return True


def send_link(number: str, email: str, *, name: str) -> None:
    """Send the way to withdraw to the address of an order, if it is that order's.

    At most once in ten minutes. The timeline keeps who asked and when, should the period end before
    they confirm.
    """
    theirs = select(Order).where(Order.number == number, Order.email == email)
    now = clock.now()
    with db.transaction() as session:
        order = session.scalar(theirs)
        if order is None:
            return
        is_new = ledger.enqueue(
            key=f"{LINK}:{order.id}:{now:%Y%m%d%H}{now.minute // 10}",
            letter=LINK,
            recipient=email,
            source=f"order:{order.id}",
            person=order.id,
        )
        if is_new:
            orders.note(order, "asked how to withdraw", who="customer", why=name)


def _taken(order: Order, declared: Declaration) -> Withdrawal:
    return Withdrawal(
        order_id=order.id,
        name=declared.name,
        email=declared.email,
        items=[
            {"sku": line.sku, "title": line.title, "quantity": quantity}
            for line, quantity in _chosen(order, declared.units)
        ],
        statement=statement(order, declared.units),
        at=clock.now(),
    )


def _tell_staff(order: Order, taken: Withdrawal, goods: str) -> None:
    due = taken.at + PERIOD
    alerts.raise_alert(
        "withdrawal",
        f"The customer withdraws from {order.number}: {goods}. "
        f"Pay back by {due:%B} {due.day}, {due.year}.",
        key=str(taken.id),
        order_id=order.id,
    )


def _goods(order: Order, units: Mapping[int, int]) -> str:
    return ", ".join(f"{quantity} × {line.title}" for line, quantity in _chosen(order, units))


def _chosen(order: Order, units: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """The lines of which somebody gives up any."""
    return [(line, units[line.id]) for line in order.lines if units.get(line.id)]
