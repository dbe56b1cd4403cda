"""A busy year of the shop: 50,000 orders and what hangs on them, written straight to tables."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from blog.models import Post
from core import clock, db
from core.db import Base
from core.mail.models import Delivery
from shop.models import (
    BOUGHT,
    BookEntry,
    Dispute,
    DisputeState,
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
    ReservationState,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnState,
    Review,
    StockMovement,
    StripeEvent,
    Variant,
    Verdict,
)
from tests.bench import readers
from tests.bench.readers import Rows

ORDERS = 50_000

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
_CHUNK = 2_000


def fill() -> None:
    """Fill a sample shop; the same every time, but for the clock."""
    chance, now = Random(11), clock.now()
    with db.transaction() as session:
        variants = session.scalars(select(Variant).order_by(Variant.id)).all()
        for first in range(1, ORDERS + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, ORDERS + 1))
            _write(row for number in numbers for row in _order(number, now, variants, chance))
        _write(readers.subscribers(now))
        _write(readers.issues(now))
        _write(readers.copies(session.scalars(select(Post)).all()))


def _write(rows: Rows) -> None:
    """Insert rows, those of one table together, what others refer to first."""
    tables: dict[type[Base], list[dict[str, Any]]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    for table in sorted(tables, key=lambda each: _RANK.index(each.__tablename__)):
        db.session().execute(insert(table), tables[table])


_RANK = [table.name for table in Base.metadata.sorted_tables]


def _order(number: int, now: datetime, variants: Sequence[Variant], chance: Random) -> Rows:
    """An order with its line, its timeline and what it held, and what followed where it was paid."""
    variant, units = chance.choice(variants), chance.choice((1, 1, 1, 2))
    row = _row(number, now, units, chance)
    yield Order, row
    yield OrderLine, _line(row, variant, units)
    for what in ("placed", "paid", "shipped", "delivered")[: 4 if row["number"] else 1]:
        yield OrderEvent, _event(number, what, row["placed_at"])
    yield StripeEvent, _webhook(row)
    yield Reservation, _reservation(row, variant, units)
    if number % 40 == 0:
        yield OrderTag, {"order_id": number, "tag": ("gift", "press", "call back")[number % 3]}
    if row["number"]:
        yield from _paid(row, variant, units)
        yield from _what_came_of_it(row, variant, now)


def _paid(row: dict[str, Any], variant: Variant, units: int) -> Rows:
    """The money of an order, what left the shelf for it, its parcel and its letters."""
    number, placed = row["id"], row["placed_at"]
    yield Payment, _payment(row)
    yield StockMovement, _movement(row, variant, units)
    for letter in ("shop.receipt", "shop.shipped"):
        key, source = f"{letter}:{number}", f"order:{number}"
        yield Delivery, readers.delivery(key, letter, source, row["email"], placed)
    if row["progress"] is not Progress.UNFULFILLED:
        yield Fulfilment, _parcel(number, placed)
        content = {"fulfilment_id": number, "order_line_id": number, "quantity": units}
        yield FulfilmentLine, content


def _what_came_of_it(row: dict[str, Any], variant: Variant, now: datetime) -> Rows:
    """Refunds, disputes, returns and reviews, and the newest orders in the books."""
    number, placed = row["id"], row["placed_at"]
    if row["refunded_amount"]:
        yield Refund, _refund(number, row["refunded_amount"], placed)
    if row["dispute"]:
        yield Dispute, _dispute(row, now)
    if number % _RETURNED == 0:
        yield Return, _return(number, placed, now)
        yield ReturnLine, {"return_id": number, "order_line_id": number, "quantity": 1}
    if number % _REVIEWED == 0:
        yield Review, _review(number, variant.product_id, row["name"], placed)
    if now - placed < timedelta(days=30):
        yield BookEntry, _entry(number, row["total_amount"], placed)


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
        "dispute": _dispute_state(number) if disputed else None,
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


def _line(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    return {
        "id": row["id"],
        "order_id": row["id"],
        "position": 1,
        "variant_id": variant.id,
        "sku": variant.sku,
        "title": "QL Claw",
        "unit_amount": 8900,
        "quantity": units,
        "shipped": 0 if row["progress"] is Progress.UNFULFILLED else units,
    }


def _webhook(row: dict[str, Any]) -> dict[str, Any]:
    ending = "completed" if row["number"] else "expired"
    return {
        "stripe_id": f"evt_{row['id']}",
        "type": f"checkout.session.{ending}",
        "object_id": row["session_id"],
        "received_at": row["placed_at"],
        "handled_at": row["placed_at"],
        "outcome": "done",
    }


def _reservation(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    return {
        "order_line_id": row["id"],
        "order_id": row["id"],
        "variant_id": variant.id,
        "quantity": units,
        "state": ReservationState.TAKEN if row["number"] else ReservationState.RELEASED,
    }


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": row["id"],
        "session_id": row["session_id"],
        "payment_intent": row["payment_intent"],
        "amount": row["total_amount"],
        "currency": "USD",
        "at": row["paid_at"],
    }


def _movement(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    return {
        "variant_id": variant.id,
        "order_id": row["id"],
        "change": -units,
        "why": "sold",
        "who": "Stripe",
        "at": row["paid_at"],
    }


def _parcel(number: int, placed: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "order_id": number,
        "carrier": "USPS",
        "tracking_number": f"9400{number:012}",
        "who": "fay@shop.example",
        "at": placed + timedelta(days=1),
    }


def _event(number: int, what: str, at: datetime) -> dict[str, Any]:
    return {"order_id": number, "what": what, "who": "Stripe", "why": "", "at": at}


def _refund(number: int, amount: int, placed: datetime) -> dict[str, Any]:
    moments = {"created_at": placed + timedelta(days=5), "updated_at": placed + timedelta(days=5)}
    money = {"amount": amount, "currency": "USD", "status": "succeeded"}
    return {"order_id": number, "stripe_id": f"re_{number}", "who": "Stripe", **money, **moments}


def _dispute_state(number: int) -> DisputeState:
    recent = number > ORDERS - 2_000
    return DisputeState.OPEN if recent else (DisputeState.WON, DisputeState.LOST)[number % 2]


def _dispute(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    number, began = row["id"], row["disputed_at"]
    is_open = row["dispute"] is DisputeState.OPEN
    return {
        "order_id": number,
        "stripe_id": f"dp_{number}",
        "amount": row["total_amount"],
        "currency": "USD",
        "reason": "fraudulent",
        "status": "needs_response" if is_open else row["dispute"].value,
        "due_by": now + timedelta(days=number % 9, hours=7) if is_open else began,
        "created_at": began,
        "updated_at": began,
    }


def _return(number: int, placed: datetime, now: datetime) -> dict[str, Any]:
    waits = now - placed < timedelta(days=3)
    return {
        "id": number,
        "order_id": number,
        "state": ReturnState.REQUESTED if waits else ReturnState.CLOSED,
        "reason": ReturnReason.UNSUITED,
        "words": "It is not for me.",
        "requested_at": placed + timedelta(days=1),
    }


def _review(number: int, product_id: int, name: str, placed: datetime) -> dict[str, Any]:
    return {
        "order_line_id": number,
        "order_id": number,
        "product_id": product_id,
        "stars": (5, 4, 5, 3, 5, 2, 4)[number % 7],
        "title": f"Sample review {number}",
        "body": "It reaches where my hands do not. " * 6,
        "name": name,
        "written_at": placed + timedelta(days=20),
        "seen_at": None if number > ORDERS - 1_000 else placed + timedelta(days=21),
    }


def _entry(number: int, amount: int, placed: datetime) -> dict[str, Any]:
    return {
        "key": f"cs_{number}",
        "kind": "session",
        "order_id": number,
        "amount": amount,
        "currency": "USD",
        "there": "paid",
        "here": "paid",
        "verdict": Verdict.MATCHED,
        "at": placed,
        "compared_at": placed,
    }
