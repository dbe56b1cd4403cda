"""A product's gallery shows pictures in an order, each with its words, and videos beside them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import media
from shop import catalog, gallery
from shop.gallery import Label
from shop.models import Product
from tests.core.images import film, photograph

pytestmark = pytest.mark.one_database


def claw() -> Product:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    return product


def shown() -> list[str]:
    return [each.picture.removeprefix("product/") for each in gallery.of(claw())]


def test_the_first_picture_stands_for_the_product_everywhere(
    sample_shop: Flask, client: FlaskClient
) -> None:
    side = gallery.of(claw())[1]
    gallery.move(side.id, 0)
    assert shown() == ["side", "hero", "top", "trigger", "lying", "scale"]
    card = catalog.product_card("ql-claw")
    assert card is not None
    assert (card.picture, card.picture_alt) == ("product/side", side.alt)
    assert "/static/img/product/side." in client.get("/feeds/google.xml").text


def test_what_is_removed_leaves_no_gap_and_can_come_back(sample_shop: Flask) -> None:
    top = gallery.of(claw())[2]
    gallery.remove(top.id)
    assert [each.position for each in gallery.of(claw())] == [0, 1, 2, 3, 4]
    gallery.add(claw(), top.picture, Label(alt=top.alt), position=2)
    assert shown() == ["hero", "side", "top", "trigger", "lying", "scale"]


@pytest.mark.parametrize(
    "label",
    [
        Label(alt=" "),
        Label(alt="A", video="http://example.com/film"),
        Label(alt="A", video="javascript:alert(1)"),
        Label(alt="A", video="/media/../secret.mp4"),
        Label(alt="A", captions="/media/words.vtt"),
    ],
)
def test_words_and_safe_addresses_are_needed(sample_shop: Flask, label: Label) -> None:
    with pytest.raises(ValueError):
        gallery.add(claw(), "product/hero", label)
    assert len(shown()) == 6


def test_the_page_shows_all_of_it_without_a_script(sample_shop: Flask, client: FlaskClient) -> None:
    by = "olivia@shop.example"
    kept = media.add(photograph(), alt="The tool", file="a.jpg", by=by)
    ours = media.add(film(), alt="How to lie down", file="a.mp4", by=by)
    words = media.add(b"WEBVTT\n", alt="Words", file="a.vtt", by=by)
    gallery.add(claw(), kept.name, Label(alt="Film", video=ours.url, captions=words.url))
    gallery.add(claw(), kept.name, Label(alt="Talk", video="https://video.example/1"))
    html = client.get("/products/ql-claw").text
    assert html.count("Schematic rendering, not a photograph") == 6
    assert f'<video controls playsinline preload="none" poster="{kept.url}"' in html
    assert "autoplay" not in html
    assert f'<track kind="captions" srclang="en" label="English" src="{words.url}"' in html
    assert "Watch on video.example" in html
    for number in range(1, 9):
        assert html.count(f'href="#picture-{number}"') == html.count(f'id="picture-{number}"') == 1
    assert html.count('fetchpriority="high"') == 1
    assert gallery.showing(ours.name) == ["QL Claw"]
