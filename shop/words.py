"""What a customer writes on an order: a gift's message, and a note to whoever packs it."""

from unicodedata import category

from core import db
from shop import orders
from shop.models import Order
from shop.orders import NotPossible

LONGEST = 300
"""Characters of each; the cart's cookie has to hold both."""


class TooLong(ValueError):
    """More was written than is kept; the text says so to people."""


def read(entered: str) -> str | None:
    """What somebody wrote, on as many lines as they like; None for nothing. Raises `TooLong`."""
    lines = (" ".join(line.split()) for line in entered.splitlines())
    words = "".join(sign for sign in "\n".join(lines).strip() if sign == "\n" or _prints(sign))
    if len(words) > LONGEST:
        raise TooLong(f"Please write no more than {LONGEST} characters; these are {len(words)}.")
    return words or None


def change(order_id: int, *, gift: str | None, note: str | None, by: str) -> Order:
    """Change what a gift's slip says and what the customer noted, as long as nothing has left.

    Raises `NotPossible`.
    """
    with db.transaction():
        order = orders.locked(Order.id == order_id)
        if order is None or not order.may_change:
            raise NotPossible("The words cannot be changed: it is not paid, or some has left.")
        _remember(order, "gift message", order.gift_message, gift, by)
        _remember(order, "customer's note", order.customer_note, note, by)
        order.gift_message, order.customer_note = gift, note
    return order


def _prints(sign: str) -> bool:
    """Not for control characters; those that join others, as in 👨‍👩‍👧, stay."""
    return category(sign) != "Cc"


def _remember(order: Order, what: str, before: str | None, now: str | None, by: str) -> None:
    if before != now:
        orders.note(order, f"{what} changed", who=by, why=f"before: {before or 'none'}")
