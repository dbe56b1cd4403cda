"""All that happened between us and one reader: consents, mail, orders, reading, by time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core import db
from core.mail.models import State
from newsletter import address_changes, noting, personal_data
from newsletter.models import Consent, Subscriber
from shop.models import Order
from staff import access

MOST = 200
"""Events on one page."""
_MAIL = {
    State.ACCEPTED: "Got a letter",
    State.EXCLUDED: "Was left out",
    State.FAILED: "A letter was refused",
    State.UNKNOWN: "A letter's fate is unknown",
}


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing: its kind for a filter by eye, in words, and the desk's page about it."""

    at: datetime
    kind: str
    what: str
    detail: str = ""
    href: str | None = None


def of(person: Subscriber, receipts: Sequence[Consent]) -> list[Happened]:
    """The latest first, up to `MOST`; orders only where their desk is open to who looks."""
    events = [*_consents(receipts), *_mail(person), *_reading(person), *_moves(person)]
    if access.may_use("orders"):
        events += _orders(person)
    return sorted(events, key=lambda event: event.at, reverse=True)[:MOST]


def _consents(receipts: Sequence[Consent]) -> Iterator[Happened]:
    for receipt in receipts:
        yield Happened(
            at=receipt.at,
            kind="Consent",
            what=receipt.event.value.capitalize(),
            detail=f"by {receipt.method} on {receipt.page}",
        )


def _mail(person: Subscriber) -> Iterator[Happened]:
    for row in personal_data.messages(person)[:MOST]:
        yield Happened(
            at=row.settled_at or row.created_at,
            kind="Mail",
            what=_MAIL.get(row.state, "A letter waits"),
            detail=" · ".join(filter(None, (row.subject or row.letter, row.reason))),
            href=f"/staff/outbox/{row.id}",
        )


def _reading(person: Subscriber) -> Iterator[Happened]:
    for row in noting.readings(person)[:MOST]:
        yield Happened(
            at=row.at,
            kind="Reading",
            what="Followed a link" if row.path else "Opened a letter",
            detail=" · ".join(filter(None, (row.path, row.source))),
        )


def _moves(person: Subscriber) -> Iterator[Happened]:
    for row in address_changes.former(person):
        if row.done_at is not None:
            yield Happened(at=row.done_at, kind="Address", what=f"{row.old} became {row.new}")


def _orders(person: Subscriber) -> Iterator[Happened]:
    addresses = [person.email, *personal_data.former_addresses(person)]
    theirs = select(Order).where(func.lower(Order.email).in_(addresses), Order.paid_at.is_not(None))
    for order in db.session().scalars(theirs.order_by(Order.id.desc()).limit(MOST)).unique():
        if order.paid_at is not None:
            yield Happened(
                at=order.paid_at,
                kind="Order",
                what=f"Paid {order.number or order.id}",
                detail=", ".join(f"{line.quantity} × {line.title}" for line in order.lines),
                href=f"/staff/orders/{order.id}",
            )
