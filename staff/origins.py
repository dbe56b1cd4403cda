"""The origins desk: what brought orders in, by post, letter, and page; and what came by no link."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from core import clock, money, tables
from core.web.download import download
from shop import takings
from shop.takings import Taking
from staff import access, sources
from staff.frame import page
from staff.models import Role
from staff.sources import Source

desk = access.desk("origins", __name__, Role.FULFILMENT)

PERIODS = (30, 90, 365)
"""Days that one may look back."""

GROUPS = {
    "post": "Posts",
    "newsletter": "Newsletters",
    "sequence": "Letters of sequences",
    "finder": "Pain finder and muscles",
    "page": "Other pages and letters",
    "direct": "No link of ours",
}
"""Lists of origins by kind, in the order in which they are shown."""

_MOST = 15  # origins of a list that are shown; the file has all


@dataclass(frozen=True)
class Row:
    """An origin as the desk shows it."""

    taking: Taking
    source: Source


@desk.get("")
def index() -> ResponseReturnValue:
    """Revenue and orders by origin, for each currency by itself."""
    days, first = _period()
    period = takings.since(first)
    rows = _named(period.by_origin)
    return page(
        "origins.html",
        days=days,
        periods=PERIODS,
        first=first,
        groups=GROUPS,
        most=_MOST,
        currencies=[
            {"total": total, "found": _grouped(rows, total.currency)} for total in period.total
        ],
    )


@desk.get("/export.csv")
def export() -> Response:
    """All origins of the period, for a spreadsheet."""
    days, first = _period()
    rows = _named(takings.since(first).by_origin)
    name = f"origins-{days}-days-{clock.now():%Y-%m-%d}.csv"
    return download(tables.write(_COLUMNS, _cells(rows)), name, "text/csv")


_COLUMNS = ("group", "origin", "title", "orders", "currency", "revenue_net_of_refunds")


def _period() -> tuple[int, datetime]:
    """How many days to look back, and the first moment of the first of them, in UTC."""
    asked = request.args.get("days", PERIODS[0], type=int)
    days = asked if asked in PERIODS else PERIODS[0]
    first = clock.now().astimezone(UTC) - timedelta(days=days - 1)
    return days, first.replace(hour=0, minute=0, second=0, microsecond=0)


def _grouped(rows: list[Row], currency: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {name: [] for name in GROUPS}
    for row in rows:
        if row.taking.currency == currency:
            groups[_group(row.taking)].append(row)
    return groups


def _group(taking: Taking) -> str:
    kind = "finder" if taking.step.kind == "muscles" else taking.step.kind
    return kind if kind in GROUPS else "page"


def _named(found: list[Taking]) -> list[Row]:
    names = sources.named(taking.step for taking in found)
    return [Row(taking, names[taking.step.source]) for taking in found]


def _cells(rows: list[Row]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        of = row.taking
        amount = money.to_decimal(of.amount, of.currency)
        yield GROUPS[_group(of)], of.step.source, row.source.title, of.orders, of.currency, amount
