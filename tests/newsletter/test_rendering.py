"""Letters as they are compiled and filled."""

import re

import pytest
from flask import Flask

import blog.samples
import shop.samples
from blog import teasers
from core import media
from newsletter import cards, markup, plaintext, rendering
from newsletter.markup import BadLetter
from newsletter.rendering import Part, Skeleton
from shop import fulfilment, orders, reviews, testimonials
from shop.models import Review
from shop.reviews import Draft
from tests import samples
from tests.core.images import photograph
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database


def compiled(body: str, subject: str = "Hello") -> Skeleton:
    return rendering.compile_letter(subject, "Before you read", body, archived=True)


def plain(body: str) -> str:
    return plaintext.write(markup.parse(body, site_url="https://shop.example"), lambda *_: "")


def test_a_reader_s_name_cannot_become_html(app: Flask) -> None:
    values = rendering.sample_values() | {"name": "<b>Ada</b> & Co"}
    message = compiled("Hello {{ name }},").fill(values)
    assert "Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co," in message.html
    assert "Hello <b>Ada</b> & Co," in message.text


def test_what_the_author_writes_as_html_is_shown_and_not_obeyed(app: Flask) -> None:
    html = compiled("<script>alert(1)</script>").fill(rendering.sample_values()).html
    assert "<script" not in html


def test_a_field_that_does_not_exist_is_the_author_s_to_mend(app: Flask) -> None:
    with pytest.raises(BadLetter, match="nmae"):
        compiled("Hello {{ nmae }}")
    with pytest.raises(BadLetter, match="label"):
        compiled('::button{href="/cart"}')
    with pytest.raises(BadLetter, match="::buton"):
        compiled('::buton{href="/cart"}')


def test_paths_become_addresses_that_work_in_mail(app: Flask) -> None:
    message = compiled("[Safety](/pages/safety)").fill(rendering.sample_values())
    assert 'href="http://localhost:8000/pages/safety"' in message.html
    assert "Safety [1]" in message.text
    assert "[1] http://localhost:8000/pages/safety" in message.text


def test_a_button_is_a_link_in_both_parts(app: Flask) -> None:
    message = compiled('::button{href="/pain-finder" label="Open it"}').fill(
        rendering.sample_values()
    )
    assert 'href="http://localhost:8000/pain-finder"' in message.html
    assert "Open it:\nhttp://localhost:8000/pain-finder" in message.text


def test_a_product_shows_what_it_costs_now(app: Flask) -> None:
    samples.fill(shop.samples)
    message = compiled('::product{slug="ql-claw"}').fill(rendering.sample_values())
    for part in (message.html, message.text):
        assert "QL Claw" in part
        assert "/products/ql-claw" in part
        assert "$" in part
    nothing = compiled('::product{slug="no-such-thing"}').fill(rendering.sample_values())
    assert "no-such-thing" not in nothing.html + nothing.text


def test_what_leads_to_the_tool_or_on_to_it_says_which_letter_it_stands_in(app: Flask) -> None:
    samples.fill(shop.samples, blog.samples)
    skeleton = rendering.compile_letter(
        "Hello",
        "Before you read",
        '::product{slug="ql-claw"}\n\n::post{slug="psoas-trigger-points"}\n\n'
        "[a pair](/products/ql-claw?variant=QL-CLAW-PAIR#buy), [safety](/pages/safety), "
        "[all](/blog/), [chosen](/blog/psoas-trigger-points?from=page:about), "
        "[far](https://example.org/blog/x)",
        archived=True,
        source="newsletter:12",
    )
    message = skeleton.fill(rendering.sample_values())
    for part in (message.html.replace("&amp;", "&"), message.text):
        assert "/products/ql-claw?from=newsletter:12" in part
        assert "/blog/psoas-trigger-points?from=newsletter:12" in part
        assert "/products/ql-claw?variant=QL-CLAW-PAIR&from=newsletter:12#buy" in part
        assert "/blog/psoas-trigger-points?from=page:about" in part
        assert "/blog/?from=newsletter:12" in part
        assert part.count("from=") == 5
    assert "?from=newsletter:12:web" in rendering.on_the_web(
        '::product{slug="ql-claw"}', "newsletter:12:web"
    )


def both_parts(body: str) -> tuple[str, str]:
    message = compiled(body).fill(rendering.sample_values())
    return message.html, message.text


@pytest.fixture
def review(app: Flask) -> Review:
    """What Ada wrote, of which staff picked some words."""
    samples.fill(shop.samples)
    order = order_of("Ada", 1001)
    fulfilment.ship(order, carrier="UPS", by="Fay")
    draft = Draft(
        stars=4, title="Good", body="It reaches the spot. Mostly.", name="Ada B.", may_quote=True
    )
    written = reviews.write(orders.get(order).lines[0].id, draft)
    return testimonials.pick(written.id, "It reaches the spot.", by="ed@shop.example")


def test_a_quotation_is_a_real_one_and_goes_when_its_writer_takes_it_back(review: Review) -> None:
    for directive in ("::testimonial", f'::testimonial{{review="{review.id}"}}'):
        for part in both_parts(directive):
            assert "It reaches the spot." in part
            assert "Mostly" not in part
            assert "Ada B., who gave it 4 of 5 stars." in part
            assert f"http://localhost:8000/products/ql-claw/reviews#review-{review.id}" in part
    assert cards.holes(markup.parse('::testimonial{review="99"}')) == [
        "No review that may be quoted fits here"
    ]
    testimonials.drop(review.id)
    for part in both_parts("::testimonial"):
        assert "It reaches" not in part


def test_a_picture_has_its_size_and_words_for_whoever_sees_none(app: Flask) -> None:
    shown = media.add(photograph(1200, 600), alt="The tool on a mat", file="a.jpg", by="ed")
    given = f'::picture{{name="{shown.name}" href="/products/ql-claw" caption="On a mat."}}'
    html, text = both_parts(given)
    assert f'src="http://localhost:8000{shown.url}"' in html
    assert 'alt="The tool on a mat" width="536" height="268"' in html
    assert '<a href="http://localhost:8000/products/ql-claw"' in html
    assert "[The tool on a mat]\nOn a mat.\nhttp://localhost:8000/products/ql-claw" in text
    assert cards.holes(markup.parse('::picture{name="none"}')) == [
        "There is no picture called none"
    ]


def test_the_newest_posts_are_pulled_in(app: Flask) -> None:
    samples.fill(blog.samples)
    latest = teasers.latest(2)
    for part in both_parts('::posts{count="2"}'):
        for post in latest:
            assert f"http://localhost:8000/blog/{post.slug}" in part
        assert part.count("http://localhost:8000/blog/") == 2
    with pytest.raises(BadLetter, match="from 1 to 10"):
        compiled('::posts{count="all"}')


def test_two_columns_stand_side_by_side_and_in_text_one_below_the_other(app: Flask) -> None:
    html, text = both_parts("::columns\n\nLeft.\n\n::column\n\nRight.\n\n::end\n\nBelow.")
    left, right = html.index("Left."), html.index("Right.")
    assert html[left:right].count("<td") == html[left:right].count("</td>") == 1
    assert html.index("</table>", right) < html.index("Below.")
    assert text.startswith("Left.\n\nRight.\n\nBelow.")
    for wrong in ("::columns\n\nLeft.", "::end", "::column", "- ::columns\n- ::column\n- ::end"):
        with pytest.raises(BadLetter, match="two columns"):
            compiled(wrong)


def test_a_button_in_mail_is_a_cell_that_no_program_shrinks(app: Flask) -> None:
    directive = '::button{href="/pain-finder" label="Open it"}'
    assert 'bgcolor="#205c40"' in both_parts(directive)[0]
    assert "<table" not in rendering.on_the_web(directive)


def test_a_post_is_named_by_the_letter_or_itself_and_none_is_not_shown(app: Flask) -> None:
    samples.fill(shop.samples, blog.samples)
    named = compiled('::post{slug="psoas-trigger-points" title="The psoas"}')
    assert "The psoas\n" in named.fill(rendering.sample_values()).text
    itself = compiled('::post{slug="psoas-trigger-points"}').fill(rendering.sample_values())
    assert "Psoas trigger points: can a hip flexor" in itself.text
    gone = compiled('::post{slug="no-such-post"}').fill(rendering.sample_values())
    assert "no-such-post" not in gone.html + gone.text


def test_the_foot_says_why_and_how_to_leave(app: Flask) -> None:
    values = rendering.sample_values() | {"unsubscribe_url": "https://shop.example/u/1?a=1&b=2"}
    message = compiled("Hello").fill(values)
    assert "because you confirmed reader@example.com" in message.text
    assert "https://shop.example/u/1?a=1&b=2" in message.text
    assert 'href="https://shop.example/u/1?a=1&amp;b=2"' in message.html


def test_a_subject_may_greet_the_reader(app: Flask) -> None:
    message = compiled("Hello", subject="For you, {{ name }}").fill(rendering.sample_values())
    assert message.subject == "For you, there"


def test_a_skeleton_comes_back_from_storage_as_it_was(app: Flask) -> None:
    skeleton = compiled("Hello {{ name }}")
    html, text = rendering.store_parts(skeleton)
    restored = rendering.restore("Hello", html, text)
    assert (restored.html, restored.text) == (skeleton.html, skeleton.text)


def test_plain_text_reads_like_a_letter() -> None:
    assert plain("Dear *you*,\n\n- one\n- two\n\n3. three\n4. four") == (
        "Dear *you*,\n\n- one\n- two\n\n3. three\n4. four"
    )
    assert plain("## Title\n\n> said\n\n---\n\n`code`") == "Title\n-----\n\n> said\n\n* * *\n\ncode"
    assert plain("Warmly,\nthe editors") == "Warmly,\nthe editors"
    assert plain("a " * 60).count("\n") == 1


def test_links_are_numbered_once_and_listed() -> None:
    text = plain("[a](/x), [b](/y), [again](/x), <https://z.example>")
    assert text == (
        "a [1], b [2], again [1], https://z.example\n\n"
        "[1] https://shop.example/x\n[2] https://shop.example/y"
    )


def test_a_letter_on_the_web_greets_anybody(app: Flask) -> None:
    assert str(rendering.on_the_web("Hello {{ name }},")) == "<p>Hello there,</p>\n"


def test_a_letter_s_subject_is_its_title_unless_it_has_one_of_its_own(app: Flask) -> None:
    letter = compiled("Hello.", "For {{ name }}").fill(rendering.sample_values() | {"name": "A<b"})
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", letter.html) == ["For A&lt;b"]
    assert letter.subject == "For A<b"
    own = compiled("# The chair\n\nHello.", "For you").fill(rendering.sample_values())
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", own.html) == ["The chair"]
    parts = [Part(f"Letter {n}", "", "Hello.", f"sequence:{n}") for n in (1, 2)]
    together = rendering.compile_together(parts).fill(rendering.sample_values())
    titles = re.findall(r"<(h\d)[^>]*>(.*?)</h\d>", together.html)
    assert titles == [("h1", "2 letters in one"), ("h2", "Letter 1"), ("h2", "Letter 2")]
