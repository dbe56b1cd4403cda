"""What Stripe says of Sessions, refunds, disputes and events, as plain frozen facts.

Built from the JSON of API version 2026-10-28.endive (https://docs.stripe.com/api).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Presented:
    """An amount as Stripe showed it to the customer in their own currency (Adaptive Pricing)."""

    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class Session:
    """A Checkout Session as Stripe has it now; amounts are minor units of `currency`.

    `standing` is open, expired, paid, waiting (a bank was asked) or failed (it refused).
    `takes_codes` is whether its page asks for codes that Stripe keeps. `agreed_to_…` is what the
    customer chose there. `recovery_url` makes a new Session of an expired one, `recovered_from`
    is the Session that this one was made of so.
    """

    id: str
    url: str | None
    standing: str
    reference: str | None
    attempt: int | None
    currency: str
    subtotal: int
    discount: int
    takes_codes: bool
    shipping: int
    tax: int
    total: int
    payment_intent: str | None
    email: str | None
    name: str | None
    phone: str | None
    address: Json | None
    made_at: datetime
    agreed_to_terms: bool = False
    agreed_to_promotions: bool = False
    recovery_url: str | None = None
    recovery_ends_at: datetime | None = None
    recovered_from: str | None = None
    presented: Presented | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many units of something in a Session; `amount` is before discount and tax.

    `offered` is the SKU of what was added on the page, None for what was ordered before.
    """

    offered: str | None
    quantity: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Money that moved, or was refused, as Stripe has it; `reference` is the order's token."""

    id: str
    payment_intent: str | None
    amount: int
    currency: str
    status: str
    reference: str | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Refund:
    """A refund as Stripe has it now; `row` is ours that asked for it, if one did."""

    id: str
    payment_intent: str | None
    amount: int
    currency: str
    status: str
    reason: str | None
    row: int | None
    made_at: datetime
    presented: Presented | None = None


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A dispute as Stripe has it now."""

    id: str
    payment_intent: str | None
    amount: int
    currency: str
    reason: str
    status: str
    due_by: datetime | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class FraudWarning:
    """A card network's early word that a charge may be fraud; `actionable` while a refund helps."""

    id: str
    payment_intent: str | None
    amount: int
    currency: str
    actionable: bool
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Notice:
    """An event: that something happened to an object, which is then to be read anew."""

    id: str
    type: str
    object_id: str | None
    payment_intent: str | None
    api_version: str | None


def session(found: Json) -> Session:
    """The Session in `found`, with its payment expanded if it is to be told failed from waiting."""
    totals = found.get("total_details") or {}
    customer = found.get("customer_details") or {}
    shipped = (found.get("collected_information") or {}).get("shipping_details") or {}
    marks = found.get("metadata") or {}
    intent = found.get("payment_intent")
    consent = found.get("consent") or {}
    recovery = (found.get("after_expiration") or {}).get("recovery") or {}
    return Session(
        id=found["id"],
        url=found.get("url"),
        standing=_standing(found, intent),
        reference=found.get("client_reference_id") or marks.get("order"),
        attempt=int(marks["attempt"]) if "attempt" in marks else None,
        currency=(found.get("currency") or "").upper(),
        subtotal=found.get("amount_subtotal") or 0,
        discount=totals.get("amount_discount") or 0,
        takes_codes=bool(found.get("allow_promotion_codes")),
        shipping=totals.get("amount_shipping") or 0,
        tax=totals.get("amount_tax") or 0,
        total=found.get("amount_total") or 0,
        payment_intent=intent["id"] if isinstance(intent, dict) else intent,
        email=(customer.get("email") or "").lower() or None,
        name=shipped.get("name") or customer.get("name"),
        phone=customer.get("phone"),
        address=shipped.get("address") or customer.get("address"),
        made_at=_made_at(found),
        agreed_to_terms=consent.get("terms_of_service") == "accepted",
        agreed_to_promotions=consent.get("promotions") == "opt_in",
        recovery_url=recovery.get("url"),
        recovery_ends_at=_moment(recovery.get("expires_at")),
        recovered_from=found.get("recovered_from"),
        presented=_presented(found),
    )


def line(found: Json) -> Line:
    """The line item in `found`."""
    price = found.get("price") or {}
    return Line(
        offered=(price.get("metadata") or {}).get("offered"),
        quantity=found.get("quantity") or 0,
        amount=found["amount_subtotal"],
    )


def charge(found: Json) -> Charge:
    """The charge in `found`; it has its payment's metadata."""
    return Charge(
        id=found["id"],
        payment_intent=found.get("payment_intent"),
        amount=found["amount"],
        currency=found["currency"].upper(),
        status=found["status"],
        reference=(found.get("metadata") or {}).get("order"),
        made_at=_made_at(found),
    )


def refund(found: Json) -> Refund:
    """The refund in `found`."""
    row = (found.get("metadata") or {}).get("refund", "")
    return Refund(
        id=found["id"],
        payment_intent=found.get("payment_intent"),
        amount=found["amount"],
        currency=found["currency"].upper(),
        status=found.get("status") or "pending",
        reason=found.get("reason"),
        row=int(row) if row.isdecimal() else None,
        made_at=_made_at(found),
        presented=_presented(found),
    )


def dispute(found: Json) -> Dispute:
    """The dispute in `found`."""
    due_by = (found.get("evidence_details") or {}).get("due_by")
    return Dispute(
        id=found["id"],
        payment_intent=found.get("payment_intent"),
        amount=found["amount"],
        currency=found["currency"].upper(),
        reason=found["reason"],
        status=found["status"],
        due_by=_moment(due_by),
        made_at=_made_at(found),
    )


def fraud_warning(found: Json) -> FraudWarning:
    """The early fraud warning in `found`, with its charge expanded: it has no amount itself."""
    charged = charge(found["charge"])
    return FraudWarning(
        id=found["id"],
        payment_intent=charged.payment_intent,
        amount=charged.amount,
        currency=charged.currency,
        actionable=found["actionable"],
        made_at=_made_at(found),
    )


def notice(event: Json) -> Notice:
    """The event's notice. Raises `KeyError` and `TypeError` for what is no event."""
    about = event["data"]["object"]
    return Notice(
        id=event["id"],
        type=event["type"],
        object_id=about.get("id"),
        payment_intent=about.get("payment_intent"),
        api_version=event.get("api_version"),
    )


def _made_at(found: Json) -> datetime:
    return datetime.fromtimestamp(found["created"], UTC)


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _presented(found: Json) -> Presented | None:
    shown = found.get("presentment_details")
    if not shown or shown["presentment_currency"] == found["currency"]:
        return None
    return Presented(
        amount=shown["presentment_amount"], currency=shown["presentment_currency"].upper()
    )


def _standing(found: Json, intent: Any) -> str:
    """A Session alone does not tell a bank that was asked from one that has refused."""
    if found["status"] != "complete":
        return str(found["status"])
    if found["payment_status"] in ("paid", "no_payment_required"):
        return "paid"
    refused = isinstance(intent, dict) and intent["status"] in (
        "requires_payment_method",
        "canceled",
    )
    return "failed" if refused else "waiting"
