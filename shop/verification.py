"""Verification: whether a Session is the one that its order asked for, and the one that counts."""

from collections.abc import Sequence

from shop.facts import Session
from shop.models import Order, OrderLine

COMPLETE = ("paid", "waiting")
"""Standings in which money has come or is on its way."""


class Mismatch(ValueError):
    """Money came by a Session that its order did not ask for; the text says in what it differs."""


def check(order: Order, session: Session, added: Sequence[OrderLine]) -> None:
    """Compare what a Session was paid for with its order and what was added on its page.

    Raises `Mismatch`.
    """
    if session.standing not in COMPLETE:
        return
    wrong = [
        f"{name}: {ours} here, {theirs} there"
        for name, ours, theirs in _facts(order, session, added)
        if ours != theirs
    ]
    if wrong:
        raise Mismatch("; ".join(wrong))


def is_current(order: Order, session: Session) -> bool:
    """Whether the order was not tried again, or settled through another Session, since."""
    known = order.session_id in (None, session.id) or _continues(order, session)
    return known and order.attempt == session.attempt


def _facts(
    order: Order, session: Session, added: Sequence[OrderLine]
) -> Sequence[tuple[str, object, object]]:
    """What has to be equal: its name, here, and there."""
    goods = order.goods_amount + sum(line.amount for line in added)
    # Codes that are typed on Stripe's page are known to Stripe alone.
    discount = session.discount if session.takes_codes else order.discount_amount
    added_tax = 0 if order.tax_included else session.tax
    return (
        ("reference", order.token, session.reference),
        ("session", session.id if _continues(order, session) else order.session_id, session.id),
        ("attempt", order.attempt, session.attempt),
        ("currency", order.currency, session.currency),
        ("goods", goods, session.subtotal),
        ("shipping", order.shipping_amount, session.shipping),
        ("discount", discount, session.discount),
        ("total", goods - discount + order.shipping_amount + added_tax, session.total),
    )


def _continues(order: Order, session: Session) -> bool:
    """Whether it is the order's only Session, or Stripe made it of one that expired.

    Of an expired one Stripe makes as many as are asked for: the first that is paid counts.
    """
    return order.session_id is None or (session.recovered_from is not None and not order.ordered)
