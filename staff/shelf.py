"""The shelf desk: what is sold, how many are there, and why that changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from core import clock, db
from shop import restock, stock
from shop.models import Price, Product, Stock, StockMovement, Variant
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("shelf", __name__, Role.FULFILMENT)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Bundle:
    """What a bundle is made of: SKUs and how many; and how many bundles each of them allows."""

    parts: list[tuple[str, int]] = field(default_factory=list)
    allowed: list[int] = field(default_factory=list)

    @property
    def available(self) -> int:
        """How many can be sold."""
        return min(self.allowed)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every variant with its price and its units, and the last movements."""
    rows = _rows()
    return page(
        "shelf.html",
        rows=rows,
        bundles=_bundles(rows),
        movements=_movements(),
    )


@desk.post("/<int:number>/receive")
def receive(number: int) -> ResponseReturnValue:
    """Put units on the shelf, or correct a count with a negative number."""
    variant = _found(number)
    units = request.form.get("units", type=int) or 0
    why = " ".join(request.form.get("why", "").split())[:200] or "received"
    if units == 0 or abs(units) > 1_000_000:
        say("How many? A whole number, negative to take some off.", kind="error")
        return redirect("/staff/shelf", 303)
    try:
        stock.receive(variant.id, units, by=access.member().email, why=why)
    except ValueError as error:
        say(f"This cannot be: {error}.", kind="error")
    else:
        said = f"{units:+,} {variant.sku}."
        say(said, undo=f"/staff/shelf/{number}/receive", units=str(-units), why="undone")
    return redirect("/staff/shelf", 303)


_Shelf = Sequence[Row[Variant, Product, Stock | None, int | None, str | None, int]]


def _rows() -> _Shelf:
    """Every variant, on sale or not, with its parts, its units and its price of this moment."""
    statement = (
        select(
            *(Variant, Product, Stock, _now(Price.amount), _now(Price.currency)),
            restock.waiting_for(Variant.id),
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .options(joinedload(Variant.parts))
        .order_by(Product.title, Variant.position)
    )
    return db.session().execute(statement).unique().all()


def _now(column: InstrumentedAttribute[Answer]) -> ScalarSelect[Answer]:
    began = Price.variant_id == Variant.id, Price.valid_from <= clock.now()
    latest = select(column).where(*began).order_by(Price.valid_from.desc(), Price.id.desc())
    return latest.limit(1).scalar_subquery()


def _bundles(rows: _Shelf) -> dict[int, Bundle]:
    """What each bundle is made of, by its variant's id."""
    shelf = {variant.id: (variant.sku, stock) for variant, _, stock, *_ in rows}
    bundles: dict[int, Bundle] = defaultdict(Bundle)
    for variant, *_ in rows:
        for part in variant.parts:
            sku, stock = shelf[part.part_id]
            free = stock.on_hand - stock.reserved if stock else 0
            bundles[variant.id].parts.append((sku, part.quantity))
            bundles[variant.id].allowed.append(free // part.quantity)
    return dict(bundles)


def _movements() -> Sequence[Row[StockMovement, str]]:
    statement = select(StockMovement, Variant.sku).join(
        Variant, Variant.id == StockMovement.variant_id
    )
    return db.session().execute(statement.order_by(StockMovement.id.desc()).limit(50)).all()


def _found(number: int) -> Variant:
    return db.session().get(Variant, number) or abort(404)
