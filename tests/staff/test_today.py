"""The first desk: what waits, how 30 days went beside the 30 before, and what led to orders."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from core.models import Visit
from newsletter import subscribers
from newsletter.models import Subscriber
from shop import catalog
from shop.models import Dispute, Order, OrderState, StockMovement
from staff import trends
from staff.trends import Readers, Tally
from tests.staff.test_orders import order_of


def placed(name: str, number: int, days_ago: int, state: OrderState = OrderState.PAID) -> Order:
    """An order of so many days ago."""
    order_id = order_of(name, number, state)
    with db.transaction() as session:
        order = session.get_one(Order, order_id)
        order.placed_at = trends.first_moment() + timedelta(days=trends.DAYS - 1 - days_ago)
        return order


def test_thirty_days_stand_beside_the_thirty_before(
    sample_shop: Flask, join: Callable[[str], Subscriber]
) -> None:
    placed("Ada", 1001, 0)
    refunded = placed("Ben", 1002, 29, OrderState.PARTLY_REFUNDED)
    placed("Chloe", 1003, 29, OrderState.EXPIRED)
    placed("Dan", 1004, 30)
    placed("Eve", 1005, 60)
    abroad = placed("Finn", 1006, 3)
    with db.transaction() as session:
        session.get_one(Order, refunded.id).refunded_amount = 1600
        session.get_one(Order, abroad.id).currency = "EUR"
    join("Gus")
    subscribers.unsubscribe(join("Hana").public_id, method="link")
    with db.reading():
        read = trends.read("USD")
    assert list(read.sales) == ["USD", "EUR"]
    sales = read.sales["USD"]
    assert (sales.now, sales.before) == (
        Tally(begun=3, orders=2, amount=9600 + 8000),
        Tally(begun=1, orders=1, amount=9600),
    )
    assert (sales.now.average, round(sales.now.conversion, 2)) == (8800, 0.67)
    assert [tally.amount for _, tally in sales.days if tally.orders] == [8000, 9600]
    assert (len(sales.days), sales.days[-1][0], sales.today.orders) == (30, today(), 1)
    assert read.sales["EUR"].now == Tally(begun=1, orders=1, amount=9600)
    assert read.readers.now == read.readers.today == Readers(joined=2, left=1)


def today() -> date:
    return (trends.first_moment() + timedelta(days=29)).date()


@pytest.mark.one_database
def test_olivia_sees_what_waits_and_what_sold(sample_shop: Flask, olivia: FlaskClient) -> None:
    order = placed("Ada", 1001, 0)
    now = clock.now()
    with db.transaction() as session:
        asked = {"amount": 9600, "currency": "USD", "reason": "fraudulent"}
        moments = {"created_at": now, "updated_at": now, "due_by": now + timedelta(days=6)}
        named = {"order_id": order.id, "stripe_id": "dp_1", "status": "needs_response"}
        session.add(Dispute(**asked, **moments, **named))
        session.add(Visit(day=today(), kind="product", name="ql-claw", detail="", count=40))
    page = olivia.get("/staff/").text
    due = now + timedelta(days=6)
    assert f"answer the next by {due:%b} {due.day}" in page
    assert 'class="urgent"' not in page
    assert "<strong>$96.00</strong> from 1 order so far, $0.00 from 0 orders yesterday" in page
    assert "2.5% of openings" in page
    assert "Revenue of the orders that they led to" in page
    assert "the-ql" in page


@pytest.mark.one_database
def test_a_deadline_that_is_near_comes_before_all_else(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    order, now = placed("Ada", 1001, 0), clock.now()
    with db.transaction() as session:
        asked = {"amount": 9600, "currency": "USD", "reason": "fraudulent"}
        moments = {"created_at": now, "updated_at": now, "due_by": now}
        named = {"order_id": order.id, "stripe_id": "dp_1", "status": "needs_response"}
        session.add(Dispute(**asked, **moments, **named))
    page = olivia.get("/staff/").text
    assert re.search(r'class="urgent">.*Disputes.*answer the next today', page)


@pytest.mark.one_database
def test_the_shelf_says_for_how_long_it_lasts(sample_shop: Flask, olivia: FlaskClient) -> None:
    assert "like the last 30" not in olivia.get("/staff/").text
    order = placed("Ada", 1001, 0)
    offer = catalog.on_sale()[0]
    with db.transaction() as session:
        taken = {"variant_id": offer.variant_id, "order_id": order.id}
        for change in (-20, 5):  # five of the twenty came back
            moved = {"change": change, "why": "sold", "who": "shop", "at": clock.now()}
            session.add(StockMovement(**taken, **moved))
    assert "100 units that nobody holds, enough for 200 days" in olivia.get("/staff/").text


@pytest.mark.one_database
def test_each_role_sees_what_its_desks_hold(
    sample_shop: Flask, ed: FlaskClient, fay: FlaskClient
) -> None:
    placed("Ada", 1001, 0)
    editor, fulfilment = ed.get("/staff/").text, fay.get("/staff/").text
    assert "Readers" in editor
    assert "Sales" not in editor
    assert "$96.00" not in editor
    assert "Sales" in fulfilment
    assert ">Readers" not in fulfilment
