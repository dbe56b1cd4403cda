"""What each origin brought in: orders, and the money that stayed, by what led to them.

An order counts once for every step of its way: a letter that led to a post and the post that led to
the tool both have it. So lists of one kind add up to no more than all, lists of several may.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from core import db
from shop import attribution
from shop.attribution import Step
from shop.models import BOUGHT, Order

DIRECT = Step(kind="direct")
"""No link of ours led there, or none that tells."""


@dataclass(frozen=True, kw_only=True)
class Taking:
    """What came by one origin: paid orders, and minor units of `currency` net of refunds."""

    step: Step
    currency: str
    orders: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Period:
    """What was sold in a time: in all by currency, where each order counts once, and by origin."""

    total: list[Taking]
    by_origin: list[Taking]


def since(moment: datetime) -> Period:
    """What was ordered from `moment` on and paid, the most money first."""
    with db.reading() as session:
        rows = session.execute(by_way(moment)).all()
    ways = [(way, currency, count, int(amount)) for _, way, currency, count, amount in rows]
    return Period(
        total=_summed(((Step(kind="all"),), code, n, amount) for _, code, n, amount in ways),
        by_origin=_summed((_origins(way), code, n, amount) for way, code, n, amount in ways),
    )


def by_way(moment: datetime) -> Select[str, str, str, int, int]:
    """What was ordered from `moment` on and paid: `order`, way, currency, how many, how much.

    A query whose sums may stand in one answer with others; no way is an empty one.
    """
    way = func.coalesce(Order.source, "")
    # Not among the conditions: SQLite would go through all orders that were ever paid.
    bought = Order.state.in_(BOUGHT)
    kept = func.sum(Order.total_amount - Order.refunded_amount).filter(bought)
    count = func.count(Order.id).filter(bought)
    return (
        select(literal("order"), way, Order.currency, count, kept)
        .where(Order.placed_at >= moment)
        .group_by(Order.source, Order.currency)
        .having(count > 0)
    )


def led_by(source: str) -> ColumnElement[bool]:
    """Whether a source, such as `post:the-ql` or `direct`, is among the steps of an order's way."""
    if source == DIRECT.source:
        return Order.source.is_(None)
    way = literal(",") + Order.source + ","
    return or_(*(way.contains(f",{source}{end}", autoescape=True) for end in ",:"))


def _origins(way: str | None) -> tuple[Step, ...]:
    """The steps of a way without their places on the page, each once."""
    steps = attribution.steps(way)
    return tuple(dict.fromkeys(Step(kind=each.kind, name=each.name) for each in steps)) or (DIRECT,)


def _summed(rows: Iterable[tuple[tuple[Step, ...], str, int, int]]) -> list[Taking]:
    sums: dict[tuple[Step, str], list[int]] = defaultdict(lambda: [0, 0])
    for steps, currency, orders, amount in rows:
        for step in steps:
            sums[step, currency][0] += orders
            sums[step, currency][1] += amount
    takings = [
        Taking(step=step, currency=currency, orders=orders, amount=amount)
        for (step, currency), (orders, amount) in sums.items()
    ]
    return sorted(takings, key=lambda each: (-each.amount, -each.orders, each.step.source))
