"""How sales and readers went: 30 days, of which today is the last, beside the 30 before."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, union_all

from core import clock, db
from newsletter.models import Consent, ConsentEvent
from shop.models import BOUGHT, Order

DAYS = 30
LENGTH = timedelta(days=DAYS)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a time came to, in one currency.

    `begun` checkouts, `orders` among them that were paid, and their `amount` in minor units, net of
    refunds. An order belongs to the day on which it was placed (UTC).
    """

    begun: int = 0
    orders: int = 0
    amount: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both times together."""
        return Tally(
            begun=self.begun + other.begun,
            orders=self.orders + other.orders,
            amount=self.amount + other.amount,
        )

    @property
    def average(self) -> int:
        """What an order came to, in minor units; 0 where there was none."""
        return self.amount // self.orders if self.orders else 0

    @property
    def conversion(self) -> float:
        """Which part of the checkouts that were begun was paid, from 0 to 1."""
        return self.orders / self.begun if self.begun else 0.0


@dataclass(frozen=True, kw_only=True)
class Readers:
    """How many joined the letters, and how many left them."""

    joined: int = 0
    left: int = 0

    def __add__(self, other: "Readers") -> "Readers":
        """Both times together."""
        return Readers(joined=self.joined + other.joined, left=self.left + other.left)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How something went: `days` with what each came to, all of them, and both also of before."""

    days: list[tuple[date, Any]]
    earlier: list[Any]
    now: Any
    before: Any

    @property
    def today(self) -> Any:
        """What the last day came to until now."""
        return self.days[-1][1]

    @property
    def yesterday(self) -> Any:
        """What the day before it came to."""
        return self.days[-2][1]


@dataclass(frozen=True, kw_only=True)
class Trends:
    """Sales by currency, the one with most orders first, and readers."""

    sales: dict[str, Course]
    readers: Course


def first_moment() -> datetime:
    """When the 30 days began: at midnight, UTC."""
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS - 1)


def read(currency: str) -> Trends:
    """Both courses, at least one for `currency`; one query."""
    first = first_moment()
    since = first - LENGTH
    sales: dict[str, dict[date, Tally]] = {currency: {}}
    readers: dict[date, Readers] = {}
    for day, code, begun, orders, amount in _rows(since):
        if code:
            tally = Tally(begun=begun, orders=orders, amount=int(amount))
            sales.setdefault(code, {})[day] = tally
        else:
            readers[day] = Readers(joined=begun, left=orders)
    courses = {code: _course(days, first.date(), Tally) for code, days in sales.items()}
    most = sorted(courses, key=lambda code: -courses[code].now.orders)
    return Trends(
        sales={code: courses[code] for code in most},
        readers=_course(readers, first.date(), Readers),
    )


def _course(known: dict[date, Any], first: date, empty: Callable[[], Any]) -> Course:
    found = defaultdict(empty, known)
    days = [(day, found[day]) for day in _days(first)]
    earlier = [found[day] for day in _days(first - LENGTH)]
    return Course(
        days=days,
        earlier=earlier,
        now=sum((each for _, each in days), empty()),
        before=sum(earlier, empty()),
    )


def _days(first: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range(DAYS))


def _rows(since: datetime) -> list[tuple[date, str, int, int, int]]:
    """A row for each day and currency of sales, and one without a currency for each of readers."""
    with db.reading() as session:
        rows = session.execute(union_all(_sales(since), _readers(since))).all()
    return [(date.fromisoformat(day), *numbers) for day, *numbers in rows]


def _sales(since: datetime) -> Select[*tuple[Any, ...]]:
    bought = Order.state.in_(BOUGHT)
    kept = func.sum(Order.total_amount - Order.refunded_amount).filter(bought)
    return (
        select(
            _day(Order.placed_at).label("day"),
            Order.currency.label("currency"),
            func.count(Order.id),
            func.count(Order.id).filter(bought),
            func.coalesce(kept, 0),
        )
        .where(Order.placed_at >= since)
        .group_by("day", "currency")
    )


def _readers(since: datetime) -> Select[*tuple[Any, ...]]:
    joins = Consent.event.in_((ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED))
    return (
        select(
            _day(Consent.at).label("day"),
            literal(""),
            func.count(Consent.id).filter(joins),
            func.count(Consent.id).filter(Consent.event == ConsentEvent.WITHDRAWN),
            literal(0),
        )
        .where(Consent.at >= since)
        .group_by("day")
    )


def _day(moment: Any) -> ColumnElement[str]:
    """The day of a moment in UTC, such as 2026-11-24; written out, since a group has to be it."""
    if db.session().get_bind().dialect.name == "postgresql":
        there = func.timezone(literal_column("'UTC'"), moment)
        return func.to_char(there, literal_column("'YYYY-MM-DD'"))
    return func.strftime(literal_column("'%Y-%m-%d'"), moment)
