"""The cart: kept in the visitor's browser, shown with shipping, and put right field by field."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db
from shop import orders, prices
from shop.models import ShippingBand, Variant
from tests.shop.running import SKU, leave_on_shelf

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(sample_shop: Flask) -> FlaskClient:
    """Ada's browser."""
    return sample_shop.test_client()


def test_the_total_with_shipping_stands_there_before_stripe(ada: FlaskClient) -> None:
    assert ada.post("/cart/items", data={"sku": SKU, "quantity": "2"}).location == "/cart"
    page = ada.get("/cart").text
    assert "$178.00" in page
    assert "$185.00" in page
    ada.post("/cart/country", data={"country": "GB"})
    page = ada.get("/cart").text
    assert "$197.00" in page
    assert '<option value="GB" selected>' in page


def test_to_ask_for_the_total_loses_neither_the_address_nor_a_consent(ada: FlaskClient) -> None:
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    given = {"country": "GB", "email": "ada@example.com", "letters": "on"}
    page = ada.post("/cart/country", data=given).text
    assert 'value="ada@example.com"' in page
    assert re.search(r'name="letters"[^>]* checked', page)
    assert '<option value="GB" selected>' in page
    assert "ada@example.com" not in ada.get("/cart").text


def test_quantities_are_changed_and_things_removed(ada: FlaskClient) -> None:
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    assert "$178.00" in ada.get("/cart").text
    ada.post(f"/cart/items/{SKU}", data={"quantity": "3"})
    assert "$267.00" in ada.get("/cart").text
    ada.post(f"/cart/items/{SKU}", data={"quantity": "0"})
    assert "nothing in it" in ada.get("/cart").text


@pytest.mark.parametrize("entered", ["", "-1", "1.5", "many", "21", "٣"])
def test_a_quantity_that_cannot_be_is_told_at_its_field(ada: FlaskClient, entered: str) -> None:
    answer = ada.post("/cart/items", data={"sku": SKU, "quantity": entered})
    assert answer.status_code == 400
    assert 'id="quantity-error">Enter a whole number from 1 to 20.' in answer.text
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    answer = ada.post(f"/cart/items/{SKU}", data={"quantity": entered})
    assert answer.status_code == 400
    assert "Enter a whole number from 0 to 20." in answer.text


def test_the_email_and_country_are_put_right_at_their_fields(ada: FlaskClient) -> None:
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    answer = ada.post("/checkout", data={"email": "not an address", "country": "XX"})
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert 'id="country-error"' in answer.text
    assert 'value="not an address"' in answer.text
    answer = ada.post("/checkout", data={"sku": SKU, "quantity": "x"})
    assert answer.status_code == 400
    assert 'id="quantity-error"' in answer.text
    assert not orders.exist()


def test_an_unknown_thing_is_not_found(ada: FlaskClient) -> None:
    assert ada.post("/cart/items", data={"sku": "NOTHING"}).status_code == 404
    assert ada.post("/cart/items/NOTHING", data={"quantity": "1"}).status_code == 404
    assert ada.post("/checkout", data={"sku": "NOTHING", "quantity": "1"}).status_code == 404


def test_an_empty_cart_goes_nowhere(ada: FlaskClient) -> None:
    answer = ada.post("/checkout")
    assert answer.status_code == 400
    assert "nothing in it" in answer.text


def test_a_cart_that_somebody_tampered_with_is_empty(ada: FlaskClient) -> None:
    ada.set_cookie("cart", "eyJpZCI6IngifQ.forged")
    assert "nothing in it" in ada.get("/cart").text


def test_the_cart_says_when_fewer_are_left(ada: FlaskClient) -> None:
    ada.post("/cart/items", data={"sku": SKU, "quantity": "3"})
    leave_on_shelf(2)
    assert "Only 2 left" in ada.get("/cart").text


def test_the_price_in_the_cart_is_that_of_the_moment(ada: FlaskClient) -> None:
    ada.post("/cart/items", data={"sku": SKU, "quantity": "1"})
    prices.set_price(SKU, 7900, "USD")
    assert "$79.00" in ada.get("/cart").text
    assert "$86.00" in ada.get("/cart").text


def test_the_cart_is_nobody_elses_and_only_its_count_is_readable(ada: FlaskClient) -> None:
    answer = ada.post("/cart/items", data={"sku": SKU, "quantity": "2"})
    cookies = {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}
    assert "HttpOnly" in cookies["cart"]
    assert cookies["cart_count"].startswith("cart_count=2;")
    assert "HttpOnly" not in cookies["cart_count"]
    assert all("SameSite=Lax" in each for each in cookies.values())
    assert "private" in ada.get("/cart").headers["Cache-Control"]


def test_what_is_too_heavy_for_a_country_is_told_at_its_field(ada: FlaskClient) -> None:
    with db.transaction() as session:
        session.scalars(select(Variant).where(Variant.sku == SKU)).one().weight_grams = 900
        for band in session.scalars(select(ShippingBand)):
            band.up_to_grams = 1000
    wanted = {"sku": SKU, "quantity": "2", "country": "US", "from": "home"}
    answer = ada.post("/checkout", data=wanted)
    assert answer.status_code == 400
    assert "more than we can ship there in one order" in answer.text
    assert 'value="2"' in answer.text
    ada.post("/cart/items", data=wanted)
    again = ada.post("/checkout", data={"country": "US", "email": "ada@example.com"})
    assert again.status_code == 400
    assert "more than we can ship there in one order" in again.text
    assert "ada@example.com" in again.text
