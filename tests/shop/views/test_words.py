"""Gift messages and notes: from the cart to the slip, put right at their fields, never lost."""

import random

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import db
from shop import exports, fulfilment, order_search, orders, papers, words
from shop.models import Order
from shop.order_search import Wanted
from tests.shop.running import SKU, RunningShop, every_order, the_order
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

GIFT = "Dear Mum,\nfor your back. 👨‍👩‍👧"


@pytest.fixture
def ada(sample_shop: Flask) -> FlaskClient:
    """Ada's browser, with a tool in her cart."""
    browser = sample_shop.test_client()
    browser.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    return browser


def test_the_words_go_from_the_cart_to_the_order_and_not_to_stripe(
    running_shop: RunningShop,
) -> None:
    ada = running_shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    ada.post("/cart/country", country="US", gift="Dear Mum,\r\n for your back. ", note="")
    assert "Dear Mum,\nfor your back.</textarea>" in ada.get("/cart").text
    ada.post("/checkout", country="US", gift=GIFT, note="Leave it at the gate.")
    order = the_order()
    assert (order.gift_message, order.customer_note) == (GIFT, "Leave it at the gate.")
    asked = running_shop.simulator.store.hidden(str(order.session_id))["asked"]
    assert "Mum" not in str(asked)
    assert "gate" not in str(asked)
    page = ada.get(f"/orders/{order.token}").text
    assert "for your back." in page
    assert "Leave it at the gate." in page


def test_what_is_too_long_is_told_at_its_field_and_stays_there(ada: FlaskClient) -> None:
    long = "x" * (words.LONGEST + 1)
    for address in ("/checkout", "/cart/country"):
        answer = ada.post(
            address, data={"country": "US", "gift": long, "note": "Ring twice.", "email": "a@b.co"}
        )
        assert answer.status_code == 400
        assert 'id="gift-error">Please write no more than 300 characters' in answer.text
        for kept in (long, "Ring twice.", 'value="a@b.co"'):
            assert kept in answer.text
    assert not every_order()


def test_the_longest_words_of_all_fit_into_the_cookie(ada: FlaskClient) -> None:
    signs = [chr(each) for each in range(0x1F300, 0x1F9FF)]
    any_of = random.Random(1)
    written = ["".join(any_of.choices(signs, k=words.LONGEST)) for _ in range(2)]
    ada.post("/cart/country", data={"country": "US", "gift": written[0], "note": written[1]})
    kept = ada.get_cookie("cart")
    assert kept is not None
    assert len(kept.value) < 4000
    assert written[1] in ada.get("/cart").text


def test_words_lose_what_no_printer_prints() -> None:
    assert words.read(" \x00Dear\tMum,\r\n\r\n\x1b[1mhello \n ") == "Dear Mum,\n\n[1mhello"
    assert words.read("  \r\n ") is None


def test_the_slip_of_a_gift_has_its_message_and_neither_price_nor_note(sample_shop: Flask) -> None:
    number = order_of("Ben", 1001)
    words.change(number, gift=GIFT, note="She must not see the bill.", by="Fay")
    slip = papers.packing_slip(orders.get(number))
    assert slip.message == GIFT
    assert "$" not in str(slip)
    assert "bill" not in str(slip)
    words.change(number, gift=None, note="Leave it at the gate.", by="Fay")
    slip = papers.packing_slip(orders.get(number))
    assert ("Note", "Leave it at the gate.") in slip.facts


def test_staff_change_them_until_the_parcel_leaves(sample_shop: Flask, fay: FlaskClient) -> None:
    number = order_of("Ben", 1001)
    address = f"/staff/orders/{number}/words"
    answer = fay.post(address, data={"gift": GIFT, "note": "x" * 301})
    assert answer.status_code == 422
    assert 'id="words-note-error"' in answer.text
    assert "for your back." in answer.text
    fay.post(address, data={"gift": "Dear Mum", "note": "At the gate"})
    assert "At the gate" in "".join(exports.write(order_search.every(Wanted())))
    slip = fay.get(f"/staff/orders/slips?order={number}").text
    assert "Dear Mum" in slip
    assert fay.get(f"/staff/orders/slips.pdf?order={number}").data.startswith(b"%PDF-")
    fulfilment.ship(number, carrier="UPS", tracking=None, by="Fay")
    assert fay.post(address, data={"gift": "Too late", "note": ""}).status_code == 422
    with db.reading() as session:
        assert session.get_one(Order, number).gift_message == "Dear Mum"
    assert [each.what for each in orders.get(number).timeline][1:3] == [
        "gift message changed",
        "customer's note changed",
    ]
