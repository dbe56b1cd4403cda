"""The reconciler: compares what is here with what Stripe has, and repairs what is here.

With it an order is settled even where no event ever arrives.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from core import clock, db, jobs
from shop import disputes, payments, refunds, settlement
from shop.facts import Dispute as DisputeFacts
from shop.facts import Refund as RefundFacts
from shop.models import HOLDING, Dispute, Order, Refund

log = logging.getLogger(__name__)

# As far back as Stripe keeps its events.
WINDOW = timedelta(days=30)
_CAP = 500  # orders a turn; Stripe allows 25 requests a second


def reconcile() -> dict[str, int]:
    """Settle open orders, and mirror the refunds and disputes of the last 30 days.

    Returns how many orders were checked, how many moved to which state, and what was missing.
    Raises `payments.Unavailable`.
    """
    found: Counter[str] = Counter(orders=0, refunds=0, disputes=0, unknown_payments=0)
    _settle_open(found)
    _settle_unmatched(found)
    since = clock.now() - WINDOW
    found["refunds_made"] = refunds.ask_again()
    found["refunds"] = sum(map(refunds.mirror, _news_of_refunds(payments.refunds_since(since))))
    found["disputes"] = sum(map(disputes.mirror, _news_of_disputes(payments.disputes_since(since))))
    return dict(found)


@jobs.job("shop.reconcile", every_minutes=10)
def reconcile_in_turn() -> None:
    """One turn of the reconciler; one that cannot reach Stripe leaves it to the next."""
    try:
        reconcile()
    except payments.Unavailable as error:
        log.warning("reconciling waits for Stripe: %s", error)


def _settle_open(found: Counter[str]) -> None:
    with db.reading() as session:
        waiting = select(Order.session_id, Order.state).where(
            Order.state.in_(HOLDING), Order.session_id.is_not(None)
        )
        rows = session.execute(waiting.order_by(Order.id).limit(_CAP)).all()
    for session_id, was in rows:
        found["orders"] += 1
        try:
            order = settlement.settle(str(session_id), by="reconciler")
        except payments.Unknown:
            found["unknown_sessions"] += 1
            continue
        if order is not None and order.state is not was:
            found[order.state.value] += 1


def _settle_unmatched(found: Counter[str]) -> None:
    """What was paid at Stripe and is not paid here: a lost Session, or a database from before."""
    for paid in payments.sessions_since(clock.now() - WINDOW):
        if paid.standing != "paid" or paid.attempt is None or _is_bought(paid.id):
            continue
        order = settlement.conclude(paid, by="reconciler")
        found["unknown_payments" if order is None or not order.bought else "paid"] += 1


def _is_bought(session_id: str) -> bool:
    with db.reading() as session:
        order = session.scalar(select(Order).where(Order.session_id == session_id))
        return order is not None and order.bought


def _news_of_refunds(told: Sequence[RefundFacts]) -> list[RefundFacts]:
    ids = [each.id for each in told]
    mine = select(Refund.stripe_id, Refund.status).where(Refund.stripe_id.in_(ids))
    with db.reading() as session:
        known = dict(session.execute(mine).all())
    return [each for each in told if known.get(each.id) != each.status]


def _news_of_disputes(told: Sequence[DisputeFacts]) -> list[DisputeFacts]:
    ids = [each.id for each in told]
    mine = select(Dispute.stripe_id, Dispute.status).where(Dispute.stripe_id.in_(ids))
    with db.reading() as session:
        known = dict(session.execute(mine).all())
    return [each for each in told if known.get(each.id) != each.status]
