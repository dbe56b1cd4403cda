"""Fay sees what brought the orders in, and gets from each origin to its orders."""

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import db
from newsletter import newsletters, sequences
from newsletter.steps import Mail
from shop.models import Order
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def sold(sample_shop: Flask) -> None:
    issue = newsletters.draft("The chair is not the enemy", "Hello")
    step = Mail(subject="One", preheader="", body="Hello", delay_days=0)
    sequences.publish("welcome", "Welcome", [step], trigger="confirmed")
    ways = [f"newsletter:{issue},post:gone", "sequence:1:0", "muscles", "restock", None]
    with db.transaction() as session:
        for number, way in enumerate(ways, start=1001):
            session.get_one(Order, order_of("Ada", number)).source = way
        session.get_one(Order, order_of("Ben", 1006)).currency = "JPY"


def test_fay_sees_revenue_by_origin_each_currency_by_itself(fay: FlaskClient, sold: None) -> None:
    page = fay.get("/staff/origins").text
    for shown in (
        *("<h2>$480.00, 5 orders</h2>", "<h2>¥9,600, 1 order</h2>"),
        *("The chair is not the enemy</a>", "Welcome, letter 1</a>", "gone</a>"),
        *("The pages on muscles</a>", "No link of ours</a>"),
    ):
        assert shown in page
    assert page.count("$96.00, 1 order") == 6
    found = fay.get("/staff/orders?state=bought&source=newsletter:1&since=2020-01-01").text
    assert "QL-1001" in found
    assert "QL-1002" not in found


def test_the_file_has_every_origin(fay: FlaskClient, sold: None) -> None:
    answer = fay.get("/staff/origins/export.csv?days=90")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["origin"] for row in rows} >= {"newsletter:1", "post:gone", "direct", "restock"}
    (yen,) = [row for row in rows if row["currency"] == "JPY"]
    assert (yen["orders"], yen["revenue_net_of_refunds"]) == ("1", "9600")


def test_where_nothing_was_sold_it_says_so(fay: FlaskClient, sample_shop: Flask) -> None:
    assert "Nothing was sold in this time" in fay.get("/staff/origins?days=7000").text


def test_ed_does_not_see_what_was_sold(ed: FlaskClient) -> None:
    assert ed.get("/staff/origins").status_code == 403
