"""Stripe's events: verified, stored, handled; each any number of times and in any order.

An event only says that something happened to an object. The object is read anew, so that it does
not matter which event came first, or whether one came at all.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select, update

from core import clock, db
from shop import alerts, books, disputes, payments, refunds, settlement
from shop.facts import Notice
from shop.models import StripeEvent

BadEvent = payments.BadEvent


def receive(payload: bytes, signature: str | None) -> str:
    """Take an event in and do what follows from it; what came of it, once that is committed.

    Raises `BadEvent` (and staff see it), and `payments.Unavailable`: Stripe will send it again.
    """
    try:
        notice = payments.read_event(payload, signature)
    except BadEvent as error:
        hour = f"{clock.now():%Y-%m-%d %H}"
        alerts.raise_alert(
            "bad_webhook", f"Refused what was sent to the webhook: {error}", key=hour
        )
        books.refuse(str(error))
        raise
    if _store(notice):
        return "repeated"
    try:
        outcome = _handle(notice)
    except payments.Unavailable:
        books.refuse("Stripe could not be asked about it")
        raise
    _mark_handled(notice, outcome)
    return outcome


def last_received() -> StripeEvent | None:
    """The last event that came in, to see whether any do."""
    with db.reading() as session:
        return session.scalar(select(StripeEvent).order_by(StripeEvent.id.desc()).limit(1))


def unhandled(older_than: timedelta = timedelta(minutes=5)) -> Sequence[StripeEvent]:
    """Events that were stored and never handled, oldest first."""
    waiting = StripeEvent.handled_at.is_(None)
    old = StripeEvent.received_at < clock.now() - older_than
    with db.reading() as session:
        return session.scalars(select(StripeEvent).where(waiting, old).limit(100)).all()


def _handle(notice: Notice) -> str:
    try:
        if notice.type.startswith("checkout.session."):
            ours = settlement.settle(notice.object_id or "") is not None
        elif notice.type.startswith("refund.") or notice.type == "charge.refund.updated":
            ours = refunds.mirror(payments.read_refund(notice.object_id or ""))
        elif notice.type == "charge.refunded":
            ours = _mirror_all(notice.payment_intent)
        elif notice.type.startswith("charge.dispute."):
            ours = disputes.mirror(payments.read_dispute(notice.object_id or ""))
        elif notice.type == "radar.early_fraud_warning.created":
            ours = disputes.warn(notice.payment_intent or "", notice.object_id or notice.id)
        else:
            return "not needed"
    except payments.Unknown:
        return "Stripe does not know it"
    return "done" if ours else "not ours"


def _mirror_all(payment_intent: str | None) -> bool:
    found = payments.refunds_of(payment_intent) if payment_intent else []
    return sum(map(refunds.mirror, found)) > 0


def _store(notice: Notice) -> bool:
    """Keep the event; whether it was handled before."""
    with db.transaction() as session:
        is_new = db.insert_missing(
            StripeEvent,
            stripe_id=notice.id,
            type=notice.type,
            object_id=notice.object_id,
            api_version=notice.api_version,
            received_at=clock.now(),
        )
        handled = select(func.count()).where(
            StripeEvent.stripe_id == notice.id, StripeEvent.handled_at.is_not(None)
        )
        return not is_new and session.scalar(handled) == 1


def _mark_handled(notice: Notice, outcome: str) -> None:
    with db.transaction():
        mine = update(StripeEvent).where(StripeEvent.stripe_id == notice.id)
        db.changed(mine.values(handled_at=clock.now(), outcome=outcome))
