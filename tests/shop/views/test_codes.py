"""The code field of the cart: shown where there is a code, answered where it cannot be used."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import promotions
from shop.promotions import Terms
from tests.shop.running import SKU

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(sample_shop: Flask) -> FlaskClient:
    """A visitor with one tool in the cart."""
    visitor = sample_shop.test_client()
    visitor.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    return visitor


def make(code: str, **terms: Any) -> int:
    return promotions.make(Terms(code=code, percent=10, worth={}, **terms), by="Olivia").id


def error_at(field: str, page: str) -> str:
    return page.partition(f'id="{field}-error">')[2].partition("</p>")[0]


def test_without_any_code_nobody_is_asked_for_one(ada: FlaskClient) -> None:
    assert "Promotion code" not in ada.get("/cart").text
    make("SPRING")
    assert "Promotion code" in ada.get("/cart").text


def test_a_code_stays_in_the_cart_until_it_is_removed(ada: FlaskClient) -> None:
    make("SPRING")
    assert ada.post("/cart/code", data={"code": "spring"}).status_code == 303
    page = ada.get("/cart").text
    assert "Discount, SPRING" in page
    assert "−$8.90" in page
    ada.post("/cart/code/remove")
    assert "Discount" not in ada.get("/cart").text


def test_a_wrong_code_is_answered_at_its_field_as_it_was_typed(ada: FlaskClient) -> None:
    make("SPRING")
    answer = ada.post("/cart/code", data={"code": "Sprnig"})
    assert answer.status_code == 400
    assert "do not know this code" in error_at("code", answer.text)
    assert 'value="Sprnig"' in answer.text


def test_a_code_that_ended_meanwhile_is_told_before_anybody_pays_more(ada: FlaskClient) -> None:
    number = make("SPRING")
    ada.post("/cart/code", data={"code": "SPRING"})
    promotions.pause(number)
    assert "not in use" in error_at("code", ada.get("/cart").text)
    answer = ada.post("/checkout", data={"email": "ada@example.com", "letters": "1"})
    assert answer.status_code == 400
    assert "not in use" in error_at("code", answer.text)
    assert 'value="ada@example.com"' in answer.text
    assert "checked" in answer.text


def test_a_code_for_first_orders_asks_who_it_is(ada: FlaskClient) -> None:
    make("WELCOME", first_order=True)
    ada.post("/cart/code", data={"code": "welcome"})
    assert "Your promotion code counts by it" in ada.get("/cart").text
    answer = ada.post("/checkout", data={"email": ""})
    assert answer.status_code == 400
    assert "counts by it" in error_at("email", answer.text)
