"""Orders that another shop took: they are recorded as they were, and nothing follows from them.

No mail goes out, no stock moves, no event is told, and Stripe is not asked: whoever reads the order
later finds its state, its lines and its dates. What is still to ship is shipped here.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from core import db
from shop import numbering, orders, products
from shop.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderState,
    OrderTag,
    Product,
    Progress,
    Variant,
)

FORMER = "former-shop"
"""The slug of the product that holds what such orders name and no product here is."""


class WentOn(Exception):
    """Something happened to the order here since it was recorded."""


@dataclass(frozen=True, kw_only=True)
class PastLine:
    """What was ordered, as it was called; `sku` may be empty. `unit_amount` is minor units.

    `shipped` units left, `dropped` units need not leave.
    """

    sku: str
    title: str
    unit_amount: int
    quantity: int
    shipped: int
    dropped: int


@dataclass(frozen=True, kw_only=True)
class PastOrder:
    """An order as another shop tells of it; amounts are minor units of `currency`."""

    number: str
    state: OrderState
    currency: str
    shipping_amount: int
    discount_amount: int
    tax_amount: int
    total_amount: int
    refunded_amount: int
    promotion_code: str | None
    email: str | None
    name: str | None
    phone: str | None
    country: str
    address: tuple[tuple[str, str], ...]
    shipping_title: str
    placed_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None
    note: str
    tags: tuple[str, ...]
    lines: tuple[PastLine, ...]


def record(past: PastOrder, *, by: str, why: str) -> Order:
    """Write an order of another shop down. Raises `ValueError` where its number is taken."""
    with db.transaction() as session:
        if session.scalar(select(Order.id).where(Order.number == past.number)) is not None:
            raise ValueError(f"an order here has the number {past.number}")
        order = Order(
            token=secrets.token_urlsafe(18),
            number=past.number,
            marketing_consent=False,  # said to another shop, about other letters
            days_min=0,
            days_max=0,
            attempt=0,
            lines=[_line(position, line) for position, line in enumerate(past.lines)],
            **_facts(past),
        )
        session.add(order)
        session.flush()
        numbering.pass_over(past.number)
        orders.note(order, "recorded", who=by, why=why)
        if past.note:
            orders.note(order, "note", who=by, why=past.note)
        for tag in dict.fromkeys(map(orders.tag_of, past.tags)):
            db.insert_missing(OrderTag, order_id=order.id, tag=tag)
    return order


def correct(past: PastOrder, *, by: str, why: str) -> None:
    """Bring a recorded order to what that shop tells of it now.

    Raises `WentOn` where somebody here did something with it since, and `ValueError` where its
    lines are others.
    """
    with db.transaction() as session:
        order = session.scalars(select(Order).where(Order.number == past.number)).one()
        others = OrderEvent.order_id == order.id, OrderEvent.who != by
        if session.scalar(select(OrderEvent.id).where(*others).limit(1)) is not None:
            raise WentOn
        before = [(line.title, line.unit_amount, line.quantity) for line in order.lines]
        if before != [(line.title, line.unit_amount, line.quantity) for line in past.lines]:
            raise ValueError("its lines are not those that came before")
        for line, told in zip(order.lines, past.lines, strict=True):
            line.shipped, line.dropped = told.shipped, told.dropped
        for name, value in _facts(past).items():
            setattr(order, name, value)
        orders.note(order, "recorded anew", who=by, why=why)


def _facts(past: PastOrder) -> dict[str, Any]:
    """What may be told otherwise later."""
    return {
        "state": past.state,
        "progress": _progress(past),
        "currency": past.currency,
        "goods_amount": sum(line.unit_amount * line.quantity for line in past.lines),
        "shipping_amount": past.shipping_amount,
        "discount_amount": past.discount_amount,
        "tax_amount": past.tax_amount,
        "total_amount": past.total_amount,
        "refunded_amount": past.refunded_amount,
        "promotion_code": past.promotion_code,
        "email": past.email,
        "name": past.name,
        "phone": past.phone,
        "country": past.country,
        "address": dict(past.address) or None,
        "shipping_title": past.shipping_title,
        "placed_at": past.placed_at,
        "expires_at": past.placed_at,
        "paid_at": past.paid_at,
        "fulfilled_at": past.fulfilled_at,
    }


def _progress(past: PastOrder) -> Progress:
    """It follows from the lines."""
    shipped = any(line.shipped for line in past.lines)
    if any(line.quantity > line.shipped + line.dropped for line in past.lines):
        return Progress.PARTLY_FULFILLED if shipped else Progress.UNFULFILLED
    return Progress.FULFILLED if shipped else Progress.CANCELLED


def _line(position: int, line: PastLine) -> OrderLine:
    variant = _variant(line) or _home(line)
    return OrderLine(
        position=position,
        variant_id=variant.id,
        sku=variant.sku,
        title=line.title,
        unit_amount=line.unit_amount,
        quantity=line.quantity,
        shipped=line.shipped,
        dropped=line.dropped,
    )


def _variant(line: PastLine) -> Variant | None:
    """What a line names: by its SKU, and where it has none, by its name: Hook - Black / Long."""
    session = db.session()
    if line.sku:
        return session.scalar(select(Variant).where(Variant.sku == line.sku))
    title, _, form = line.title.partition(" - ")
    named = select(Variant).join(Product, Product.id == Variant.product_id)
    named = named.where(Product.title == title, Variant.title == (form or title))
    return session.scalars(named.order_by(Variant.id).limit(1)).first()


def _home(line: PastLine) -> Variant:
    """A variant, never sold here, for what nothing here is; the same for the same thing."""
    session = db.session()
    product = session.scalar(select(Product).where(Product.slug == FORMER)) or _former()
    digest = sha256(line.title.encode()).hexdigest()[:12].upper()
    sku = line.sku or f"FORMER-{digest}"
    variant = session.scalar(select(Variant).where(Variant.sku == sku))
    if variant is None:
        variant = products.save_variant(product, sku, title=line.title, on_sale=False)
    return variant


def _former() -> Product:
    return products.save(
        products.Draft(
            slug=FORMER,
            title="Sold in the former shop",
            summary="What earlier orders name and this shop does not sell. It is not published.",
            body="",
            published=False,
        )
    )
