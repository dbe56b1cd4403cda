"""What is on the shelf, and what it costs."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db
from shop import catalog, restock
from shop.models import RestockRequest, Variant
from tests.shop.running import SKU, moved, shelf


def the_variant() -> int:
    with db.reading() as session:
        return session.scalars(select(Variant.id).where(Variant.sku == SKU)).one()


def test_fay_counts_what_came_in_and_takes_it_back(sample_shop: Flask, fay: FlaskClient) -> None:
    address = f"/staff/shelf/{the_variant()}/receive"
    told = fay.post(address, data={"units": "12", "why": "from the maker"}, follow_redirects=True)
    assert shelf() == (52, 0)
    assert "from the maker" in told.text
    assert 'name="units" value="-12"' in told.text
    fay.post(address, data={"units": "-12", "why": "undone"})
    assert shelf() == (40, 0)
    assert moved() == 40


def test_a_count_cannot_go_below_nothing(sample_shop: Flask, fay: FlaskClient) -> None:
    address = f"/staff/shelf/{the_variant()}/receive"
    for units in ("-41", "many", "0", ""):
        fay.post(address, data={"units": units})
        assert shelf() == (40, 0)


def test_fay_sees_how_many_wait_for_what_is_sold_out(sample_shop: Flask, fay: FlaskClient) -> None:
    offer = catalog.offer(SKU)
    assert offer is not None
    assert "Wait to be told" not in fay.get("/staff/shelf").text
    restock.ask(offer, "ada@example.com", page="/")
    with db.reading() as session:
        request = session.scalars(select(RestockRequest)).one()
    restock.confirm(restock.token(request))
    assert "<dt>Wait to be told when it is back</dt><dd>1</dd>" in fay.get("/staff/shelf").text


def test_only_olivia_changes_a_price(
    sample_shop: Flask, fay: FlaskClient, olivia: FlaskClient
) -> None:
    assert "Another price" not in fay.get("/staff/shelf").text
    assert fay.post(f"/staff/prices/{SKU}", data={"amount": "1.00"}).status_code == 403
    told = olivia.post(f"/staff/prices/{SKU}", data={"amount": "79.00"}, follow_redirects=True).text
    assert "costs $79.00 from now on" in told
    assert 'name="amount" value="89.00"' in told
    offer = catalog.offer(SKU)
    assert offer is not None
    assert offer.amount == 7900
    for amount in ("cheap", "-1", "0"):
        olivia.post(f"/staff/prices/{SKU}", data={"amount": amount})
    unchanged = catalog.offer(SKU)
    assert unchanged is not None
    assert unchanged.amount == 7900
