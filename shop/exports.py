"""Orders as a table for spreadsheets, written row by row however many there are."""

from collections.abc import Iterable, Iterator
from typing import Any

from core import money, tables
from shop.models import Order

COLUMNS = (
    "number", "state", "progress", "dispute", "placed_at", "paid_at", "shipped_at",
    "email", "name", "phone", "line1", "line2", "city", "region", "postal_code", "country",
    "items", "currency", "goods", "discount", "shipping", "tax", "tax_included", "total",
    "refunded",
    "carrier", "tracking_number", "tags", "source", "gift_message", "note",
)  # fmt: skip


def write(orders: Iterable[Order]) -> Iterator[str]:
    """CSV (RFC 4180) of orders, a heading first; amounts in major units, moments in UTC.

    `tax` is all of it, `tax_included` what of it is in goods and shipping: goods - discount +
    shipping + tax - tax_included = total.
    """
    return tables.write(COLUMNS, map(_values, orders))


def _values(order: Order) -> tuple[Any, ...]:
    at = order.address or {}
    moments = (order.placed_at, order.paid_at, order.fulfilled_at)
    sums = (
        order.goods_amount, order.discount_amount, order.shipping_amount, order.tax_amount,
        order.included_tax, order.total_amount, order.refunded_amount,
    )  # fmt: skip
    where = ("line1", "line2", "city", "state", "postal_code")
    return (
        order.number, order.state.value, order.progress.value, order.dispute,
        *(moment and f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments),
        order.email, order.name, order.phone, *(at.get(part) for part in where), order.country,
        "; ".join(f"{line.quantity} × {line.sku}" for line in order.lines), order.currency,
        *(money.to_decimal(amount, order.currency) for amount in sums),
        "; ".join(parcel.carrier for parcel in order.fulfilments),
        "; ".join(parcel.tracking_number or "" for parcel in order.fulfilments),
        " ".join(each.tag for each in order.tags), order.source,
        order.gift_message, order.customer_note,
    )  # fmt: skip
