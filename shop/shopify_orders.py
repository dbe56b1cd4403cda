"""Orders as Shopify exports them: a row for each line, the first with all that is of the order.

The columns are those of https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders.
"""

import re
from collections.abc import Sequence

from core import arrivals
from core.arrivals import Fate, LeftOut
from core.tables import Row
from shop import history
from shop.history import PastLine, PastOrder
from shop.models import OrderState
from shop.shopify import WHO, amount, sku_of

NUMBER = ("Name",)
_STATES = {
    "paid": OrderState.PAID,
    "partially_refunded": OrderState.PARTLY_REFUNDED,
    "refunded": OrderState.REFUNDED,
    "voided": OrderState.CANCELLED,
    "expired": OrderState.CANCELLED,
}
_UNKNOWN_COUNTRY = "ZZ"  # CLDR's code for a region that nobody told
_TAG = "shopify"


def take(rows: Sequence[Row]) -> Fate:
    """Record the order that these rows tell of, as history.

    Raises `ValueError` and `LeftOut` as `arrivals` asks.
    """
    past = _order(rows)
    fate = arrivals.remember("shopify order", past.number, past)
    if fate is Fate.NEW:
        history.record(past, by=WHO, why=f"It is {past.number} in Shopify.")
    elif fate is Fate.CHANGED:
        try:
            history.correct(past, by=WHO, why="Shopify tells otherwise now.")
        except history.WentOn as error:
            raise LeftOut("went on here since") from error
    return fate


def placed(rows: Sequence[Row]) -> str:
    """By what to put orders into the sequence in which they came."""
    return rows[0].text("Created at")


def _order(rows: Sequence[Row]) -> PastOrder:
    first = rows[0]
    number, placed_at = first.text(*NUMBER), first.moment("Created at")
    if not 0 < len(number) <= 32:
        raise ValueError("it has no number, or one of more than 32 characters")
    if placed_at is None:
        raise ValueError("it has no date")
    currency = first.text("Currency").upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError("it names no currency")
    state = _state(first)
    lines = tuple(_lines(rows, state, currency))
    if not lines:
        raise ValueError("it has no lines")
    where = "Shipping" if first.text("Shipping Country") else "Billing"
    country = first.text(f"{where} Country").upper()
    return PastOrder(
        number=number,
        state=state,
        currency=currency,
        shipping_amount=amount(first.text("Shipping"), currency),
        discount_amount=amount(first.text("Discount Amount"), currency),
        tax_amount=amount(first.text("Taxes"), currency),
        total_amount=amount(first.text("Total"), currency),
        refunded_amount=amount(first.text("Refunded Amount"), currency),
        promotion_code=first.text("Discount Code")[:40] or None,
        email=_email(first),
        name=first.text(f"{where} Name", "Billing Name")[:200] or None,
        phone=_unquoted(first.text(f"{where} Phone", "Phone"))[:40] or None,
        country=country if re.fullmatch(r"[A-Z]{2}", country) else _UNKNOWN_COUNTRY,
        address=_address(first, where),
        shipping_title=first.text("Shipping Method")[:100],
        placed_at=placed_at,
        paid_at=first.moment("Paid at") or (None if state is OrderState.CANCELLED else placed_at),
        fulfilled_at=first.moment("Fulfilled at"),
        note=first.text("Notes")[:2000],
        tags=(_TAG, *(tag for tag in first.text("Tags").split(",") if tag.strip())),
        lines=lines,
    )


def _state(first: Row) -> OrderState:
    told = first.text("Financial Status").lower()
    if told in _STATES:
        return _STATES[told]
    if first.text("Cancelled at", "Canceled at"):
        return OrderState.CANCELLED
    raise ValueError(f"its payment is not at an end in Shopify: {told or 'no financial status'}")


def _lines(rows: Sequence[Row], state: OrderState, currency: str) -> list[PastLine]:
    first = rows[0]
    ended = state in (OrderState.CANCELLED, OrderState.REFUNDED)
    ended = ended or bool(first.text("Cancelled at", "Canceled at"))
    return [
        _line(row, currency, all_left=_all_left(first), ended=ended)
        for row in rows
        if row.number("Lineitem quantity")
    ]


def _all_left(first: Row) -> bool:
    return first.text("Fulfillment Status").lower() == "fulfilled"


def _line(row: Row, currency: str, *, all_left: bool, ended: bool) -> PastLine:
    name, quantity = row.text("Lineitem name"), row.number("Lineitem quantity") or 0
    if quantity < 0:
        raise ValueError("a line of it has less than no units")
    left = all_left or row.text("Lineitem fulfillment status").lower() == "fulfilled"
    stays = ended or row.text("Lineitem requires shipping").lower() == "false"
    return PastLine(
        sku=sku_of(row.text("Lineitem sku")),
        title=name[:200] or "[no name]",
        unit_amount=amount(row.text("Lineitem price"), currency),
        quantity=quantity,
        shipped=quantity if left else 0,
        dropped=quantity if stays and not left else 0,
    )


def _email(first: Row) -> str | None:
    written = first.text("Email").lower()
    return written if re.fullmatch(r"[^\s@]+@[^\s@]+", written) and len(written) <= 320 else None


def _address(first: Row, where: str) -> tuple[tuple[str, str], ...]:
    """As Stripe has addresses; an apostrophe keeps spreadsheets from making numbers of codes."""
    columns = {
        "line1": "Address1",
        "line2": "Address2",
        "city": "City",
        "state": "Province",
        "postal_code": "Zip",
        "country": "Country",
    }
    parts = ((key, _unquoted(first.text(f"{where} {name}"))) for key, name in columns.items())
    return tuple((key, text[:200]) for key, text in parts if text)


def _unquoted(text: str) -> str:
    return text.removeprefix("'")
