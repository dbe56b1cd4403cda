"""The product page says what it costs, to people and machines alike, and hides nothing."""

import json
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from sqlalchemy import delete, select

from core import clock, db, money
from shop import catalog, prices, products, stock
from shop.models import Exhibit, Price, ShippingBand, ShippingZone, Variant
from tests.shop.running import SKU, RunningShop

PAIR = "QL-CLAW-PAIR"
G = "{http://base.google.com/ns/1.0}"


def page(app: Flask, path: str = "/products/ql-claw") -> str:
    return app.test_client().get(path).get_data(as_text=True)


def data(html: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return [json.loads(each) for each in found]


def offers(html: str) -> dict[str, dict[str, Any]]:
    """The offers in the JSON-LD of a page, by SKU."""
    thing = data(html)[0]
    variants = thing.get("hasVariant", [thing])
    return {offer["sku"]: offer for each in variants for offer in each["offers"]}


def feed(app: Flask) -> dict[str, ET.Element]:
    """The items of Google's feed, by id."""
    xml = ET.fromstring(app.test_client().get("/feeds/google.xml").data)
    return {item.findtext(f"{G}id", ""): item for item in xml.iter("item")}


def picks(html: str) -> dict[str, str]:
    """What stands beside each variant that one can choose, by SKU."""
    rows = re.findall(r'<label class="pick" for="sku-(.*?)">(.*?)</label>', html, re.DOTALL)
    return dict(rows)


def reduce(sku: str, amount: int) -> None:
    """Let something that has cost the same for two months cost less."""
    with db.transaction() as session:
        for price in session.query(Price):
            price.valid_from = clock.now() - timedelta(days=60)
    prices.set_price(sku, amount, "USD")


@pytest.fixture
def reduced(running_shop: RunningShop) -> RunningShop:
    """The shop in which the pair is reduced, in a browser's hands."""
    reduce(PAIR, 14900)
    return running_shop


def test_a_product_without_pictures_is_described_where_they_would_be(
    running_shop: RunningShop,
) -> None:
    with db.transaction() as session:
        session.execute(delete(Exhibit))
    assert not feed(running_shop.app), "without a picture nothing can be in the feed"
    bag = page(running_shop.app, "/products/travel-bag")
    described = bag.index("it keeps dust off the tool")
    assert bag.index('class="product-story"') < described < bag.index('class="buy-box"')
    assert bag.count("it keeps dust off the tool") == 1


def test_every_price_is_the_same_on_the_page_in_json_ld_in_the_feed_and_at_stripe(
    reduced: RunningShop,
) -> None:
    html = reduced.visitor().get("/products/ql-claw").text
    rows, said, items = picks(html), offers(html), feed(reduced.app)
    for beside in {offer.slug for offer in catalog.on_sale()} - {"ql-claw"}:
        html = reduced.visitor().get(f"/products/{beside}").text
        rows, said = rows | picks(html), said | offers(html)
    assert set(said) == set(items) == {SKU, PAIR, "TRAVEL-BAG"}
    for offer in catalog.on_sale():
        session = reduced.simulator.store.get(reduced.buy(sku=offer.sku))
        assert session["amount_subtotal"] == offer.amount
        exact = str(money.to_decimal(offer.amount, offer.currency))
        assert money.display(offer.amount, offer.currency) in rows.get(offer.sku, html)
        assert said[offer.sku]["price"] == exact
        item = items[offer.sku]
        asked = item.findtext(f"{G}sale_price") or item.findtext(f"{G}price")
        assert asked == f"{exact} {offer.currency}"


@pytest.mark.one_database
def test_a_reduction_names_the_lowest_price_of_the_thirty_days_before_everywhere(
    sample_shop: Flask,
) -> None:
    assert "off</span>" not in page(sample_shop)
    reduce(PAIR, 14900)
    html = page(sample_shop)
    pick = picks(html)[PAIR]
    for words in ("11% off", "Lowest price of the 30 days before: $169.00", "$74.50 each"):
        assert words in pick
    assert "off" not in picks(html)[SKU]
    before = offers(html)[PAIR]["priceSpecification"]
    assert (before["priceType"], before["price"]) == (
        "https://schema.org/StrikethroughPrice",
        "169.00",
    )
    item = feed(sample_shop)[PAIR]
    assert item.findtext(f"{G}price") == "169.00 USD"
    assert item.findtext(f"{G}sale_price") == "149.00 USD"
    assert feed(sample_shop)[SKU].find(f"{G}sale_price") is None


@pytest.mark.one_database
def test_a_thing_with_a_bar_code_is_named_by_it(sample_shop: Flask) -> None:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.save_variant(product, SKU, title="QL Claw", gtin="04006381333931")
    products.save_variant(product, PAIR, title="Pair", on_sale=False)
    (thing, _) = data(page(sample_shop))
    assert (thing["@type"], thing["gtin14"]) == ("Product", "04006381333931")
    item = feed(sample_shop)[SKU]
    assert item.findtext(f"{G}gtin") == "04006381333931"
    assert item.find(f"{G}identifier_exists") is None
    assert item.find(f"{G}item_group_id") is None


@pytest.mark.one_database
def test_a_price_that_was_planned_begins_at_its_moment(sample_shop: Flask) -> None:
    client = sample_shop.test_client()
    prices.set_price(SKU, 7900, "USD", at=clock.now() + timedelta(hours=1))
    assert "$79.00" not in client.get("/products/ql-claw").text
    # No copy of the page or the feed outlives the moment by more than two seconds.
    for path in ("/products/ql-claw", "/feeds/google.xml"):
        assert "s-maxage=2" in client.get(path).headers["Cache-Control"]
    with db.transaction() as session:
        for price in session.query(Price).where(Price.amount == 7900):
            price.valid_from = clock.now()
    assert "$79.00" in client.get("/products/ql-claw").text
    assert "$79.00" in client.get("/").text


@pytest.mark.one_database
def test_the_page_is_the_same_for_everybody(sample_shop: Flask) -> None:
    answer = sample_shop.test_client().get("/products/ql-claw")
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.one_database
def test_it_names_cost_and_arrival_in_each_country_and_who_must_not_use_it(
    sample_shop: Flask,
) -> None:
    html = page(sample_shop)
    for words in ("United Kingdom", "$19.00", "3 to 6 business days", "Who must not use it"):
        assert words in html
    assert "30 days to send it back" in html
    assert 'href="/muscles/psoas-major"' in html
    assert "Sample prices" in html


@pytest.mark.one_database
def test_what_led_here_goes_along_unless_it_is_nonsense(sample_shop: Flask) -> None:
    assert 'name="from" value="post:psoas-trigger-points"' in page(
        sample_shop, "/products/ql-claw?from=post:psoas-trigger-points"
    )
    assert 'name="from"' not in page(sample_shop, "/products/ql-claw?from=%22%3E%3Cscript%3E")


@pytest.mark.one_database
def test_the_variant_in_the_address_is_chosen(sample_shop: Flask) -> None:
    assert re.search(r'value="QL-CLAW" checked', page(sample_shop))
    assert re.search(
        r'value="QL-CLAW-PAIR" checked', page(sample_shop, f"/products/ql-claw?variant={PAIR}")
    )
    assert re.search(
        r'value="QL-CLAW" checked', page(sample_shop, "/products/ql-claw?variant=NOTHING")
    )


@pytest.mark.one_database
def test_what_is_sold_out_cannot_be_chosen(sample_shop: Flask) -> None:
    offer = catalog.offer(SKU)
    assert offer is not None
    stock.receive(offer.variant_id, -39, by="Ada")
    html = page(sample_shop)
    assert 'value="QL-CLAW-PAIR" disabled' in html
    assert 'value="QL-CLAW" checked' in html
    assert offers(html)[PAIR]["availability"].endswith("OutOfStock")


@pytest.mark.one_database
def test_a_sold_out_product_says_so_and_sells_nothing(sample_shop: Flask) -> None:
    offer = catalog.offer(SKU)
    assert offer is not None
    stock.receive(offer.variant_id, -40, by="Ada")
    html = page(sample_shop)
    assert "Sold out" in html
    assert 'action="/checkout"' not in html
    assert "OutOfStock" in html
    # Google asks for the price of what is sold out too; when it would arrive nobody knows.
    box = html.partition('id="buy"')[2].partition("</section>")[0]
    assert "$89.00" in box
    assert "$169.00" in box
    assert "Arrives" not in box


@pytest.mark.one_database
def test_what_goes_with_it_stands_beside_it(sample_shop: Flask) -> None:
    mat = products.save(
        products.Draft(slug="mat", title="Mat", summary="It does not slip.", body="")
    )
    products.save_variant(mat, "MAT", title="Mat")
    prices.set_price("MAT", 2500, "USD")
    claw = catalog.by_slug("ql-claw")
    assert claw is not None
    assert 'href="/products/travel-bag"' in page(sample_shop)
    products.accompany(claw, [])
    assert "Goes with it" not in page(sample_shop)
    products.accompany(claw, ["mat"])
    html = page(sample_shop)
    assert "Goes with it" in html
    assert 'href="/products/mat"' in html
    assert "$25.00" in html
    with pytest.raises(ValueError, match="no other product"):
        products.accompany(claw, ["ql-claw"])


@pytest.mark.one_database
def test_an_unknown_product_is_a_page_of_ours(sample_shop: Flask) -> None:
    answer = sample_shop.test_client().get("/products/no-such-thing")
    assert answer.status_code == 404
    assert "errors" not in answer.get_data(as_text=True)
    assert "Pain finder" in answer.get_data(as_text=True)


@pytest.mark.one_database
def test_shipping_is_the_same_in_json_ld_and_in_the_feed_for_each_variant(
    sample_shop: Flask,
) -> None:
    with db.transaction() as session:
        for variant in session.scalars(select(Variant)):
            variant.weight_grams = 900 if variant.sku == SKU else None
        for band in session.scalars(select(ShippingBand)):
            band.up_to_grams = 1000
        for zone in session.scalars(select(ShippingZone)):
            zone.free_from = 8000 if zone.countries[0].country == "US" else None
    said, items = offers(page(sample_shop)), feed(sample_shop)

    def asked(item: ET.Element) -> dict[str, str]:
        return {
            rate.findtext(f"{G}country", ""): rate.findtext(f"{G}price", "").split()[0]
            for rate in item.iter(f"{G}shipping")
        }

    for sku in (SKU, PAIR):
        told = {
            rate["shippingDestination"]["addressCountry"]: rate["shippingRate"]["value"]
            for rate in said[sku]["shippingDetails"]
        }
        assert asked(items[sku]) == told
    assert asked(items[SKU])["US"] == "0.00"
    assert asked(items[PAIR]) == {}  # a pair is heavier than any zone takes
