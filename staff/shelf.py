"""The shelf desk: what is sold, how many are there, and why that changed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from core import clock, db
from shop import catalog, restock, stock
from shop.models import Part, Price, Product, Stock, StockMovement, Variant
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("shelf", __name__, Role.FULFILMENT)

Answer = TypeVar("Answer")


@desk.get("")
def index() -> ResponseReturnValue:
    """Every variant with its price and its units, and the last movements."""
    return page(
        "shelf.html",
        rows=_rows(),
        bundles=_bundles(),
        sold={offer.sku: offer for offer in catalog.on_sale()},
        movements=_movements(),
        waiting=restock.waiting(),
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


def _rows() -> Sequence[Row[Variant, Product, Stock | None, int | None, str | None]]:
    """Every variant, on sale or not, with its units and its price of this moment."""
    statement = (
        select(Variant, Product, Stock, _now(Price.amount), _now(Price.currency))
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .order_by(Product.title, Variant.position)
    )
    return db.session().execute(statement).all()


def _now(column: InstrumentedAttribute[Answer]) -> ScalarSelect[Answer]:
    began = Price.variant_id == Variant.id, Price.valid_from <= clock.now()
    latest = select(column).where(*began).order_by(Price.valid_from.desc(), Price.id.desc())
    return latest.limit(1).scalar_subquery()


def _bundles() -> dict[int, list[tuple[str, int]]]:
    """What each bundle is made of: SKUs and how many."""
    parts = select(Part.bundle_id, Variant.sku, Part.quantity)
    rows = db.session().execute(parts.join(Variant, Variant.id == Part.part_id)).all()
    made_of: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for bundle, sku, quantity in rows:
        made_of[bundle].append((sku, quantity))
    return dict(made_of)


def _movements() -> Sequence[Row[StockMovement, str]]:
    statement = select(StockMovement, Variant.sku).join(
        Variant, Variant.id == StockMovement.variant_id
    )
    return db.session().execute(statement.order_by(StockMovement.id.desc()).limit(50)).all()


def _found(number: int) -> Variant:
    return db.session().get(Variant, number) or abort(404)
