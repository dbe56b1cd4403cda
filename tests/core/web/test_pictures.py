"""Pages show pictures in the best format and width that a browser knows."""

import re

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from core import media
from core.models import Medium
from core.web import pictures
from tests.core.images import film, photograph

pytestmark = pytest.mark.one_database

PAGE = '{% import "_ui.html" as ui %}{{ ui.picture(shown, sizes="50vw", first=first, alt=alt) }}'


@pytest.fixture
def kept(app: Flask) -> Medium:
    return media.add(photograph(), alt='A "tool" & mat', file="a.jpg", by="olivia@shop.example")


def test_a_page_offers_every_format_and_width(app: Flask, kept: Medium) -> None:
    html = render_template_string(PAGE, shown=pictures.find(kept.name), first=True, alt=None)
    assert re.findall(r'type="([^"]+)"', html) == ["image/avif", "image/webp"]
    assert html.count('sizes="50vw"') == 2
    assert f"/media/{kept.name}-400.avif 400w, /media/{kept.name}-800.avif 800w" in html
    assert 'width="900" height="600" fetchpriority="high"' in html
    assert 'alt="A &#34;tool&#34; &amp; mat"' in html


def test_a_picture_further_down_waits_and_may_have_other_words(app: Flask, kept: Medium) -> None:
    html = render_template_string(PAGE, shown=pictures.of(kept), first=False, alt="")
    assert 'alt=""' in html
    assert 'loading="lazy" decoding="async"' in html


def test_each_address_on_the_page_answers_for_ever(client: FlaskClient, kept: Medium) -> None:
    shown = pictures.of(kept)
    addresses = [shown.url, *re.findall(r"/media/\S+", " ".join(s for _, s in shown.sources))]
    assert len(addresses) == 7
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        ending = address.rpartition(".")[2].replace("jpg", "jpeg")
        assert answer.content_type == f"image/{ending}"


@pytest.mark.parametrize(
    "name", ["nothing", "../secret_key", "%2e%2e/secret_key", "0" * 20 + ".jpg", ".a.jpg"]
)
def test_nothing_else_of_the_data_folder_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_a_video_can_be_played_from_its_middle(app: Flask, client: FlaskClient) -> None:
    kept = media.add(film(), alt="How to lie on it", file="a.mp4", by="olivia@shop.example")
    answer = client.get(kept.url, headers={"Range": "bytes=8-11"})
    assert (answer.status_code, answer.data) == (206, b"isom")
    assert answer.content_type == "video/mp4"
    assert pictures.find(kept.name) is None


def test_a_text_may_refer_to_a_picture_by_its_address(app: Flask, kept: Medium) -> None:
    found = pictures.at(kept.url)
    assert found is not None
    assert found.alt == kept.alt
    assert pictures.at("/media/elsewhere.jpg") is None


def test_what_is_nowhere_is_none(app: Flask) -> None:
    for name in (None, "", "0" * 20, "product/nothing", "../../secret", "product/../../x"):
        assert pictures.find(name) is None
