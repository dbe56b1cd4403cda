"""The picture that stands for a post where it is shared."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from blog import cards, curves, ink, posts
from blog.models import Post
from core import config

pytestmark = pytest.mark.one_database


def test_a_card_is_a_jpeg_of_the_size_that_pages_tell(reader: FlaskClient) -> None:
    answer = reader.get(cards.path("psoas-trigger-points"))
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Cache-Control"].startswith("public")
    with Image.open(io.BytesIO(answer.data)) as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))
    page = reader.get("/blog/psoas-trigger-points").text
    assert '<meta property="og:image:width" content="1200">' in page
    assert "the referral chart of the Psoas (psoas major)." in page
    assert page.count('property="og:image"') == 1


def test_a_card_is_drawn_once_and_again_when_lost(app: Flask, publish: Callable[..., Post]) -> None:
    with app.app_context():
        post = publish("the-hip")
        first = cards.picture(post)
        (kept,) = (config.current().data_dir / "cards").iterdir()
        kept.write_bytes(b"what is kept")
        assert cards.picture(post) == b"what is kept"
        kept.unlink()
        assert cards.picture(post) == first


def test_another_title_has_another_card(app: Flask, publish: Callable[..., Post]) -> None:
    with app.app_context():
        one, other = publish("one", title="One side only"), publish("other", title="Both sides")
        assert cards.picture(one) != cards.picture(other)


def test_a_draft_has_no_card_for_strangers(reader: FlaskClient) -> None:
    post = posts.in_state()[0]
    posts.withdraw(post.id)
    assert reader.get(cards.path(post.slug)).status_code == 404


def test_the_chart_of_a_muscle_is_ochre_where_it_lies_and_red_where_it_is_felt() -> None:
    chart = ink.chart("piriformis", (300, 300), "#faf5ea").convert("HSV")
    assert max(chart.size) == 300
    colors = chart.getcolors(300 * 300) or []
    strong = [(count, color) for count, color in colors if color[1] > 140]  # type: ignore[index] # bands
    assert sum(count for count, (hue, *_) in strong if hue < 8) > 1000  # type: ignore[misc] # bands
    assert sum(count for count, (hue, *_) in strong if 20 < hue < 32) > 100  # type: ignore[misc] # bands


def test_path_data_is_read_as_the_pen_wrote_it() -> None:
    lines = curves.read("0,0* 10,0* 10,-10.5* / 1,1 2,3")
    drawn = ink.flatten(curves.shape(lines[:1]) + curves.stroke(lines[1:]))
    assert [line[0] for line in drawn] == [(0, 0), (1, 1)]
    assert drawn[0][-1] == pytest.approx((0, 0), abs=0.2)
    assert drawn[1][-1] == pytest.approx((2, 3), abs=0.2)
    assert any(point == pytest.approx((10, -10.5), abs=0.2) for point in drawn[0])
