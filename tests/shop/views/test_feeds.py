"""Google's feed says what the page says."""

from xml.etree import ElementTree as ET

from flask import Flask

G = "{http://base.google.com/ns/1.0}"


def test_it_lists_what_is_sold_at_the_price_of_the_page(sample_shop: Flask) -> None:
    answer = sample_shop.test_client().get("/feeds/google.xml")
    assert answer.mimetype == "application/xml"
    item, _ = ET.fromstring(answer.data).iter("item")
    assert item.findtext(f"{G}id") == "QL-CLAW"
    assert item.findtext(f"{G}price") == "89.00 USD"
    assert item.findtext(f"{G}availability") == "in_stock"
    assert item.findtext(f"{G}link", "").endswith("/products/ql-claw")
    assert len(item.findall(f"{G}shipping")) == 5
