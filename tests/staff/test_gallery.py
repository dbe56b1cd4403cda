"""Fay orders the pictures of the tool, adds her own, and takes one out."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import media
from shop import catalog, gallery
from shop.models import Exhibit
from tests.core.images import photograph

pytestmark = pytest.mark.one_database


def exhibits() -> list[Exhibit]:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    return list(gallery.of(product))


def desk() -> str:
    return f"/staff/gallery/{exhibits()[0].product_id}"


def test_fay_uploads_a_picture_into_the_gallery(sample_shop: Flask, fay: FlaskClient) -> None:
    data = {"file": (io.BytesIO(photograph()), "tool.jpg"), "alt": "The tool on a mat"}
    told = fay.post(desk(), data=data, follow_redirects=True).text
    assert "It is in the gallery" in told
    assert (exhibits()[-1].picture, exhibits()[-1].alt) == (
        media.newest()[0].name,
        "The tool on a mat",
    )


def test_a_picture_that_google_will_not_show_is_taken_and_said_to_be_small(
    sample_shop: Flask, fay: FlaskClient
) -> None:
    assert gallery.small_ones() == []
    data = {"file": (io.BytesIO(photograph(640, 480)), "tool.jpg"), "alt": "The tool on a mat"}
    told = fay.post(desk(), data=data, follow_redirects=True).text
    assert "It is in the gallery, but has 640 × 480 pixels" in told
    assert gallery.small_ones() == ["QL Claw"]


def test_fay_orders_and_removes_and_takes_it_back(sample_shop: Flask, fay: FlaskClient) -> None:
    before = [each.picture for each in exhibits()]
    second = exhibits()[1]
    fay.post(f"/staff/gallery/exhibits/{second.id}/move", data={"position": "0"})
    assert exhibits()[0].id == second.id
    fay.post(f"/staff/gallery/exhibits/{second.id}/move", data={"position": "1"})
    told = fay.post(f"/staff/gallery/exhibits/{second.id}/remove", follow_redirects=True).text
    assert "not shown any more" in told
    assert len(exhibits()) == 5
    fay.post(desk(), data={"picture": second.picture, "alt": second.alt, "position": "1"})
    assert [each.picture for each in exhibits()] == before


def test_what_is_wrong_is_said(sample_shop: Flask, fay: FlaskClient) -> None:
    first = f"/staff/gallery/exhibits/{exhibits()[0].id}"
    told = fay.post(first, data={"alt": "A", "video": "http://x"}, follow_redirects=True).text
    assert "begins https://" in told
    assert "Choose a picture" in fay.post(desk(), data={"alt": "A"}, follow_redirects=True).text
    assert len(exhibits()) == 6
