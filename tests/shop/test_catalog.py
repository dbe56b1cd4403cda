"""The catalogue sells at the price of the moment what nobody holds."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock, db, settings
from shop import catalog, prices, products, samples, stock
from shop.models import Variant

pytestmark = pytest.mark.one_database

SKU = "QL-CLAW"


def test_the_sample_product_is_on_sale(sample_shop: Flask) -> None:
    offer = catalog.offer(SKU)
    assert offer is not None
    assert (offer.title, offer.amount, offer.currency, offer.available) == (
        "QL Claw",
        8900,
        "USD",
        40,
    )
    assert offer.url == "/products/ql-claw"


def test_the_samples_can_be_loaded_twice_and_change_nothing(sample_shop: Flask) -> None:
    samples.seed()
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.available == 40


def test_a_price_counts_from_its_moment(sample_shop: Flask) -> None:
    prices.set_price(SKU, 9900, "usd", at=clock.now() + timedelta(hours=1))
    prices.set_price(SKU, 7900, "usd", at=clock.now() - timedelta(days=10))
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.amount == 8900
    with pytest.raises(ValueError, match="minor unit"):
        prices.set_price(SKU, 0, "USD")


def test_a_product_has_a_card_only_while_it_is_sold(sample_shop: Flask) -> None:
    card = catalog.product_card("ql-claw")
    assert card is not None
    assert (card.amount, card.in_stock, card.url) == (8900, True, "/products/ql-claw")
    assert catalog.product_card("no-such-thing") is None


def test_a_card_shows_what_is_there_and_is_sold_out_only_where_nothing_is(
    sample_shop: Flask,
) -> None:
    products.make_up("QL-CLAW-PAIR", {})
    pair, single = catalog.offer("QL-CLAW-PAIR"), catalog.offer("QL-CLAW")
    assert pair is not None
    assert single is not None
    stock.receive(pair.variant_id, 1, by="Ada")
    stock.receive(single.variant_id, -40, by="Ada")
    card = catalog.product_card("ql-claw")
    assert card is not None
    assert (card.sku, card.amount, card.in_stock) == ("QL-CLAW-PAIR", pair.amount, True)
    stock.receive(pair.variant_id, -1, by="Ada")
    card = catalog.product_card("ql-claw")
    assert card is not None
    assert (card.sku, card.in_stock) == ("QL-CLAW", False)
    assert [sku for sku, _ in card.forms] == ["QL-CLAW", "QL-CLAW-PAIR"]


def test_the_site_is_about_its_first_product_until_staff_name_another(app: Flask) -> None:
    products.save(products.Draft(slug="poster", title="Poster", summary="", body=""))
    assert catalog.hero_path() == "/products/poster"
    products.save(products.Draft(slug="claw", title="Claw", summary="", body=""))
    assert catalog.hero_path() == "/products/poster"
    settings.change(hero_product="claw")
    assert 'href="/products/claw"' in app.test_client().get("/cart").text
    claw = catalog.by_slug("claw")
    assert claw is not None
    products.rename(claw.id, "the-claw")
    assert catalog.hero_path() == "/products/the-claw"


def test_a_product_that_moves_leaves_its_old_address_behind(
    sample_shop: Flask,
) -> None:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.rename(product.id, "the-claw")
    client = sample_shop.test_client()
    assert client.get("/products/ql-claw").location == "/products/the-claw"
    assert client.get("/products/the-claw").status_code == 200


def test_markup_in_a_text_stays_text(sample_shop: Flask) -> None:
    assert "<script>" not in products.render("Press <script>alert(1)</script> here")


@pytest.mark.parametrize(
    ("amount", "currency"), [(0, "USD"), (-1, "USD"), (8905, "KWD"), (100_000_000, "USD")]
)
def test_a_price_is_one_that_stripe_would_charge(
    sample_shop: Flask, amount: int, currency: str
) -> None:
    with pytest.raises(ValueError, match="cannot be charged"):
        prices.set_price("QL-CLAW", amount, currency)


def test_a_bundle_that_nobody_weighed_weighs_what_its_parts_do(sample_shop: Flask) -> None:
    with db.transaction() as session:
        for variant in session.scalars(select(Variant)):
            variant.weight_grams = 900 if variant.sku == "QL-CLAW" else None
    weights = {
        sku: offer.weight_grams
        for sku, offer in catalog.offers_of(["QL-CLAW", "QL-CLAW-PAIR"]).items()
    }
    assert weights == {"QL-CLAW": 900, "QL-CLAW-PAIR": 1800}
