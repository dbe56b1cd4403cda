"""What machines read of products holds all that Google's documentation requires.

The lists were taken from its pages on November 30, 2026. Those on structured data stand below
https://developers.google.com/search/docs/appearance/structured-data/, each named by its last part;
that of the feed is https://support.google.com/merchants/answer/7052112.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

import blog.samples
from shop import catalog, gallery, products, reviews, structured
from shop.reviews import Draft
from shop.shipping import Rate
from tests.shop.running import SKU
from tests.shop.test_reviews import shipped
from tests.shop.views.test_products import PAIR, G, data, feed, page

pytestmark = pytest.mark.one_database

REQUIRED: dict[str, set[str]] = {
    # product-variants; the group's ID may stand in its variants instead, ours stands in both
    "ProductGroup": {"name", "productGroupID", "hasVariant"},
    # merchant-listing
    "Product": {"name", "image", "offers"},
    "Offer": {"price", "priceCurrency"},
    "UnitPriceSpecification": {"price", "priceCurrency"},
    "OfferShippingDetails": {"deliveryTime", "shippingDestination", "shippingRate"},
    "DefinedRegion": {"addressCountry"},
    "MonetaryAmount": {"currency", "value"},
    "MerchantReturnPolicy": {"applicableCountry", "returnPolicyCategory", "merchantReturnDays"},
    # review-snippet
    "Review": {"author", "reviewRating"},
    "Rating": {"ratingValue"},
    "AggregateRating": {"ratingValue", "reviewCount"},
    # breadcrumb
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"item", "name", "position"},
    # article: it requires nothing and recommends these
    "BlogPosting": {"author", "dateModified", "datePublished", "headline", "image"},
}
VARYING = {"color", "size", "suggestedAge", "suggestedGender", "material", "pattern"}
RETURN_FEES = {"FreeReturn", "ReturnFeesCustomerResponsibility", "ReturnShippingFees"}
MOST_COUNTRIES, LONGEST_AUTHOR = 50, 100

FEED_FIELDS = {"id", "title", "description", "link", "image_link", "availability", "price"}
FEED_LIMITS = {
    "id": 50,
    "title": 150,
    "description": 5000,
    "link": 2000,
    "brand": 70,
    "image_link": 2000,
    "item_group_id": 50,
    "item_group_title": 150,
}
FEED_PICTURES = re.compile(r"https?://.+\.(?:jpe?g|webp|png|gif|bmp|tiff?)")


def parts(thing: object) -> Iterator[dict[str, Any]]:
    """Everything with a type that stands in a description, itself too."""
    if isinstance(thing, dict):
        if "@type" in thing:
            yield thing
        for value in thing.values():
            yield from parts(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from parts(value)


def faults(thing: object) -> list[str]:
    """What Google would not take, each in a word or two."""
    found = [
        f"{part['@type']} lacks {name}"
        for part in parts(thing)
        for name in sorted(REQUIRED.get(part["@type"], set()))
        if part.get(name) in (None, "", [])
    ]
    for part in parts(thing):
        match part["@type"]:
            case "Offer":
                found += [] if float(part["price"]) > 0 else ["a price of nothing"]
            case "ProductGroup":
                varying = (each.rpartition("/")[2] for each in part.get("variesBy", []))
                found += [f"varies by {name}" for name in varying if name not in VARYING]
            case "MerchantReturnPolicy":
                many = len(part["applicableCountry"]) > MOST_COUNTRIES
                found += ["too many countries"] if many else []
                known = part["returnFees"].rpartition("/")[2] in RETURN_FEES
                found += [] if known else ["unknown fees"]
            case "ShippingDeliveryTime":
                for days in (part["handlingTime"], part["transitTime"]):
                    right = days["minValue"] <= days["maxValue"] and days["unitCode"] == "DAY"
                    found += [] if right else ["days that are none"]
            case "Review":
                name = part["author"]["name"]
                found += [] if 0 < len(name) < LONGEST_AUTHOR else ["an author without a name"]
    return found


def test_a_product_with_variants_has_what_google_requires(sample_shop: Flask) -> None:
    group, way = data(page(sample_shop))
    assert faults(group) == faults(way) == []
    assert group["@type"] == "ProductGroup"
    assert "aggregateRating" not in group
    assert "review" not in group
    for variant in group["hasVariant"]:
        assert variant["inProductGroupWithID"] == group["productGroupID"]
        assert variant["name"] != group["name"] or variant["sku"] == SKU
        (offer,) = variant["offers"]
        assert f"variant={offer['sku']}" in offer["url"]
        told = [each["shippingDestination"]["addressCountry"] for each in offer["shippingDetails"]]
        (policy,) = offer["hasMerchantReturnPolicy"]
        assert told == policy["applicableCountry"] == ["US", "CA", "GB", "DE", "AU"]
        assert {each["shippingRate"]["currency"] for each in offer["shippingDetails"]} == {
            offer["priceCurrency"]
        }
    assert [each["name"] for each in way["itemListElement"]] == ["Home", "QL Claw"]


def test_a_product_alone_has_what_google_requires(sample_shop: Flask) -> None:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.save_variant(product, PAIR, title="Pair", on_sale=False)
    (thing, _) = data(page(sample_shop))
    assert thing["@type"] == "Product"
    assert faults(thing) == []


def test_posts_muscles_and_places_have_what_google_recommends(client: FlaskClient) -> None:
    blog.samples.seed()
    for path in ("/blog/psoas-trigger-points", "/muscles/psoas-major", "/pain-finder/low-back"):
        told = data(client.get(path).text)
        assert told
        assert faults(told) == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("name",), "Product lacks name"),
        (("offers", 0, "price"), "Offer lacks price"),
        (("offers", 0, "shippingDetails", 0, "shippingRate"), "OfferShippingDetails lacks shi"),
    ],
)
def test_what_is_missing_is_found(sample_shop: Flask, path: tuple[Any, ...], wrong: str) -> None:
    thing = data(page(sample_shop))[0]["hasVariant"][0]
    inner = thing
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = 0 if path[-1] == "price" else ""
    if path[-1] == "price":
        assert "a price of nothing" in faults(thing)
    else:
        assert any(each.startswith(wrong) for each in faults(thing))


@settings(max_examples=30)
@given(st.integers(min_value=0, max_value=200))
def test_no_return_policy_names_more_countries_than_it_may(count: int) -> None:
    """However many countries it goes to, each is in exactly one policy."""
    where = [f"{number:03}" for number in range(count)]
    rates = [
        Rate(
            country=country, title="Post", amount=700, currency="USD",
            days_min=3, days_max=6, free_from=None,
        )
        for country in where
    ]  # fmt: skip
    told = list(structured.countries(rates))
    assert [country for some in told for country in some] == where
    assert all(0 < len(some) <= MOST_COUNTRIES for some in told)


def test_reviews_that_the_page_shows_are_told_and_no_others(sample_shop: Flask) -> None:
    stars = (5, 1, 4, 2)
    for number, given_stars in enumerate(stars, 1001):
        words = Draft(stars=given_stars, title="So it is", body=f"Words {number}.", name="Ada")
        reviews.write(shipped("Ada", number), words)
    html = page(sample_shop)
    (group, _) = data(html)
    assert faults(group) == []
    told = [(each["reviewRating"]["ratingValue"], each["reviewBody"]) for each in group["review"]]
    assert told == [(2, "Words 1004."), (4, "Words 1003."), (1, "Words 1002.")]
    shown = html.partition('<h2 id="reviews"')[2]
    assert all(body in shown for _, body in told)
    assert "Words 1001." not in html
    assert group["aggregateRating"]["ratingValue"] == "3.0"
    assert group["aggregateRating"]["reviewCount"] == len(stars)


def test_the_feed_has_what_google_requires(sample_shop: Flask) -> None:
    items = feed(sample_shop)
    assert set(items) == {SKU, PAIR, "TRAVEL-BAG"}
    assert items.pop("TRAVEL-BAG").find(f"{G}item_group_id") is None  # it has no variants
    for sku, item in items.items():
        given_fields = {each.tag.removeprefix(G): each.text or "" for each in item}
        assert all(given_fields.get(name) for name in FEED_FIELDS)
        for name, most in FEED_LIMITS.items():
            assert len(given_fields[name]) <= most
        for name in ("image_link", "additional_image_link"):
            assert all(FEED_PICTURES.fullmatch(each.text or "") for each in item.iter(G + name))
        assert 1 <= len(item.findall(f"{G}additional_image_link")) <= 10
        assert re.fullmatch(r"\d+\.\d\d USD", given_fields["price"])
        assert given_fields["availability"] == "in_stock"
        assert given_fields["condition"] == "new"
        assert given_fields["identifier_exists"] == "no"
        assert given_fields["item_group_id"] == "ql-claw"
        assert given_fields["link"].endswith(f"/products/ql-claw?variant={sku}")
        assert len(item.findall(f"{G}shipping")) == 5
    assert feed(sample_shop)[PAIR].findtext(f"{G}multipack") == "2"


def test_a_bundle_of_different_things_says_that_it_is_one(sample_shop: Flask) -> None:
    assert feed(sample_shop)[PAIR].find(f"{G}is_bundle") is None
    claw = catalog.by_slug("ql-claw")
    assert claw is not None
    products.save_variant(claw, "MAT", title="Mat", on_sale=False)
    products.make_up(PAIR, {SKU: 1, "MAT": 1})
    assert feed(sample_shop)[PAIR].findtext(f"{G}is_bundle") == "yes"


def test_what_has_no_picture_is_left_out_of_the_feed(sample_shop: Flask) -> None:
    claw = catalog.by_slug("ql-claw")
    assert claw is not None
    for exhibit in gallery.of(claw):
        gallery.remove(exhibit.id)
    assert set(feed(sample_shop)) == {"TRAVEL-BAG"}
