"""Fulfilment: parcels leave with some or all of an order, and arrive.

Every step is a conditional UPDATE under the order's lock, so that whoever comes second is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from core import clock, db, events
from shop import carriers, orders
from shop.events import ArrivalTakenBack, OrderDelivered, OrderShipped
from shop.models import TO_FULFIL, Fulfilment, FulfilmentLine, Order, OrderLine, Progress
from shop.orders import NotPossible


def ship(
    order_id: int,
    *,
    carrier: str,
    tracking: str | None = None,
    url: str | None = None,
    units: Mapping[int, int] | None = None,
    by: str,
) -> Fulfilment:
    """Send a parcel with `units` of lines (by id), or all that is left, and tell the customer.

    Without `url` the carrier's own tracking page is named, where we know it. Raises `NotPossible`.
    """
    with db.transaction() as session:
        order = _to_ship(order_id)
        packed = _packed(order, units)
        carrier = carriers.named(carrier)
        parcel = Fulfilment(
            order_id=order.id,
            carrier=carrier,
            tracking_number=tracking,
            tracking_url=url or carriers.tracking_url(carrier, tracking),
            who=by,
            at=clock.now(),
            contents=[FulfilmentLine(order_line_id=line.id, quantity=n) for line, n in packed],
        )
        session.add(parcel)
        session.flush()
        _follow(order, by)
        what = "partly shipped" if order.progress is Progress.PARTLY_FULFILLED else "shipped"
        goods = ", ".join(f"{n} × {line.title}" for line, n in packed)
        way = " ".join(filter(None, (carrier, tracking)))
        orders.note(order, what, who=by, why=f"{way}: {goods}")
        orders.write_letter(order, orders.SHIPPED, f":{parcel.id}", parcel=parcel.id)
        events.tell(OrderShipped(order.id, order.email or ""))
    return parcel


def deliver(order_id: int, parcel_id: int | None = None, *, by: str) -> Order:
    """A parcel has arrived, or all that are on their way. Raises `NotPossible`."""
    with db.transaction():
        order = orders.locked(Order.id == order_id)
        mine = [Fulfilment.order_id == order_id, Fulfilment.delivered_at.is_(None)]
        if parcel_id is not None:
            mine.append(Fulfilment.id == parcel_id)
        arrived = db.changed(update(Fulfilment).where(*mine).values(delivered_at=clock.now()))
        if order is None or not arrived:
            raise NotPossible("There is no parcel on its way that could arrive.")
        orders.note(order, "parcel delivered", who=by)
        _arrive(order, by)
    return order


def take_back_arrival(order_id: int, parcel_id: int, *, by: str) -> Order:
    """A parcel that was marked as delivered is still on its way. Raises `NotPossible`.

    What followed from the arrival ends, as far as it has not happened, and follows from the next.
    """
    with db.transaction():
        order = orders.locked(Order.id == order_id)
        arrived = update(Fulfilment).where(
            Fulfilment.id == parcel_id,
            Fulfilment.order_id == order_id,
            Fulfilment.delivered_at.is_not(None),
        )
        if order is None or not db.changed(arrived.values(delivered_at=None)):
            raise NotPossible("There is no such parcel that has arrived.")
        if orders.advance(order, Progress.FULFILLED, (Progress.DELIVERED,), delivered_at=None):
            events.tell(ArrivalTakenBack(order.id, order.email or ""))
        orders.note(order, "not delivered yet", who=by)
    return order


def drop(order: Order, units: Mapping[int, int], *, by: str) -> None:
    """Let so many units of lines (by id), as far as they have not left, need not leave any more.

    Inside a transaction that has the order locked.
    """
    for line in _lines(order):
        dropped = min(units.get(line.id, 0), line.to_ship)
        db.changed(_line(line.id).values(dropped=OrderLine.dropped + dropped))
    _follow(order, by)


def correct_address(order_id: int, *, name: str, address: Mapping[str, str], by: str) -> Order:
    """Put right where an order goes, as long as nothing has left; its country stays.

    Shipping and tax were paid for that country. Raises `NotPossible`.
    """
    with db.transaction():
        order = orders.locked(Order.id == order_id)
        if order is None or not order.may_change:
            raise NotPossible("Its address cannot be changed: it is not paid, or some has left.")
        before = _written_out(order.name, order.address or {})
        order.name, order.address = name, {**address, "country": order.country}
        now = _written_out(order.name, order.address)
        orders.note(order, "address corrected", who=by, why=f"from {before} to {now}")
    return order


def parcels(order_id: int) -> Sequence[Fulfilment]:
    """The parcels of an order with what is in them, oldest first."""
    mine = select(Fulfilment).where(Fulfilment.order_id == order_id).order_by(Fulfilment.id)
    whole = selectinload(Fulfilment.contents).joinedload(FulfilmentLine.line)
    with db.reading() as session:
        return session.scalars(mine.options(whole)).all()


def _to_ship(order_id: int) -> Order:
    order = orders.locked(Order.id == order_id)
    if order is None or not order.to_ship:
        raise NotPossible("There is nothing to ship: it is not paid, or has been shipped.")
    return order


def _packed(order: Order, units: Mapping[int, int] | None) -> list[tuple[OrderLine, int]]:
    """What goes into the parcel, taken from what is left to ship."""
    wanted = [
        (line, line.to_ship if units is None else units.get(line.id, 0)) for line in _lines(order)
    ]
    packed = [(line, quantity) for line, quantity in wanted if quantity]
    if not packed:
        raise NotPossible("Put at least one thing into the parcel.")
    for line, quantity in packed:
        left = OrderLine.shipped + OrderLine.dropped + quantity <= OrderLine.quantity
        more = _line(line.id).where(left).values(shipped=OrderLine.shipped + quantity)
        if quantity < 0 or not db.changed(more):
            raise NotPossible(f"Of {line.title}, {line.to_ship} can be shipped.")
    return packed


def _follow(order: Order, by: str) -> None:
    """The progress of an order follows from its lines."""
    lines = _lines(order)
    has_left = any(line.shipped for line in lines)
    if any(line.to_ship for line in lines):
        if has_left:
            orders.advance(order, Progress.PARTLY_FULFILLED, (Progress.UNFULFILLED,))
    elif has_left:
        orders.advance(order, Progress.FULFILLED, TO_FULFIL, fulfilled_at=clock.now())
        _arrive(order, by)
    elif orders.advance(order, Progress.CANCELLED, TO_FULFIL):
        orders.note(order, "called off", who=by, why="nothing of it has to leave any more")


def _arrive(order: Order, by: str) -> None:
    """With the last parcel all of it has arrived."""
    on_their_way = select(Fulfilment.id).where(
        Fulfilment.order_id == order.id, Fulfilment.delivered_at.is_(None)
    )
    if db.session().scalar(on_their_way.limit(1)) is None and orders.advance(
        order, Progress.DELIVERED, (Progress.FULFILLED,), delivered_at=clock.now()
    ):
        orders.note(order, "delivered", who=by)
        events.tell(OrderDelivered(order.id, order.email or ""))


def _lines(order: Order) -> Sequence[OrderLine]:
    """The lines as they are now."""
    mine = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    return db.session().scalars(mine, execution_options={"populate_existing": True}).all()


def _line(line_id: int) -> Any:
    return update(OrderLine).where(OrderLine.id == line_id)


def _written_out(name: str | None, address: Mapping[str, Any]) -> str:
    parts = ("line1", "line2", "city", "state", "postal_code", "country")
    return ", ".join(filter(None, (name, *(address.get(part) for part in parts))))
