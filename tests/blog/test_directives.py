"""Directives as writers meet them: what is inserted is what can be read."""

from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from blog import directives, markdown
from blog.views import slots
from core import media
from shop import reviews, samples, testimonials
from tests.core.images import photograph
from tests.shop.test_reviews import draft, shipped

pytestmark = pytest.mark.one_database


@given(st.text(max_size=40))
def test_what_is_written_is_read_again_with_its_quotes_curled(words: str) -> None:
    text = directives.written("figure", name="a", alt=words)
    read = directives.read_attributes(text.removeprefix("::figure"))
    assert read["name"] == "a"
    assert '"' not in read["alt"]
    assert len(read["alt"]) == len(" ".join(words.split()))


def test_an_uploaded_picture_is_a_figure_with_every_format(app: Flask) -> None:
    kept = media.add(photograph(900, 600), alt="The tool", file="a.jpg", by="ed@shop.example")
    text = directives.written("figure", name=kept.name, caption="On the floor", alt="The tool")
    rendered = markdown.render(text)
    assert not rendered.problems
    with app.test_request_context():
        shown = slots.fill(rendered.html, rendered.slots, source="post:a")
    assert 'type="image/avif"' in shown
    assert 'alt="The tool"' in shown
    assert "<figcaption>On the floor</figcaption>" in shown


def test_markdowns_own_picture_is_the_same_figure(app: Flask) -> None:
    kept = media.add(photograph(900, 600), alt="The tool", file="a.jpg", by="ed@shop.example")
    written = directives.written("figure", name=kept.name, caption="On the floor", alt="The tool")
    for address in (kept.name, kept.url):
        rendered = markdown.render(f'![The tool]({address} "On the floor")')
        assert not rendered.problems
        as_directive = markdown.render(written)
        assert rendered.html == as_directive.html
        assert rendered.slots == as_directive.slots


@pytest.mark.parametrize("name", ["product/side", "tool-schematic"])
def test_markdown_shows_what_comes_with_the_shop(app: Flask, name: str) -> None:
    rendered = markdown.render(f"First.\n\n![The tool]({name})\n\nLast.")
    assert rendered.problems == []
    with app.test_request_context():
        shown = slots.fill(rendered.html, rendered.slots, source="post:a")
    assert "<picture" in shown or "<svg" in shown
    assert shown.index("First.") < shown.index("<figure") < shown.index("Last.")


def test_a_picture_that_is_not_there_is_said(app: Flask) -> None:
    (found,) = markdown.render("\n![The tool](hip.jpg)").problems
    assert found == {"line": 2, "message": "there is no picture 'hip.jpg'"}


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ('name="0123456789abcdef0123" alt="It"', "there is no drawing and no picture"),
        ('name="no-such-drawing" alt="It"', "there is no drawing and no picture"),
        ('name="tool-schematic"', 'figure needs alt; alt="" says that there is none'),
    ],
)
def test_a_figure_that_cannot_be_shown_is_said(app: Flask, attributes: str, problem: str) -> None:
    (found,) = markdown.render(f"::figure{{{attributes}}}").problems
    assert problem in found["message"]


def test_a_quotation_in_a_post_is_of_a_review_whose_writer_agrees(app: Flask) -> None:
    """Whatever was published, nothing is quoted any more once the writer takes it back."""
    samples.seed()
    words = draft(may_quote=True)
    review = reviews.write(shipped("Ada", 1001), words)
    text = directives.written("testimonial", review=str(review.id))
    (early,) = markdown.render(text).problems
    assert "there is no review" in early["message"]
    testimonials.pick(review.id, "It reaches the spot.", by="ed@shop.example")
    rendered = markdown.render(f"::testimonial\n\n{text}")
    assert not rendered.problems
    with app.test_request_context():
        shown = slots.fill(rendered.html, rendered.slots, source="post:a")
        assert shown.count("<blockquote>It reaches the spot.</blockquote>") == 2
        assert "Read all reviews, good and bad" in shown
        reviews.edit(review.id, replace(words, may_quote=False))
        assert "It reaches" not in slots.fill(rendered.html, rendered.slots, source="post:a")
