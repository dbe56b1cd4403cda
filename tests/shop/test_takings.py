"""What an origin brought in: counted once for each order, net of refunds, by currency."""

from datetime import timedelta

from flask import Flask

from core import clock, db
from shop import order_search, takings
from shop.models import Order, OrderState
from shop.order_search import Wanted
from shop.takings import Taking
from tests.staff.test_orders import order_of


def sold(
    number: int, source: str | None, *, currency: str = "USD", refunded: int = 0, days: int = 0
) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, order_of("Ada", number))
        order.source, order.currency, order.refunded_amount = source, currency, refunded
        order.placed_at = clock.now() - timedelta(days=days)


def read(found: list[Taking]) -> dict[tuple[str, str], tuple[int, int]]:
    return {(each.step.source, each.currency): (each.orders, each.amount) for each in found}


def test_an_order_counts_once_for_each_step_of_its_way(sample_shop: Flask) -> None:
    sold(1, "newsletter:12,post:the-ql:card-2,post:the-ql")
    sold(2, "post:the-ql", refunded=600)
    sold(3, None)
    sold(4, "post:the-ql", currency="EUR")
    sold(5, "post:the-ql", days=40)
    order_of("Ben", 6, OrderState.EXPIRED)
    period = takings.since(clock.now() - timedelta(days=30))
    assert read(period.by_origin) == {
        ("post:the-ql", "USD"): (2, 18600),
        ("newsletter:12", "USD"): (1, 9600),
        ("direct", "USD"): (1, 9600),
        ("post:the-ql", "EUR"): (1, 9600),
    }
    assert read(period.total) == {("all", "USD"): (3, 28200), ("all", "EUR"): (1, 9600)}
    assert [each.amount for each in period.by_origin] == [18600, 9600, 9600, 9600]


def test_the_orders_of_an_origin_are_found(sample_shop: Flask) -> None:
    ways = {
        1: "newsletter:1,post:the-ql:card-2",
        2: "newsletter:12",
        3: "post:the-ql-again",
        4: None,
        5: "sequence:3:1",
    }
    for number, way in ways.items():
        sold(number, way)

    def found(source: str) -> set[int]:
        with db.reading():
            rows = order_search.find(Wanted(source=source)).rows
        return {int(str(order.number).removeprefix("QL-")) for order in rows}

    assert found("newsletter:1") == {1}
    assert found("post:the-ql") == {1}
    assert found("sequence:3:1") == {5}
    assert found("direct") == {4}
    assert found("post:%") == set()
