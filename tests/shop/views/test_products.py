"""The product page says what it costs, to people and machines alike, and hides nothing."""

import json
import re

from flask import Flask

from shop import catalog, stock


def page(app: Flask, path: str = "/products/ql-claw") -> str:
    return app.test_client().get(path).get_data(as_text=True)


def test_people_and_machines_read_the_same_price(sample_shop: Flask) -> None:
    html = page(sample_shop)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert data["offers"][0]["price"] == "89.00"
    assert data["offers"][0]["priceCurrency"] == "USD"
    assert data["offers"][0]["availability"] == "https://schema.org/InStock"
    assert "$89.00" in html
    assert "aggregateRating" not in data


def test_the_page_is_the_same_for_everybody(sample_shop: Flask) -> None:
    answer = sample_shop.test_client().get("/products/ql-claw")
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_it_names_shipping_to_each_country_and_who_must_not_use_it(sample_shop: Flask) -> None:
    html = page(sample_shop)
    for words in ("United Kingdom", "$19.00", "3 to 6 business days", "Who must not use it"):
        assert words in html
    assert 'href="/muscles/psoas-major"' in html
    assert "sample price" in html


def test_what_led_here_goes_along_unless_it_is_nonsense(sample_shop: Flask) -> None:
    assert 'name="from" value="post:psoas-trigger-points"' in page(
        sample_shop, "/products/ql-claw?from=post:psoas-trigger-points"
    )
    assert 'name="from"' not in page(sample_shop, "/products/ql-claw?from=%22%3E%3Cscript%3E")


def test_a_sold_out_product_says_so_and_sells_nothing(sample_shop: Flask) -> None:
    offer = catalog.offer("QL-CLAW")
    assert offer is not None
    stock.receive(offer.variant_id, -40, by="Ada")
    html = page(sample_shop)
    assert "Sold out" in html
    assert 'action="/checkout"' not in html
    assert "OutOfStock" in html


def test_an_unknown_product_is_a_page_of_ours(sample_shop: Flask) -> None:
    answer = sample_shop.test_client().get("/products/no-such-thing")
    assert answer.status_code == 404
    assert "errors" not in answer.get_data(as_text=True)
    assert "Pain finder" in answer.get_data(as_text=True)
