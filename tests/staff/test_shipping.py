"""Olivia says where parcels go and what they cost; what cannot be is told at its field."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import shipping

pytestmark = pytest.mark.one_database

EUROPE = {
    "title": "Tracked, Europe",
    "countries": "France, it; Ireland",
    "currency": "USD",
    "up_to-0": "2000",
    "amount-0": "14.00",
    "amount-1": "25.50",
    "free_from": "200.00",
    "days_min": "5",
    "days_max": "9",
    "position": "9",
}


def amounts(country: str) -> list[int | None]:
    parcels = ((8900, 900), (8900, 2001), (20000, 5000))
    found = [shipping.rate(country, goods=goods, grams=grams) for goods, grams in parcels]
    return [rate.amount if rate else None for rate in found]


def test_olivia_ships_to_a_zone_by_weight_and_free_from_an_amount(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    assert olivia.post("/staff/shipping/new", data=EUROPE).status_code == 303
    assert amounts("FR") == amounts("IT") == amounts("IE") == [1400, 2550, 0]
    page = olivia.get("/staff/shipping").text
    assert "France, Italy, Ireland" in page
    assert "$14.00 up to 2,000 g, $25.50 above that" in page
    assert "$14.00" in olivia.get("/products/ql-claw").text


def test_without_a_price_for_any_weight_what_is_heavier_cannot_go(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    olivia.post("/staff/shipping/new", data=EUROPE | {"amount-1": ""})
    assert amounts("FR") == [1400, None, None]


def test_a_zone_is_changed_and_its_form_shows_it_as_it_is(
    sample_shop: Flask, olivia: FlaskClient
) -> None:
    olivia.post("/staff/shipping/new", data=EUROPE)
    number = shipping.zones()[-1].id
    page = olivia.get(f"/staff/shipping/{number}").text
    assert 'value="14.00"' in page
    assert "FR, IT, IE" in page
    olivia.post(f"/staff/shipping/{number}", data=EUROPE | {"countries": "FR", "free_from": ""})
    assert amounts("FR") == [1400, 2550, 2550]
    assert shipping.rate("IT") is None
    olivia.post(f"/staff/shipping/{number}/remove")
    assert shipping.rate("FR") is None
    undo = olivia.get("/staff/shipping").text
    assert 'action="/staff/shipping/new"' in undo
    assert 'name="amount-0" value="14.00"' in undo


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("countries", "Atlantis", "Not a country that Stripe takes addresses in: Atlantis."),
        ("countries", "US", "United States is in the zone"),
        ("countries", " ", "One country at least"),
        ("amount-0", "a lot", "An amount in USD"),
        ("amount-0", "-1", "An amount in USD"),
        ("up_to-0", "2 kg", "Grams: a whole number from 1"),
        ("up_to-0", "", "This weight has a price above."),
        ("free_from", "1.005", "An amount in USD"),
        ("days_max", "4", "At most cannot be fewer"),
        ("days_min", "٣", "Business days: a whole number"),
        ("title", "", "What customers read"),
        ("currency", "dollars", "Three letters"),
    ],
)
@pytest.mark.one_database
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    sample_shop: Flask, olivia: FlaskClient, name: str, value: str, told: str
) -> None:
    answer = olivia.post("/staff/shipping/new", data=EUROPE | {name: value})
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="25.50"' in answer.text
    assert len(shipping.zones()) == 5
