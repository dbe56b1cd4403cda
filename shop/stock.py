"""The shelf: units come in, are held for orders, and leave it or return; never fewer than none.

Every change is one conditional UPDATE, so that of many who want the last unit one gets it. A bundle
has no units of its own: what is held, taken and put back for it are its parts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, delete, exists, select, true, update

from core import clock, db, jobs
from shop.models import (
    Order,
    OrderLine,
    Part,
    Reservation,
    ReservationState,
    Stock,
    StockMovement,
)

_RESTOCK = "shop.restock"  # the job of `shop.restock`, which stands above this module


class SoldOut(Exception):
    """Fewer than wanted are there that nobody holds; `line` is what was wanted."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(f"{line.title} is sold out")
        self.line = line


def receive(variant_id: int, quantity: int, *, by: str, why: str = "received") -> None:
    """Put units on the shelf, or with a negative quantity correct a count.

    Raises `ValueError` where fewer would be left than are held, and for a bundle.
    """
    with db.transaction() as session:
        if session.scalar(select(exists().where(Part.bundle_id == variant_id))):
            raise ValueError("a bundle is made of its parts: count those")
        if not _change(variant_id, quantity, Stock.on_hand + quantity >= Stock.reserved):
            raise ValueError("fewer would be left than orders hold")
        _note(variant_id, quantity, why=why, who=by)
        jobs.ring(_RESTOCK)


def hold(order: Order, until: datetime) -> None:
    """Hold what an order wants. Raises `SoldOut`, and then nothing is held of it."""
    with db.transaction():
        db.changed(_outdated(order.id))
        _hold_all(_needs(order.lines), until)


def hold_added(lines: Sequence[OrderLine], until: datetime) -> None:
    """Hold what came to an order on the payment page, a line whole or not at all.

    What is sold out is written down all the same, so that `take` looks for it once more.
    """
    with db.transaction() as session:
        for line in lines:
            needs = _needs([line])
            try:
                with db.attempt():
                    _hold_all(needs, until)
            except SoldOut:
                session.add_all(_row(need, ReservationState.RELEASED, until) for need in needs)


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
    """Take what was paid for off the shelf: what is held, else what is left; a line whole or not.

    Returns the lines that not enough is left for; those are oversold.
    """
    with db.transaction():
        rows = _reservations(order.id)
        _lock({row.variant_id for row in rows})
        missing = []
        for line in order.lines:
            mine = [row for row in rows if row.order_line_id == line.id]
            if not _take(mine, by):
                missing.append(line)
    return missing


def put_back(order: Order, *, by: str, units: Mapping[int, int] | None = None) -> None:
    """Put what an order took back on the shelf, as when it is cancelled before it left.

    `units` are how many of which order lines (by id) come back; without, all that are not back yet.
    More than were taken never come back.
    """
    with db.transaction():
        bought = {line.id: line.quantity for line in order.lines}
        for row in _reservations(order.id):
            if row.state is not ReservationState.TAKEN:
                continue
            for_one = row.quantity // bought[row.order_line_id]
            wanted = row.quantity if units is None else units.get(row.order_line_id, 0) * for_one
            _put_back(row, min(wanted, row.quantity - row.returned), by)


def movements(variant_id: int, limit: int = 100) -> Sequence[StockMovement]:
    """The last changes of what is on hand, newest first."""
    newest = select(StockMovement).where(StockMovement.variant_id == variant_id)
    with db.reading() as session:
        return session.scalars(newest.order_by(StockMovement.id.desc()).limit(limit)).all()


def _outdated(order_id: int) -> Delete:
    """What an earlier attempt held and let go of; the bundle may be made up otherwise since."""
    return delete(Reservation).where(
        Reservation.order_id == order_id, Reservation.state == ReservationState.RELEASED
    )


@dataclass(frozen=True)
class _Need:
    """Units of a variant that an order line asks for, itself or for the bundle that it is."""

    line: OrderLine
    variant_id: int
    quantity: int


def _needs(lines: Sequence[OrderLine]) -> list[_Need]:
    """Always in the same order of variants, so that no two transactions wait for each other."""
    bundles = select(Part).where(Part.bundle_id.in_([line.variant_id for line in lines]))
    parts = db.session().scalars(bundles).all()
    needs = []
    for line in lines:
        mine = [part for part in parts if part.bundle_id == line.variant_id]
        made_of = [(part.part_id, part.quantity) for part in mine] or [(line.variant_id, 1)]
        needs += [_Need(line, variant, count * line.quantity) for variant, count in made_of]
    return sorted(needs, key=lambda need: (need.variant_id, need.line.id))


def _hold_all(needs: Sequence[_Need], until: datetime) -> None:
    for need in needs:
        if not _hold(need.variant_id, need.quantity):
            raise SoldOut(need.line)
        db.session().add(_row(need, ReservationState.HELD, until))


def _row(need: _Need, state: ReservationState, until: datetime) -> Reservation:
    return Reservation(
        order_line_id=need.line.id,
        order_id=need.line.order_id,
        variant_id=need.variant_id,
        quantity=need.quantity,
        returned=0,
        state=state,
        expires_at=until,
    )


def _reservations(order_id: int) -> Sequence[Reservation]:
    mine = select(Reservation).where(Reservation.order_id == order_id).with_for_update()
    ordered = mine.order_by(Reservation.variant_id, Reservation.order_line_id)
    return db.session().scalars(ordered, execution_options={"populate_existing": True}).all()


def _lock(variants: Collection[int]) -> None:
    """Let nobody else change these shelves until we commit; always in the same order."""
    shelves = select(Stock.variant_id).where(Stock.variant_id.in_(variants))
    db.session().execute(shelves.order_by(Stock.variant_id).with_for_update())


def _hold(variant_id: int, quantity: int) -> bool:
    hold = update(Stock).where(Stock.variant_id == variant_id, _is_free(quantity))
    return db.changed(hold.values(reserved=Stock.reserved + quantity)) == 1


def _take(rows: Sequence[Reservation], by: str) -> bool:
    """Take what one line asked for; False where it is neither held nor left."""
    states = {row.state for row in rows}
    if states == {ReservationState.TAKEN}:
        return True
    if states == {ReservationState.HELD}:
        _take_held(rows)
    elif not _take_free(rows):
        return False
    for row in rows:
        row.state, row.returned = ReservationState.TAKEN, 0
        _note(row.variant_id, -row.quantity, why="sold", who=by, order_id=row.order_id)
    return True


def _take_held(rows: Sequence[Reservation]) -> None:
    for row in rows:
        held = update(Stock).where(Stock.variant_id == row.variant_id)
        left = {"on_hand": Stock.on_hand - row.quantity, "reserved": Stock.reserved - row.quantity}
        db.changed(held.values(left))


def _take_free(rows: Sequence[Reservation]) -> bool:
    """Take what nobody holds, all of it or none."""
    taken: list[Reservation] = []
    for row in rows:
        if not _change(row.variant_id, -row.quantity, _is_free(row.quantity)):
            for each in taken:
                _change(each.variant_id, each.quantity, true())
            return False
        taken.append(row)
    return bool(taken)


def _is_free(quantity: int) -> ColumnElement[bool]:
    return Stock.on_hand - Stock.reserved >= quantity


def _put_back(row: Reservation, quantity: int, by: str) -> None:
    if quantity < 1:
        return
    row.returned += quantity
    if row.returned == row.quantity:
        row.state = ReservationState.RELEASED
    _change(row.variant_id, quantity, true())
    _note(row.variant_id, quantity, why="put back", who=by, order_id=row.order_id)


def _free(reservation: Reservation) -> None:
    held = update(Stock).where(Stock.variant_id == reservation.variant_id)
    db.changed(held.values(reserved=Stock.reserved - reservation.quantity))


def _settle(reservation: Reservation, state: ReservationState) -> bool:
    """Move on what is held; False where somebody else did."""
    mine = update(Reservation).where(
        Reservation.order_line_id == reservation.order_line_id,
        Reservation.variant_id == reservation.variant_id,
        Reservation.state == ReservationState.HELD,
    )
    return db.changed(mine.values(state=state)) == 1


def _change(variant_id: int, quantity: int, condition: ColumnElement[bool]) -> bool:
    shelf = update(Stock).where(Stock.variant_id == variant_id, condition)
    return db.changed(shelf.values(on_hand=Stock.on_hand + quantity)) == 1


def _note(variant_id: int, change: int, *, why: str, who: str, order_id: int | None = None) -> None:
    db.session().add(
        StockMovement(
            variant_id=variant_id, change=change, why=why, who=who, order_id=order_id,
            at=clock.now(),
        )
    )  # fmt: skip
