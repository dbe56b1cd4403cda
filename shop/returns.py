"""Returns: requested on the order's page, decided by staff, received, and ended.

They are the shop's own promise, for so many days as the owner chose and for everybody. The right of
withdrawal of consumers in the EU needs nobody's approval: `shop.withdrawals`. The money goes back
through `shop.refunds`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload, selectinload

from core import clock, db, settings
from core.mail import ledger
from core.web.paging import Page, newest_first
from shop import alerts, orders, refunds, stock, withdrawals
from shop.models import (
    SHIPPABLE,
    Order,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnState,
    Withdrawal,
)
from shop.orders import NotPossible

REQUESTED = "shop.return_requested"
APPROVED = "shop.return_approved"
REFUSED = "shop.return_refused"
RECEIVED = "shop.return_received"

REASONS = {
    ReturnReason.UNSUITED: "It is not for me",
    ReturnReason.DAMAGED: "It arrived damaged",
    ReturnReason.FAULTY: "It is faulty",
    ReturnReason.WRONG: "It is not what I ordered",
    ReturnReason.LATE: "It came too late",
    ReturnReason.UNSAFE: "It hurt me, or seems unsafe",
    ReturnReason.OTHER: "Something else",
}
TO_DO = (ReturnState.REQUESTED, ReturnState.RECEIVED)
"""What waits for staff: a decision, or the money."""

_UNDER_WAY = (ReturnState.REQUESTED, ReturnState.APPROVED)
_NOT_COMING = (ReturnState.REFUSED, ReturnState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to send back: units of order lines (by id), and why."""

    units: Mapping[int, int]
    reason: ReturnReason
    words: str = ""


def ends_at(order: Order) -> datetime | None:
    """Until when one may ask; None while a part of the order has yet to leave.

    Counted from the delivery where it is known, else from when the parcel should have come at the
    latest, see `withdrawals.arrived_by`.
    """
    arrived = withdrawals.arrived_by(order)
    return arrived + timedelta(days=settings.store().return_days) if arrived else None


def possible(order: Order) -> bool:
    """Whether one may ask now: it is paid, not all given back, and the period runs."""
    end = ends_at(order)
    return order.state in SHIPPABLE and (end is None or clock.now() < end)


def returnable(order: Order) -> dict[int, int]:
    """How many units of each line (by id) the customer has that are not coming back already."""
    gone = _coming_back(order.id)
    withdrawn = _withdrawn(order.id)
    left = {}
    for line in order.lines:
        taken = min(withdrawn.get(line.sku, 0), line.shipped)
        withdrawn[line.sku] = withdrawn.get(line.sku, 0) - taken
        left[line.id] = max(0, line.shipped - taken - gone.get(line.id, 0))
    return left


def request(order_id: int, wish: Wish) -> Return:
    """Take a request and acknowledge it; while one waits for its decision, that one.

    Raises `NotPossible`, also for more than the customer has.
    """
    with db.transaction() as session:
        order = orders.locked(Order.id == order_id)
        known = of_order(order_id, ReturnState.REQUESTED)
        if known:
            return known[0]
        if order is None or not possible(order):
            raise NotPossible("This order cannot be returned now.")
        units = {line: number for line, number in wish.units.items() if number}
        left = returnable(order)
        if not units or any(not 0 < n <= left.get(line, 0) for line, n in units.items()):
            raise NotPossible("Choose what you have of this order, and no more.")
        asked = Return(
            order_id=order.id,
            state=ReturnState.REQUESTED,
            reason=wish.reason,
            words=wish.words,
            requested_at=clock.now(),
            lines=[ReturnLine(order_line_id=line, quantity=n) for line, n in units.items()],
        )
        session.add(asked)
        session.flush()
        why = f"{goods(asked)}: {REASONS[wish.reason]}. {wish.words}".strip()
        _tell(asked, "return requested", REQUESTED, who="customer", why=why)
        if wish.reason is ReturnReason.UNSAFE:
            _warn(order, asked)
    return asked


def approve(return_id: int, *, by: str, answer: str = "") -> bool:
    """Tell the customer where to send it; False where it waits for no decision any more."""
    return _decide(return_id, ReturnState.APPROVED, APPROVED, by=by, answer=answer)


def refuse(return_id: int, *, by: str, answer: str) -> bool:
    """Tell the customer why not; False where it waits for no decision any more."""
    return _decide(return_id, ReturnState.REFUSED, REFUSED, by=by, answer=answer)


def receive(
    return_id: int, *, received: Mapping[int, int], restocked: Mapping[int, int], by: str
) -> bool:
    """The parcel is here; False where none was expected.

    Both are units of order lines (by id): what came, and what of it is as good as new and goes back
    on the shelf. Raises `NotPossible` where more came than was to, or more goes back than came.
    """
    now = clock.now()
    with db.transaction():
        values = {"received_at": now, "received_by": by}
        if not _move(return_id, ReturnState.RECEIVED, (ReturnState.APPROVED,), **values):
            return False
        back = _get(return_id)
        for each in back.lines:
            each.received = received.get(each.order_line_id, 0)
            good = restocked.get(each.order_line_id, 0)
            if not 0 <= good <= each.received <= each.quantity:
                raise NotPossible("No more can come than was to, or go back than came.")
        if any(restocked.values()):
            stock.put_back(back.order, by=by, units=restocked)
        shelved = sum(restocked.values())
        why = f"{goods(back)}; {shelved} back on the shelf"
        _tell(back, "return received", RECEIVED, who=by, why=why)
    return True


def close(return_id: int, *, by: str) -> bool:
    """The money is where it belongs; False where nothing was received, or it is closed."""
    return _end(return_id, ReturnState.CLOSED, (ReturnState.RECEIVED,), by, "return closed")


def reopen(return_id: int, *, by: str) -> bool:
    """The money is not where it belongs after all; False where it was not closed."""
    with db.transaction():
        if not _move(
            return_id, ReturnState.RECEIVED, (ReturnState.CLOSED,), ended_at=None, ended_by=None
        ):
            return False
        orders.note(_get(return_id).order, "return taken up again", who=by)
    return True


def cancel(return_id: int, *, by: str) -> bool:
    """The goods stay with the customer; False where they are here, or it has ended."""
    return _end(return_id, ReturnState.CANCELLED, _UNDER_WAY, by, "return called off")


def of_order(order_id: int, *states: ReturnState) -> Sequence[Return]:
    """The returns of an order, in these states or all, oldest first."""
    mine = _whole().where(Return.order_id == order_id)
    if states:
        mine = mine.where(Return.state.in_(states))
    with db.reading() as session:
        return session.scalars(
            mine.order_by(Return.id), execution_options={"populate_existing": True}
        ).all()


def get(return_id: int) -> Return | None:
    """A return with its order and its lines."""
    with db.reading() as session:
        return session.scalar(
            _whole().where(Return.id == return_id), execution_options={"populate_existing": True}
        )


def find(states: Collection[ReturnState], *, after: int | None = None) -> Page[Return]:
    """Returns in some states with their orders, the newest first; one query: each has few lines."""
    lines = joinedload(Return.lines).joinedload(ReturnLine.line)
    whole = select(Return).options(lines, joinedload(Return.order).joinedload(Order.lines))
    return newest_first(whole.where(Return.state.in_(states)), Return.id, after=after)


def goods(back: Return) -> str:
    """What comes, or came, back, in words."""
    return ", ".join(
        f"{each.quantity if each.received is None else each.received} × {each.line.title}"
        for each in back.lines
    )


def worth(back: Return) -> int:
    """Minor units to give back for what came, or is to; never more than is left to refund."""
    units = {
        each.order_line_id: each.quantity if each.received is None else each.received
        for each in back.lines
    }
    return min(refunds.worth(back.order, units), back.order.left)


def _coming_back(order_id: int) -> dict[int, int]:
    units = func.sum(func.coalesce(ReturnLine.received, ReturnLine.quantity))
    mine = (
        select(ReturnLine.order_line_id, units)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(Return.order_id == order_id, Return.state.not_in(_NOT_COMING))
    )
    with db.reading() as session:
        return dict(session.execute(mine.group_by(ReturnLine.order_line_id)).all())


def _withdrawn(order_id: int) -> dict[str, int]:
    """Units that come back by withdrawal, by SKU."""
    units: dict[str, int] = {}
    stated = select(Withdrawal.items).where(Withdrawal.order_id == order_id)
    with db.reading() as session:
        for items in session.scalars(stated):
            for item in items:
                units[item["sku"]] = units.get(item["sku"], 0) + item["quantity"]
    return units


def _decide(return_id: int, to: ReturnState, letter: str, *, by: str, answer: str) -> bool:
    values = {"decided_at": clock.now(), "decided_by": by, "answer": answer}
    with db.transaction():
        if not _move(return_id, to, (ReturnState.REQUESTED,), **values):
            return False
        _tell(_get(return_id), f"return {to}", letter, who=by, why=answer)
    return True


def _end(
    return_id: int, to: ReturnState, states: Collection[ReturnState], by: str, what: str
) -> bool:
    with db.transaction():
        if not _move(return_id, to, states, ended_at=clock.now(), ended_by=by):
            return False
        back = _get(return_id)
        orders.note(back.order, what, who=by, why=goods(back))
    return True


def _move(return_id: int, to: ReturnState, states: Collection[ReturnState], **values: Any) -> bool:
    moved = update(Return).where(Return.id == return_id, Return.state.in_(states))
    return db.changed(moved.values(state=to, **values)) == 1


def _tell(back: Return, what: str, letter: str, *, who: str, why: str) -> None:
    """Write it into the timeline and to the customer."""
    order = orders.get(back.order_id)
    orders.note(order, what, who=who, why=why)
    if order.email:
        ledger.enqueue(
            key=f"{letter}:{back.id}",
            letter=letter,
            recipient=order.email,
            source=f"order:{order.id}",
            person=order.id,
            payload={"return": back.id},
        )


def _warn(order: Order, asked: Return) -> None:
    """Whoever sells must look into it, and may have to report it: 2023/988, articles 9 and 20."""
    alerts.raise_alert(
        "safety",
        f"Somebody says that it hurt them, or seems unsafe ({order.number}): {asked.words} "
        "Look into it today; an accident may have to be reported to the authorities.",
        key=f"return:{asked.id}",
        order_id=order.id,
    )


def _get(return_id: int) -> Return:
    back = get(return_id)
    assert back, "it was just moved"
    return back


def _whole() -> Select[Return]:
    lines = selectinload(Return.lines).selectinload(ReturnLine.line)
    return select(Return).options(lines, selectinload(Return.order).selectinload(Order.lines))
