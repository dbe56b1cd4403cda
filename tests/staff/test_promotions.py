"""Olivia makes codes, pauses them, and sees what they brought; what cannot be is told at its field."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import settings
from shop import checkout, promotions
from shop.checkout import Purchase

pytestmark = pytest.mark.one_database

SPRING = {"code": "spring-10", "percent": "10", "currency-0": "USD", "most_uses": "5"}


def test_olivia_makes_a_code_and_pauses_it(sample_shop: Flask, olivia: FlaskClient) -> None:
    assert olivia.post("/staff/promotions", data=SPRING).status_code == 303
    made = promotions.find("SPRING-10")
    assert made is not None
    assert (made.percent, made.most_uses, made.active) == (10, 5, True)
    page = olivia.get("/staff/promotions").text
    assert "SPRING-10 can be used." in page
    assert "0 of 5" in page
    olivia.post(f"/staff/promotions/{made.id}/pause")
    assert "Paused" in olivia.get("/staff/promotions").text
    assert not promotions.any_open()
    olivia.post(f"/staff/promotions/{made.id}/resume")
    assert promotions.any_open()


def test_terms_can_be_changed_until_an_order_has_the_code(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    terms = SPRING | {"ends_at": "2099-01-01T08:00", "minimum-0": "50", "first_order": "1"}
    olivia.post("/staff/promotions", data=terms)
    made = promotions.find("SPRING-10")
    assert made is not None
    page = f"/staff/promotions/{made.id}"
    shown = olivia.get(page).text
    for name, value in (("percent", "10"), ("ends_at", "2099-01-01T08:00"), ("minimum-0", "50.00")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', shown), name
    olivia.post("/staff/promotions", data=SPRING | {"code": "autumn"})
    assert "a code AUTUMN already" in olivia.post(page, data=terms | {"code": "autumn"}).text
    assert (
        olivia.post(page, data=SPRING | {"code": "spring-15", "percent": "15"}).status_code == 303
    )
    changed = promotions.find("SPRING-15")
    assert changed is not None
    assert (changed.id, changed.percent, changed.ends_at, changed.prices) == (made.id, 15, None, [])
    assert olivia.get(f"{page}0").status_code == 404
    order = checkout.place(Purchase(lines={"QL-CLAW": 1}, country="US", cart="c", code="spring-15"))
    answer = olivia.post(page, data=terms)
    assert answer.status_code == 422
    assert "An order has SPRING-15 already." in answer.text
    assert order.discount_amount


def test_an_amount_has_a_currency_and_may_have_a_minimum(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    terms = {
        "code": "TENNER", "currency-0": "usd", "amount-0": "10.00", "minimum-0": "50",
        "currency-1": "JPY", "amount-1": "1500",
    }  # fmt: skip
    assert olivia.post("/staff/promotions", data=terms).status_code == 303
    made = promotions.find("TENNER")
    assert made is not None
    found = [(each.currency, each.amount, each.minimum) for each in made.prices]
    assert found == [("JPY", 1500, 0), ("USD", 1000, 5000)]


@pytest.mark.parametrize(
    ("wrong", "at", "told"),
    [
        ({"code": "a b"}, "code", "3 to 40 letters"),
        ({"percent": "101"}, "percent", "from 1 to 100"),
        ({"percent": ""}, "percent", "A percentage here, or an amount below."),
        ({"amount-0": "5"}, "percent", "not both"),
        ({"amount-0": "5 or so"}, "amount-0", "An amount in USD"),
        ({"currency-1": "€", "minimum-1": "5"}, "currency-1", "Three letters"),
        ({"starts_at": "soon"}, "starts_at", "A day and a time"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at", "end before it begins"),
        ({"most_each": "-1"}, "most_each", "A whole number from 1"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    sample_shop: Flask, olivia: FlaskClient, wrong: dict[str, str], at: str, told: str
) -> None:
    answer = olivia.post("/staff/promotions", data=SPRING | {"most_uses": "7"} | wrong)
    assert answer.status_code == 422
    error = answer.text.partition(f'id="{at}-error"')[2].partition("</p>")[0]
    assert told in error
    assert 'value="7"' in answer.text
    assert promotions.every() == []


def test_a_code_is_there_once(sample_shop: Flask, olivia: FlaskClient) -> None:
    olivia.post("/staff/promotions", data=SPRING)
    again = olivia.post("/staff/promotions", data=SPRING | {"code": "Spring-10"})
    assert again.status_code == 422
    assert "There is a code SPRING-10 already." in again.text


def test_the_store_says_whether_stripe_asks_for_its_own_codes(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    olivia.post("/staff/promotions/stripe", data={"allowed": "1"})
    assert settings.store().stripe_promotion_codes
    olivia.post("/staff/promotions/stripe", data={"allowed": "0"})
    assert not settings.store().stripe_promotion_codes


def test_the_desk_is_the_owners(sample_shop: Flask, ed: FlaskClient, fay: FlaskClient) -> None:
    for somebody in (ed, fay):
        assert somebody.get("/staff/promotions").status_code == 403
        assert somebody.post("/staff/promotions", data=SPRING).status_code == 403
    assert promotions.every() == []
