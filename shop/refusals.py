"""Refusals: customers who want no request for a review and no reminder of an unfinished order.

Both letters offer the same link; it needs no account, and one click is enough (RFC 8058).
"""

from urllib.parse import urlsplit

from sqlalchemy import select

from core import clock, config, db, links
from core.links import BadLink
from core.mail.events import Complained
from shop.models import LetterRefusal, Order

_PURPOSE = "review-refusal"  # as in links that were sent when requests were all there was


def url(order: Order) -> str:
    """The address at which an order's buyer refuses further letters of this kind."""
    return f"{config.current().site_url}/reviews/no-requests/{links.sign(_PURPOSE, order.id)}"


def headers(order: Order, letter: str, *, name: str, title: str) -> dict[str, str]:
    """What mail programs and providers ask of such a letter (RFC 2919, 8058), to an order's buyer.

    `name` and `title` are those of the list that it counts under.
    """
    refusal = url(order)
    host = urlsplit(refusal).hostname
    return {
        "List-Unsubscribe": f"<{refusal}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"{title} <{name}.{host}>",
        "Feedback-ID": f"{letter}:{name}:marketing:{host}",
    }


def refuser(token: str) -> str | None:
    """Whose address a link of `url` is for, or None where we did not sign it."""
    try:
        order_id = links.read(_PURPOSE, token)
    except BadLink:
        return None
    with db.reading() as session:
        return session.scalar(select(Order.email).where(Order.id == order_id))


def refuse(email: str) -> None:
    """Send this customer no such letter again; nothing is kept of whoever never ordered."""
    bought = select(Order.id).where(Order.email == email)
    with db.transaction() as session:
        if session.scalar(bought.limit(1)) is not None:
            db.insert_missing(LetterRefusal, email=email, at=clock.now())


def on_complained(event: Complained) -> None:
    """Whoever reported a letter as spam gets no such letter any more."""
    refuse(event.address)
