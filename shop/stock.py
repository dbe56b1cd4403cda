"""The shelf: units come in, are held for orders, and leave it or return; never fewer than none.

Every change is one conditional UPDATE, so that of many who want the last unit one gets it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from core import clock, db
from shop.models import Order, OrderLine, Reservation, ReservationState, Stock, StockMovement


class SoldOut(Exception):
    """Fewer than wanted are there that nobody holds; `line` is what was wanted."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(f"{line.title} is sold out")
        self.line = line


def receive(variant_id: int, quantity: int, *, by: str, why: str = "received") -> None:
    """Put units on the shelf, or with a negative quantity correct a count.

    Raises `ValueError` where fewer would be left than are held.
    """
    with db.transaction():
        if not _change(variant_id, quantity, Stock.on_hand + quantity >= Stock.reserved):
            raise ValueError("fewer would be left than orders hold")
        _note(variant_id, quantity, why=why, who=by)


def hold(order: Order, until: datetime) -> None:
    """Hold what an order wants. Raises `SoldOut`, and then nothing is held of it."""
    with db.transaction() as session:
        for line in _in_order(order.lines):
            if not _hold(line.variant_id, line.quantity):
                raise SoldOut(line)
            session.merge(
                Reservation(
                    order_line_id=line.id,
                    order_id=order.id,
                    variant_id=line.variant_id,
                    quantity=line.quantity,
                    state=ReservationState.HELD,
                    expires_at=until,
                )
            )


def extend(order_id: int) -> None:
    """Hold on without end: a bank has been asked for the money."""
    with db.transaction():
        db.changed(
            update(Reservation)
            .where(Reservation.order_id == order_id, Reservation.state == ReservationState.HELD)
            .values(expires_at=None)
        )


def release(order_id: int) -> bool:
    """Let others have what an order holds; False where it holds nothing any more."""
    with db.transaction():
        released = [
            reservation
            for reservation in _reservations(order_id)
            if _settle(reservation, ReservationState.RELEASED)
        ]
        for reservation in released:
            _free(reservation)
    return bool(released)


def take(order: Order, *, by: str) -> list[OrderLine]:
    """Take what was paid for off the shelf: what is held, else what is left.

    Returns the lines that nothing is left for; those are oversold.
    """
    with db.transaction():
        held = {row.order_line_id: row for row in _reservations(order.id)}
        missing = []
        for line in _in_order(order.lines):
            if not _take(held.get(line.id), line):
                missing.append(line)
                continue
            _note(line.variant_id, -line.quantity, why="sold", who=by, order_id=order.id)
    return missing


def put_back(order: Order, *, by: str) -> None:
    """Put what an order took back on the shelf, as when it is cancelled before it left."""
    with db.transaction():
        for reservation in _reservations(order.id):
            if _settle(reservation, ReservationState.RELEASED, was=ReservationState.TAKEN):
                receive(reservation.variant_id, reservation.quantity, by=by, why="put back")


def movements(variant_id: int, limit: int = 100) -> Sequence[StockMovement]:
    """The last changes of what is on hand, newest first."""
    newest = select(StockMovement).where(StockMovement.variant_id == variant_id)
    with db.reading() as session:
        return session.scalars(newest.order_by(StockMovement.id.desc()).limit(limit)).all()


def _reservations(order_id: int) -> Sequence[Reservation]:
    mine = select(Reservation).where(Reservation.order_id == order_id)
    return db.session().scalars(mine.order_by(Reservation.variant_id)).all()


def _in_order(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Always the same order of variants, so that no two transactions wait for each other."""
    return sorted(lines, key=lambda line: line.variant_id)


def _hold(variant_id: int, quantity: int) -> bool:
    free = Stock.on_hand - Stock.reserved >= quantity
    hold = update(Stock).where(Stock.variant_id == variant_id, free)
    return db.changed(hold.values(reserved=Stock.reserved + quantity)) == 1


def _take(reservation: Reservation | None, line: OrderLine) -> bool:
    if reservation is not None and _settle(reservation, ReservationState.TAKEN):
        left = update(Stock).where(Stock.variant_id == line.variant_id)
        db.changed(
            left.values(
                on_hand=Stock.on_hand - line.quantity, reserved=Stock.reserved - line.quantity
            )
        )
        return True
    free = Stock.on_hand - Stock.reserved >= line.quantity
    if not _change(line.variant_id, -line.quantity, free):
        return False
    if reservation is not None:
        _settle(reservation, ReservationState.TAKEN, was=ReservationState.RELEASED)
    return True


def _free(reservation: Reservation) -> None:
    held = update(Stock).where(Stock.variant_id == reservation.variant_id)
    db.changed(held.values(reserved=Stock.reserved - reservation.quantity))


def _settle(
    reservation: Reservation,
    state: ReservationState,
    *,
    was: ReservationState = ReservationState.HELD,
) -> bool:
    """Move a reservation on; False where somebody else did."""
    mine = update(Reservation).where(
        Reservation.order_line_id == reservation.order_line_id, Reservation.state == was
    )
    return db.changed(mine.values(state=state)) == 1


def _change(variant_id: int, quantity: int, condition: object) -> bool:
    shelf = update(Stock).where(Stock.variant_id == variant_id, condition)  # type: ignore[arg-type] # a comparison of columns
    return db.changed(shelf.values(on_hand=Stock.on_hand + quantity)) == 1


def _note(variant_id: int, change: int, *, why: str, who: str, order_id: int | None = None) -> None:
    db.session().add(
        StockMovement(
            variant_id=variant_id, change=change, why=why, who=who, order_id=order_id,
            at=clock.now(),
        )
    )  # fmt: skip
