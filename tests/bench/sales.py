"""A year's sales, one after the other: orders, their money and parcels, and what came of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.mail.models import Delivery
from shop.models import (
    BOUGHT,
    BookEntry,
    Dispute,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderEvent,
    OrderLine,
    OrderState,
    OrderTag,
    Payment,
    Progress,
    Refund,
    Reservation,
    Return,
    ReturnLine,
    Review,
    StockMovement,
    StripeEvent,
    Variant,
)
from tests.bench import readers, sale_rows
from tests.bench.readers import Rows

ORDERS = sale_rows.LAST

_FIRST = ("Ada", "Ben", "Chloe", "Dan", "Eve", "Finn", "Gus", "Hana", "Iris", "Jo", "Kim", "Leo")
_LAST = ("Archer", "Brook", "Carver", "Dale", "Ellis", "Frost", "Glover", "Hart", "Ives", "Jones")
_SOURCES = ("post:referred-back-pain", "post:psoas-trigger-points", "newsletter:3", "finder", None)
_OUTCOMES = (
    (OrderState.PAID, Progress.DELIVERED),
    (OrderState.PARTLY_REFUNDED, Progress.DELIVERED),
    (OrderState.REFUNDED, Progress.FULFILLED),
    (OrderState.EXPIRED, Progress.UNFULFILLED),
    (OrderState.FAILED, Progress.UNFULFILLED),
)
_ODDS = (86, 2, 3, 8, 1)
_UNSHIPPED, _DISPUTED, _RETURNED, _REVIEWED = 150, 97, 31, 7
"""The last so many are to ship; one in so many is disputed, sent back, reviewed."""


def order(number: int, now: datetime, variants: Sequence[Variant], chance: Random) -> Rows:
    """An order with its line, its timeline and what it held, and what followed where it was paid."""
    variant, units = chance.choice(variants), chance.choice((1, 1, 1, 2))
    row = _row(number, now, units, chance)
    yield Order, row
    yield OrderLine, sale_rows.line(row, variant, units)
    for what in ("placed", "paid", "shipped", "delivered")[: 4 if row["number"] else 1]:
        yield OrderEvent, sale_rows.event(number, what, row["placed_at"])
    yield StripeEvent, sale_rows.webhook(row)
    yield Reservation, sale_rows.reservation(row, variant, units)
    if number % 40 == 0:
        yield OrderTag, {"order_id": number, "tag": ("gift", "press", "call back")[number % 3]}
    if row["number"]:
        yield from _paid(row, variant, units)
        yield from _what_came_of_it(row, variant, now)


def _paid(row: dict[str, Any], variant: Variant, units: int) -> Rows:
    """The money of an order, what left the shelf for it, its parcel and its letters."""
    number, placed = row["id"], row["placed_at"]
    yield Payment, sale_rows.payment(row)
    yield StockMovement, sale_rows.movement(row, variant, units)
    for letter in ("shop.receipt", "shop.shipped"):
        key, source = f"{letter}:{number}", f"order:{number}"
        yield Delivery, readers.delivery(key, letter, source, row["email"], placed)
    if row["progress"] is not Progress.UNFULFILLED:
        yield Fulfilment, sale_rows.parcel(number, placed)
        content = {"fulfilment_id": number, "order_line_id": number, "quantity": units}
        yield FulfilmentLine, content


def _what_came_of_it(row: dict[str, Any], variant: Variant, now: datetime) -> Rows:
    """Refunds, disputes, returns and reviews, and the newest orders in the books."""
    number, placed = row["id"], row["placed_at"]
    if row["refunded_amount"]:
        yield Refund, sale_rows.refund(number, row["refunded_amount"], placed)
    if row["dispute"]:
        yield Dispute, sale_rows.dispute(row, now)
    if number % _RETURNED == 0:
        yield Return, sale_rows.returned(number, placed, now)
        yield ReturnLine, {"return_id": number, "order_line_id": number, "quantity": 1}
    if number % _REVIEWED == 0:
        yield Review, sale_rows.review(number, variant.product_id, row["name"], placed)
    if now - placed < timedelta(days=30):
        yield BookEntry, sale_rows.entry(number, row["total_amount"], placed)


def _row(number: int, now: datetime, units: int, chance: Random) -> dict[str, Any]:
    state, progress = chance.choices(_OUTCOMES, _ODDS)[0]
    if number > ORDERS - _UNSHIPPED:
        state, progress = OrderState.PAID, Progress.UNFULFILLED
    bought = state in BOUGHT
    placed = now - timedelta(days=365) * ((ORDERS - number) / ORDERS) - timedelta(minutes=1)
    total = 8900 * units + 700
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    disputed = bought and number % _DISPUTED == 0
    return {
        "id": number,
        "token": f"{number:032x}",
        "number": f"QL-{number}" if bought else None,
        "state": state,
        "progress": progress,
        "dispute": sale_rows.dispute_state(number) if disputed else None,
        "currency": "USD",
        "goods_amount": total - 700,
        "shipping_amount": 700,
        "discount_amount": 0,
        "tax_amount": 0,
        "total_amount": total,
        "refunded_amount": {OrderState.REFUNDED: total, OrderState.PARTLY_REFUNDED: 2000}.get(
            state, 0
        ),
        "email": f"{name.replace(' ', '.').lower()}.{number % 30_000}@example.com",
        "name": name,
        "country": chance.choice(("US", "US", "CA", "GB")),
        "shipping_title": "Standard",
        "days_min": 3,
        "days_max": 6,
        "address": {"line1": f"{number % 900} Main Street", "city": "Boston", "state": "MA"},
        "marketing_consent": number % 3 == 0,
        "source": chance.choice(_SOURCES),
        "session_id": f"cs_{number}",
        "payment_intent": f"pi_{number}" if bought else None,
        "attempt": 1,
        "placed_at": placed,
        "expires_at": placed + timedelta(minutes=30),
        "paid_at": placed + timedelta(minutes=2) if bought else None,
        "disputed_at": placed + timedelta(days=3) if disputed else None,
    }
