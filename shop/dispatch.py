"""Dispatch: many orders leave at once, from a list or a carrier's CSV; what cannot go is kept."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shop import fulfilment, order_search
from shop.models import Order
from shop.orders import NotPossible

MOST = 500
"""Rows at a time."""
_LONGEST = {"carrier": 64, "tracking": 120}
_HEADINGS = {"number": "number", "order": "number", "order number": "number", "name": "number"}
_HEADINGS |= {"carrier": "carrier", "shipping carrier": "carrier"}
_HEADINGS |= {"tracking": "tracking", "tracking number": "tracking"}
_COLUMNS = ("number", "carrier", "tracking")


@dataclass(frozen=True, kw_only=True)
class Row:
    """An order that shall leave as it was entered, and what to put right in it, by field."""

    number: str = ""
    carrier: str = ""
    tracking: str = ""
    order: Order | None = None
    errors: dict[str, str] = field(default_factory=dict)


def read(text: str) -> list[Row]:
    """The rows of a CSV: order number, carrier, tracking number, or as its heading names them.

    The separator is a comma, a semicolon or a tab. Raises `ValueError` for more than `MOST`.
    """
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    source = io.StringIO(text.lstrip("\ufeff"), newline="")
    try:
        lines = [line for line in csv.reader(source, delimiter=separator) if any(line)]
    except csv.Error as error:
        raise ValueError(f"This is no CSV: {error}") from error
    columns = list(_COLUMNS)
    heading = [_HEADINGS.get(cell.strip().casefold(), "") for cell in lines[0]] if lines else []
    if "number" in heading:
        columns, lines = heading, lines[1:]
    if len(lines) > MOST:
        raise ValueError(f"No more than {MOST} rows at a time, please; here are {len(lines)}.")
    return [_row(dict(zip(columns, line, strict=False))) for line in lines]


def check(rows: Sequence[Row]) -> list[Row]:
    """The same rows, each with its order and what is wrong with it; nothing is shipped."""
    found = order_search.numbered([row.number for row in rows])
    seen: set[str] = set()
    checked = []
    for row in rows:
        order = found.get(row.number)
        errors = _errors(row, order)
        if row.number in seen and not errors:
            errors["number"] = "It stands here twice."
        seen.add(row.number)
        checked.append(replace(row, order=order, errors=errors))
    return checked


def ship(rows: Sequence[Row], *, by: str) -> tuple[list[Row], list[Row]]:
    """Send what can go, each with all that is left of it; what went, and what did not and why."""
    gone, left = [], []
    for row in check(rows):
        if row.errors or row.order is None:
            left.append(row)
            continue
        try:
            fulfilment.ship(row.order.id, carrier=row.carrier, tracking=row.tracking or None, by=by)
        except NotPossible as error:
            left.append(replace(row, errors={"number": str(error)}))
        else:
            gone.append(row)
    return gone, left


def _row(cells: dict[str, str]) -> Row:
    number, carrier, tracking = (" ".join(cells.get(name, "").split()) for name in _COLUMNS)
    return Row(number=number.lstrip("#").upper(), carrier=carrier, tracking=tracking)


def _errors(row: Row, order: Order | None) -> dict[str, str]:
    errors = {
        name: f"No more than {longest} characters, please."
        for name, longest in _LONGEST.items()
        if len(getattr(row, name)) > longest
    }
    if not row.carrier:
        errors["carrier"] = "Which carrier takes it?"
    if order is None:
        errors["number"] = "There is no such order." if row.number else "Which order?"
    elif not order.to_ship:
        errors["number"] = "There is nothing to ship: it is not paid, or has been shipped."
    return errors
