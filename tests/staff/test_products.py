"""Ed writes the product's page and its variants; Olivia sets the prices; nothing typed is lost."""

import html
import re
from datetime import UTC, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core import clock, db
from shop import catalog, delivery, prices, upsell
from shop.models import Price
from tests import samples
from tests.shop.running import SKU

EDITOR = "/staff/products/1"
PAIR = "QL-CLAW-PAIR"

pytestmark = pytest.mark.one_database


@pytest.fixture
def shop(app: Flask) -> Flask:
    """The sample shop with its posts and muscles."""
    samples.fill()
    return app


def fields(page: str) -> dict[str, str]:
    """What the form of a page holds, as a browser would send it."""
    form = page[
        page.index('class="editor"') if 'class="editor"' in page else page.index("data-keep") :
    ]
    found = {
        name: html.unescape(value)
        for name, value in re.findall(
            r'<textarea [^>]*name="(.*?)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL
        )
    }
    for tag in re.findall(r"<input [^>]*>", form):
        name = re.search(r'name="(.*?)"', tag)
        if name is None or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        value = re.search(r'value="(.*?)"', tag, re.DOTALL)
        found[name[1]] = html.unescape(value[1]) if value else ""
    return found


def save(who: FlaskClient, address: str = EDITOR, **changed: str) -> TestResponse:
    """Open a form, change some of its fields, and send it."""
    page = who.get(address).text
    return who.post(address, data=fields(page) | changed)


def details() -> dict[str, Any]:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    return product.details


def test_saving_without_a_change_changes_nothing(shop: Flask, ed: FlaskClient) -> None:
    before = catalog.by_slug("ql-claw")
    assert before is not None
    answer = save(ed)
    assert answer.status_code == 303, answer.text
    after = catalog.by_slug("ql-claw")
    assert after is not None
    assert after.details == before.details
    assert (after.title, after.summary, after.body) == (before.title, before.summary, before.body)
    assert (after.published, after.sample) == (True, True)


def test_what_ed_writes_stands_on_the_page(shop: Flask, ed: FlaskClient) -> None:
    save(
        ed,
        tagline="It lies still.",
        steps="First: Lie down\nThen: Breathe: slowly",
        questions="Is it heavy?\nNo.\n\nIs it loud?\nNot\nat all.",
        muscles="psoas-major, ramp: Face down.",
        seo_title="QL Claw, a floor tool",
        body="## New\n\nIt is **firm**.",
    )
    page = shop.test_client().get("/products/ql-claw").text
    for words in (
        "It lies still.",
        "Breathe: slowly",
        "Not at all.",
        "<strong>firm</strong>",
        "<title>QL Claw, a floor tool",
    ):
        assert words in page
    assert details()["muscles"] == [{"id": "psoas-major", "end": "ramp", "use": "Face down."}]
    assert page.count("Schematic rendering") == 6


def test_what_is_left_empty_is_not_on_the_page(shop: Flask, ed: FlaskClient) -> None:
    save(ed, specifications="", questions="")
    page = shop.test_client().get("/products/ql-claw").text
    assert 'id="questions"' not in page
    assert 'id="specifications"' not in page


@pytest.mark.parametrize(
    ("field", "entered", "told"),
    [
        ("title", "", "Please fill this in."),
        ("slug", "QL Claw!", "Small letters"),
        ("specifications", "Kind: tool\nno colon here", "Line 2: write a name"),
        ("muscles", "psoas-major ramp", "Line 1"),
        ("muscles", "elbow, ramp: press", "none called elbow"),
        ("questions", "Why?\n\nHow?\nSo.", "has no answer"),
        ("posts", "no-such-post", "none called no-such-post"),
        ("accessories", "ql-claw", "no other product"),
        ("offered", "TRAVEL-BAG", "Line 1"),
        ("offered", "TRAVEL-BAG: some", "Write a whole number"),
        ("offered", "QL-CLAW: 1", "No other product"),
        ("tagline", "x" * 201, "shorten"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    shop: Flask, ed: FlaskClient, field: str, entered: str, told: str
) -> None:
    before = details()
    answer = save(ed, **{"summary": "A new summary.", field: entered})
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</p>', answer.text)
    assert error
    assert told in html.unescape(error[1])
    kept = fields(answer.text)
    assert kept["summary"] == "A new summary."
    assert kept[field] == entered
    assert details() == before


def test_ed_chooses_what_the_payment_page_offers(shop: Flask, ed: FlaskClient) -> None:
    assert fields(ed.get(EDITOR).text)["offered"] == "TRAVEL-BAG: 2"
    assert save(ed, offered="TRAVEL-BAG: 5").status_code == 303
    product = catalog.by_slug("ql-claw")
    assert product is not None
    assert upsell.chosen(product) == {"TRAVEL-BAG": 5}
    save(ed, offered="")
    assert upsell.chosen(product) == {}


def test_another_address_leaves_a_redirect(shop: Flask, ed: FlaskClient) -> None:
    assert save(ed, slug="the-claw").status_code == 303
    client = shop.test_client()
    assert client.get("/products/ql-claw").location == "/products/the-claw"
    assert client.get("/products/the-claw").status_code == 200


def test_whoever_saves_second_is_told_and_may_overwrite(shop: Flask, ed: FlaskClient) -> None:
    page = fields(ed.get(EDITOR).text)
    save(ed, tagline="The first.")
    answer = ed.post(EDITOR, data=page | {"tagline": "The second."})
    assert answer.status_code == 409
    assert details()["tagline"] == "The first."
    assert ed.post(EDITOR, data=fields(answer.text)).status_code == 303
    assert details()["tagline"] == "The second."


def test_words_that_sound_like_a_claim_are_pointed_out(shop: Flask, ed: FlaskClient) -> None:
    save(ed, tagline="It cures your back.")
    assert "claim on health: cures" in ed.get(EDITOR).text


def test_a_new_product_with_a_variant_and_a_price_can_be_bought(
    shop: Flask, olivia: FlaskClient
) -> None:
    new = {"title": "Mat", "slug": "mat", "summary": "It does not slip.", "published": "1"}
    address = olivia.post("/staff/products/new", data=new).location
    number = address.rpartition("/")[2]
    assert shop.test_client().get("/products/mat").status_code == 200
    variant = {"sku": "MAT", "title": "Mat", "on_sale": "1", "weight_grams": "300"}
    assert olivia.post(f"/staff/variants/new/{number}", data=variant).location == address
    assert catalog.offer("MAT") is None
    olivia.post("/staff/prices/MAT", data={"amount": "25"})
    offer = catalog.offer("MAT")
    assert offer is not None
    assert (offer.amount, offer.currency, offer.weight_grams) == (2500, "USD", 300)
    assert "Another product has this address" in olivia.post("/staff/products/new", data=new).text


def test_a_bundle_is_made_and_changed(shop: Flask, ed: FlaskClient) -> None:
    assert save(ed, "/staff/variants/2", parts="QL-CLAW: 4", options="Set: Four").status_code == 303
    offer = catalog.offer(PAIR)
    assert offer is not None
    assert (offer.available, offer.pieces, offer.options) == (10, 4, {"Set": "Four"})
    assert "4 × QL-CLAW" in ed.get(EDITOR).text


@pytest.mark.parametrize(
    ("field", "entered", "told"),
    [
        ("parts", "QL-CLAW: many", "whole number"),
        ("parts", "NOTHING: 1", "there is no NOTHING"),
        ("parts", "QL-CLAW-PAIR: 1", "cannot hold a bundle"),
        ("options", "Set", "Line 1"),
        ("options", "Set: One", "Another variant of this product"),
        ("weight_grams", "-1", "whole number"),
        ("gtin", "4006381333930", "no GTIN"),
        ("title", " ", "Enter a name"),
    ],
)
def test_a_variant_that_cannot_be_is_answered_at_its_field(
    shop: Flask, ed: FlaskClient, field: str, entered: str, told: str
) -> None:
    answer = save(ed, "/staff/variants/2", **{field: entered})
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</p>', answer.text)
    assert error
    assert told in html.unescape(error[1])
    offer = catalog.offer(PAIR)
    assert offer is not None
    assert (offer.available, offer.pieces, offer.form) == (20, 2, "Pair")


@pytest.mark.parametrize("sku", ["", "QL-CLAW", "two words", "x" * 51])
def test_a_number_that_is_taken_or_unreadable_is_refused(
    shop: Flask, ed: FlaskClient, sku: str
) -> None:
    answer = ed.post("/staff/variants/new/1", data={"sku": sku, "title": "Third"})
    assert answer.status_code == 422
    assert 'id="sku-error"' in answer.text


def test_only_olivia_changes_a_price_and_sees_its_history(
    shop: Flask, fay: FlaskClient, olivia: FlaskClient
) -> None:
    address = f"/staff/prices/{SKU}"
    assert "Another price" not in fay.get("/staff/shelf").text
    assert fay.post(address, data={"amount": "1.00"}).status_code == 403
    told = olivia.post(
        address, data={"amount": "79.00", "why": "Winter"}, follow_redirects=True
    ).text
    assert f"{SKU} costs $79.00 from now on" in told
    assert 'name="amount" value="89.00"' in told
    assert "Winter" in told
    assert "olivia@shop.example" in told
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.amount == 7900


@pytest.mark.parametrize(
    ("field", "entered"),
    [
        ("amount", "cheap"),
        ("amount", "-1"),
        ("amount", "0"),
        ("at", "soon"),
        ("at", "2020-01-01T00:00"),
    ],
)
def test_a_price_that_cannot_be_is_answered_at_its_field(
    shop: Flask, olivia: FlaskClient, field: str, entered: str
) -> None:
    given = {"amount": "79.00", "why": "Winter", "at": ""} | {field: entered}
    answer = olivia.post(f"/staff/prices/{SKU}", data=given)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="Winter"' in answer.text
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.amount == 8900


def test_a_price_is_planned_and_called_off(shop: Flask, olivia: FlaskClient) -> None:
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(UTC)
    address = f"/staff/prices/{SKU}"
    given = {"amount": "69", "at": f"{tomorrow:%Y-%m-%dT%H:%M}"}
    assert "will cost $69.00" in olivia.post(address, data=given, follow_redirects=True).text
    assert "begins then" in olivia.post(address, data=given).text
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.amount == 8900
    planned = prices.history(offer.variant_id)[0]
    olivia.post(f"{address}/call-off", data={"price": planned.id})
    assert len(prices.history(offer.variant_id)) == 1
    told = olivia.post(f"{address}/call-off", data={"price": planned.id}, follow_redirects=True)
    assert "It has begun already" in told.text


def test_the_desk_says_what_the_page_calls_a_reduction(shop: Flask, olivia: FlaskClient) -> None:
    assert "and no reduction" in olivia.get(f"/staff/prices/{SKU}").text
    with db.transaction() as session:
        for price in session.query(Price):
            price.valid_from = clock.now() - timedelta(days=60)
    prices.set_price(SKU, 6900, "USD")
    assert (
        "22% off. Lowest price of the 30 days before: $89.00"
        in olivia.get(f"/staff/prices/{SKU}").text
    )


def test_delivery_dates_follow_from_how_fast_parcels_leave(shop: Flask, ed: FlaskClient) -> None:
    address = "/staff/products/handling"
    assert ed.post(address, data={"days": "soon"}).status_code == 422
    before = shop.test_client().get("/products/ql-claw").text
    assert "leaves within 2 business days" in before
    ed.post(address, data={"days": "5"})
    after = shop.test_client().get("/products/ql-claw").text
    assert "leaves within 5 business days" in after
    assert delivery.arrival(Way()) in after


class Way:
    """To the United States."""

    days_min, days_max = 3, 6
