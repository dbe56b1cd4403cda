"""What is on the shelf, and what it costs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db
from shop import catalog, restock
from shop.models import RestockRequest, Variant
from tests.shop.running import SKU, moved, shelf

pytestmark = pytest.mark.one_database


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


def test_a_bundle_is_counted_by_its_parts(sample_shop: Flask, fay: FlaskClient) -> None:
    assert "2 × QL-CLAW" in fay.get("/staff/shelf").text
    assert "20, as its parts allow" in fay.get("/staff/shelf").text
    offer = catalog.offer("QL-CLAW-PAIR")
    assert offer is not None
    address = f"/staff/shelf/{offer.variant_id}/receive"
    assert "count those" in fay.post(address, data={"units": "3"}, follow_redirects=True).text
