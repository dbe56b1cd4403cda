"""Parcels leave with what is in them, arrive, and nothing is shipped twice."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import db, events
from core.mail import letters as kinds
from core.mail.models import Delivery
from shop import fulfilment, orders
from shop.events import ArrivalTakenBack, OrderDelivered, OrderShipped
from shop.models import OrderLine, OrderState, Progress, Variant
from shop.orders import NotPossible
from tests.shop.running import at_once
from tests.staff.test_orders import order_of

FAY = "fay@shop.example"


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order of three tools and a book, paid and not on its way."""
    order = order_of("Ada", 1001)
    with db.transaction() as session:
        session.scalars(select(OrderLine)).one().quantity = 3
        variant = session.scalars(select(Variant)).first()
        assert variant
        book: dict[str, Any] = {"title": "A book", "sku": "BOOK", "unit_amount": 0, "quantity": 1}
        session.add(OrderLine(order_id=order, position=2, variant_id=variant.id, **book))
    return order


def lines(order_id: int) -> list[int]:
    """The ids of an order's lines."""
    return [line.id for line in orders.get(order_id).lines]


def whats(order_id: int) -> list[str]:
    return [event.what for event in orders.get(order_id).timeline]


def test_an_order_leaves_in_two_parcels_and_arrives_with_the_last(
    ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(events, "tell", told.append)
    tool, book = lines(ada)
    first = fulfilment.ship(ada, carrier="usps", tracking="94 00", units={tool: 2, book: 0}, by=FAY)
    assert orders.get(ada).progress is Progress.PARTLY_FULFILLED
    assert orders.get(ada).to_ship
    second = fulfilment.ship(ada, carrier="Bike", by=FAY)
    order = orders.get(ada)
    assert order.progress is Progress.FULFILLED
    assert order.fulfilled_at is not None
    parcels = [
        [(each.line.sku, each.quantity) for each in parcel.contents]
        for parcel in fulfilment.parcels(ada)
    ]
    assert parcels == [[("QL-CLAW", 2)], [("QL-CLAW", 1), ("BOOK", 1)]]
    assert (first.carrier, second.tracking_url) == ("USPS", None)
    assert first.tracking_url == "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400"
    fulfilment.deliver(ada, first.id, by=FAY)
    assert orders.get(ada).progress is Progress.FULFILLED
    fulfilment.deliver(ada, by=FAY)
    assert orders.get(ada).progress is Progress.DELIVERED
    assert orders.get(ada).delivered_at is not None
    assert told == [
        OrderShipped(ada, "ada@example.com"),
        OrderShipped(ada, "ada@example.com"),
        OrderDelivered(ada, "ada@example.com"),
    ]
    assert whats(ada)[1:] == [
        "partly shipped", "shipped", "parcel delivered", "parcel delivered", "delivered",
    ]  # fmt: skip


def test_an_arrival_marked_by_mistake_is_told_as_taken_back(
    ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels = [
        fulfilment.ship(ada, carrier="UPS", units={line: 1}, by=FAY).id for line in lines(ada)
    ]
    told: list[object] = []
    monkeypatch.setattr(events, "tell", told.append)
    fulfilment.ship(ada, carrier="UPS", by=FAY)
    fulfilment.deliver(ada, parcels[0], by=FAY)
    fulfilment.take_back_arrival(ada, parcels[0], by=FAY)
    assert ArrivalTakenBack(ada, "ada@example.com") not in told, "the order had not arrived"
    fulfilment.deliver(ada, by=FAY)
    fulfilment.take_back_arrival(ada, parcels[1], by=FAY)
    fulfilment.take_back_arrival(ada, parcels[0], by=FAY)
    assert told[1:] == [
        OrderDelivered(ada, "ada@example.com"),
        ArrivalTakenBack(ada, "ada@example.com"),
    ]


def test_the_letter_lists_what_is_in_the_parcel_and_what_follows(ada: int) -> None:
    tool = lines(ada)[0]
    fulfilment.ship(ada, carrier="UPS", tracking="1Z", units={tool: 2}, by=FAY)
    with db.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
        message = kinds.find(delivery.letter).compose(delivery)
    assert message.subject == "Part of your order QL-1001 is on its way"
    for part in (message.html, message.text):
        for words in ("2 × QL Claw", "1 × QL Claw", "1 × A book", "1Z", "In this parcel"):
            assert words in part, (words, part)


@pytest.mark.parametrize("units", [{}, {"tool": 4}, {"tool": -1}, {"book": 2, "tool": 1}])
def test_what_is_not_there_cannot_be_packed(ada: int, units: dict[str, int]) -> None:
    by_name = dict(zip(("tool", "book"), lines(ada), strict=True))
    wanted = {by_name[name]: count for name, count in units.items()}
    with pytest.raises(NotPossible):
        fulfilment.ship(ada, carrier="UPS", units=wanted, by=FAY)
    order = orders.get(ada)
    assert order.progress is Progress.UNFULFILLED
    assert [line.shipped for line in order.lines] == [0, 0]
    assert whats(ada) == ["paid"]


def test_two_who_ship_the_same_at_once_send_one_parcel(ada: int) -> None:
    def ship(number: int) -> bool:
        try:
            fulfilment.ship(ada, carrier="UPS", tracking=str(number), by=FAY)
        except NotPossible:
            return False
        return True

    assert sorted(at_once(4, ship)) == [False, False, False, True]
    assert len(fulfilment.parcels(ada)) == 1
    assert [line.shipped for line in orders.get(ada).lines] == [3, 1]


def test_a_deed_that_is_done_is_refused(ada: int) -> None:
    with pytest.raises(NotPossible, match="no parcel on its way"):
        fulfilment.deliver(ada, by=FAY)
    parcel = fulfilment.ship(ada, carrier="UPS", by=FAY)
    with pytest.raises(NotPossible, match="nothing to ship"):
        fulfilment.ship(ada, carrier="UPS", by=FAY)
    fulfilment.deliver(ada, parcel.id, by=FAY)
    with pytest.raises(NotPossible):
        fulfilment.deliver(ada, parcel.id, by=FAY)


def test_nothing_leaves_that_nobody_paid(sample_shop: Flask) -> None:
    ben = order_of("Ben", 1002, OrderState.REFUNDED)
    with pytest.raises(NotPossible):
        fulfilment.ship(ben, carrier="UPS", by=FAY)


def test_what_is_dropped_need_not_leave(ada: int) -> None:
    tool = lines(ada)[0]
    with db.transaction():
        fulfilment.drop(orders.get(ada), {tool: 3}, by=FAY)
    assert orders.get(ada).progress is Progress.UNFULFILLED
    fulfilment.ship(ada, carrier="UPS", by=FAY)
    assert [line.shipped for line in orders.get(ada).lines] == [0, 1]
    assert orders.get(ada).progress is Progress.FULFILLED


def test_dropping_the_rest_ends_the_order(ada: int) -> None:
    tool, book = lines(ada)
    parcel = fulfilment.ship(ada, carrier="UPS", units={book: 1}, by=FAY)
    fulfilment.deliver(ada, parcel.id, by=FAY)
    with db.transaction():
        fulfilment.drop(orders.get(ada), {tool: 9}, by=FAY)
    assert orders.get(ada).progress is Progress.DELIVERED


def test_an_order_of_which_all_is_dropped_is_called_off(ada: int) -> None:
    with db.transaction():
        fulfilment.drop(orders.get(ada), dict.fromkeys(lines(ada), 3), by=FAY)
    order = orders.get(ada)
    assert order.progress is Progress.CANCELLED
    assert not order.to_ship
    assert whats(ada)[-1] == "called off"


def test_an_address_is_put_right_until_something_leaves(ada: int) -> None:
    there = {"line1": "2 Side Street", "city": "Boston", "state": "MA", "postal_code": "02102"}
    fulfilment.correct_address(ada, name="Ada Byron", address=there, by=FAY)
    order = orders.get(ada)
    assert (order.name, order.address) == ("Ada Byron", {**there, "country": "US"})
    why = order.timeline[-1].why
    assert "1 Main Street" in why
    assert "2 Side Street" in why
    fulfilment.ship(ada, carrier="UPS", units={lines(ada)[0]: 1}, by=FAY)
    with pytest.raises(NotPossible):
        fulfilment.correct_address(ada, name="Eve", address=there, by=FAY)
