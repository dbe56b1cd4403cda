"""The papers of an order: invoice, credit notes and packing slip, for the screen, print and PDF.

A paper is made of finished texts, so that the page and the PDF cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core import money, settings
from shop import refunds, shipping
from shop.models import Order, Refund


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper: who to whom, a table whose first column is words, sums below it, and a foot.

    `message` are somebody's own words, above the table.
    """

    title: str
    number: str
    facts: Sequence[tuple[str, str]]
    seller: Sequence[str]
    buyer: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    message: str = ""
    sums: Sequence[tuple[str, str]] = field(default_factory=tuple)
    foot: str = ""


def invoice(order: Order) -> Paper:
    """The invoice of a paid order; its number is the order's, which has no gaps."""
    shown = _Money(order.currency)
    sums = [("Goods", shown(order.goods_amount))]
    if order.discount_amount:
        code = f", {order.promotion_code}" if order.promotion_code else ""
        sums.append((f"Discount{code}", shown(-order.discount_amount)))
    sums.append((f"Shipping, {order.shipping_title}", shown(order.shipping_amount)))
    if order.added_tax:
        sums.append(("Tax", shown(order.added_tax)))
    sums.append(("Total, paid", shown(order.total_amount)))
    if order.included_tax:
        sums.append(("Of which tax", shown(order.included_tax)))
    credited = sum(refund.amount for _, refund in credit_notes(order))
    back = f"Credited since: {shown(credited)}. " if credited else ""
    return Paper(
        title="Invoice",
        number=order.number or "",
        facts=[
            ("Invoice number", order.number or ""),
            ("Date of invoice", _day(order.paid_at or order.placed_at)),
            ("Paid", f"by card or another way through Stripe{_as_presented(order)}"),
        ],
        seller=_seller(),
        buyer=_buyer(order),
        columns=("What", "SKU", "Units", "Each", "Amount"),
        rows=[
            (line.title, line.sku, str(line.quantity), shown(line.unit_amount), shown(line.amount))
            for line in order.lines
        ],
        sums=sums,
        foot=f"{back}Questions: {settings.store().support_email}",
    )


def credit_notes(order: Order) -> list[tuple[str, Refund]]:
    """The credit notes of an order, by number, for money that went back or is on its way there.

    The number is the order's and which of its refunds it is, such as QL-1001-C2.
    """
    numbered = enumerate(order.refunds, 1)
    return [
        (f"{order.number}-C{place}", refund)
        for place, refund in numbered
        if refund.status in refunds.GIVEN_BACK
    ]


def credit_note(order: Order, number: str, refund: Refund) -> Paper:
    """What a refund takes off the invoice, and the goods it is for, where it is for any."""
    shown, units = _Money(refund.currency), refunds.units_of(refund)
    return Paper(
        title="Credit note",
        number=number,
        facts=[
            ("Credit note number", number),
            ("Date", _day(refund.created_at)),
            ("To invoice", f"{order.number} of {_day(order.paid_at or order.placed_at)}"),
        ],
        seller=_seller(),
        buyer=_buyer(order),
        columns=("What", "Amount"),
        rows=[
            (f"Refund of order {order.number}", shown(-refund.amount)),
            *((f"{units[line.id]} × {line.title}", "") for line in order.lines if line.id in units),
        ],
        sums=[("Total, credited", shown(-refund.amount)), *_tax_of(order, refund)],
        foot=f"Questions: {settings.store().support_email}",
    )


def packing_slip(order: Order) -> Paper:
    """What has to go into the next parcel, without prices, and a gift's message.

    The customer's note is on it only where it is no gift: the receiver is not to read it.
    """
    note = [("Note", order.customer_note)] if order.customer_note and not order.gift_message else []
    return Paper(
        title="Packing slip",
        number=order.number or "",
        facts=[("Order", order.number or ""), ("Placed", _day(order.placed_at)), *note],
        message=order.gift_message or "",
        seller=_seller(),
        buyer=_buyer(order),
        columns=("What", "SKU", "Ordered", "In this parcel"),
        rows=[
            (line.title, line.sku, str(line.quantity), str(line.to_ship)) for line in order.lines
        ],
        foot=f"Something missing? Write to {settings.store().support_email}.",
    )


def _tax_of(order: Order, refund: Refund) -> list[tuple[str, str]]:
    """The tax in what a refund gives back: as large a part of it as of the whole order."""
    if not order.tax_amount:
        return []
    tax = money.part(refund.amount, order.tax_amount, order.total_amount, refund.currency)
    return [("Of which tax", money.display(-tax, refund.currency))]


@dataclass(frozen=True)
class _Money:
    """Shows minor units of one currency."""

    currency: str

    def __call__(self, amount: int) -> str:
        return money.display(amount, self.currency)


def _as_presented(order: Order) -> str:
    if order.presented_amount is None or order.presented_currency is None:
        return ""
    return f", as {money.display(order.presented_amount, order.presented_currency)}"


def _seller() -> list[str]:
    store = settings.store()
    tax = [f"Tax number: {store.tax_number}"] if store.tax_number else []
    return [store.legal_name, *store.postal_address.splitlines(), *tax]


def _buyer(order: Order) -> list[str]:
    return shipping.address_lines(order.name, {"country": order.country, **(order.address or {})})


def _day(moment: datetime) -> str:
    return f"{moment:%B} {moment.day}, {moment.year}"
