"""The rows that hang on a sale, one for each table."""

from datetime import datetime, timedelta
from typing import Any

from shop.models import (
    DisputeState,
    Progress,
    ReservationState,
    ReturnReason,
    ReturnState,
    Variant,
    Verdict,
)

LAST = 50_000
"""The newest order of the year."""


def line(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    """The one line of an order."""
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


def webhook(row: dict[str, Any]) -> dict[str, Any]:
    """Stripe's event that completed its Session or let it expire."""
    ending = "completed" if row["number"] else "expired"
    return {
        "stripe_id": f"evt_{row['id']}",
        "type": f"checkout.session.{ending}",
        "object_id": row["session_id"],
        "received_at": row["placed_at"],
        "handled_at": row["placed_at"],
        "outcome": "done",
    }


def reservation(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    """What an order held on the shelf."""
    return {
        "order_line_id": row["id"],
        "order_id": row["id"],
        "variant_id": variant.id,
        "quantity": units,
        "state": ReservationState.TAKEN if row["number"] else ReservationState.RELEASED,
    }


def payment(row: dict[str, Any]) -> dict[str, Any]:
    """What was paid."""
    return {
        "order_id": row["id"],
        "session_id": row["session_id"],
        "payment_intent": row["payment_intent"],
        "amount": row["total_amount"],
        "currency": "USD",
        "at": row["paid_at"],
    }


def movement(row: dict[str, Any], variant: Variant, units: int) -> dict[str, Any]:
    """What left the shelf."""
    return {
        "variant_id": variant.id,
        "order_id": row["id"],
        "change": -units,
        "why": "sold",
        "who": "Stripe",
        "at": row["paid_at"],
    }


def parcel(number: int, placed: datetime) -> dict[str, Any]:
    """Its one parcel."""
    return {
        "id": number,
        "order_id": number,
        "carrier": "USPS",
        "tracking_number": f"9400{number:012}",
        "who": "fay@shop.example",
        "at": placed + timedelta(days=1),
    }


def event(number: int, what: str, at: datetime) -> dict[str, Any]:
    """A line of its timeline."""
    return {"order_id": number, "what": what, "who": "Stripe", "why": "", "at": at}


def refund(number: int, amount: int, placed: datetime) -> dict[str, Any]:
    """Money that went back."""
    moments = {"created_at": placed + timedelta(days=5), "updated_at": placed + timedelta(days=5)}
    money = {"amount": amount, "currency": "USD", "status": "succeeded"}
    return {"order_id": number, "stripe_id": f"re_{number}", "who": "Stripe", **money, **moments}


def dispute_state(number: int) -> DisputeState:
    """The newest disputes are open."""
    recent = number > LAST - 2_000
    return DisputeState.OPEN if recent else (DisputeState.WON, DisputeState.LOST)[number % 2]


def dispute(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A dispute, due within days where it is open."""
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


def returned(number: int, placed: datetime, now: datetime) -> dict[str, Any]:
    """A return, which waits for an answer where it is new."""
    waits = now - placed < timedelta(days=3)
    return {
        "id": number,
        "order_id": number,
        "state": ReturnState.REQUESTED if waits else ReturnState.CLOSED,
        "reason": ReturnReason.UNSUITED,
        "words": "It is not for me.",
        "requested_at": placed + timedelta(days=1),
    }


def review(number: int, product_id: int, name: str, placed: datetime) -> dict[str, Any]:
    """A review, the newest not yet seen by staff."""
    return {
        "order_line_id": number,
        "order_id": number,
        "product_id": product_id,
        "stars": (5, 4, 5, 3, 5, 2, 4)[number % 7],
        "title": f"Sample review {number}",
        "body": "It reaches where my hands do not. " * 6,
        "name": name,
        "written_at": placed + timedelta(days=20),
        "seen_at": None if number > LAST - 1_000 else placed + timedelta(days=21),
    }


def entry(number: int, amount: int, placed: datetime) -> dict[str, Any]:
    """A payment in the books that matches."""
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
