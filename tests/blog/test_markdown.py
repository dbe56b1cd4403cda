"""What writers write becomes clean HTML, and what is wrong with it becomes a sentence for them."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog import markdown

SAFE = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a"),
    *("h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption", "sup", "div", "section"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class Reading(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def problems(text: str) -> list[tuple[int, str]]:
    return [(found["line"], found["message"]) for found in markdown.render(text).problems]


def assert_harmless(html: str) -> None:
    seen = Reading(html)
    assert set(seen.tags) <= SAFE
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in ("href", "src"):
            assert value.split(":")[0].lower() not in ("javascript", "data", "vbscript"), value


HOSTILE = st.sampled_from(
    [
        *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg onload=x>", "<style>"),
        *(
            "[a](javascript:alert(1))",
            "![a](data:text/html,x)",
            "[a](JaVaScRiPt:x)",
            "&#x3c;",
            "&lt;",
        ),
        *("<a href='vbscript:x'>", '" onclick="x', "[x]: javascript:y", "`<b>`", "<!--", "-->"),
        *(':::callout{kind="doctor" title="<b onclick=x>"}', ":::", '::product{slug="<script>"}'),
        *(
            '::figure{name="a" caption="<img onerror=x>" alt="x"}',
            ':::steps{title="\'><i>"}',
            "::",
            "::::",
        ),
        *(
            "[^1]",
            "[^1]: <script>",
            "| a | b |",
            "|---|:-:|",
            "# x",
            "###### y",
            "\n",
            "\n\n",
            " ",
            "1. ",
        ),
        *(
            '<div data-slot="0"></div>',
            "\x00",
            "**",
            "~~~",
            '![x](/a "<script>")',
            "> ",
            "- ",
            "    ",
        ),
    ]
)


@given(st.lists(st.one_of(HOSTILE, st.text(max_size=12)), max_size=24))
def test_no_text_makes_anything_that_runs(parts: list[str]) -> None:
    rendered = markdown.render("".join(parts))
    assert_harmless(rendered.html)
    holes = rendered.html.count("<div data-slot=")
    assert holes == len(rendered.slots)


@given(st.lists(st.one_of(HOSTILE, st.text(max_size=12)), max_size=12))
def test_the_plain_words_of_a_text_are_never_more_than_were_written(parts: list[str]) -> None:
    text = "".join(parts)
    assert markdown.render(text).words <= len(text)


def test_markup_is_shown_and_not_obeyed() -> None:
    html = markdown.render("Press <b>here</b> & there.").html
    assert html == "<p>Press &lt;b&gt;here&lt;/b&gt; &amp; there.</p>\n"


def test_a_leaf_leaves_a_slot_that_is_filled_when_it_is_shown() -> None:
    rendered = markdown.render('Before.\n\n::product{slug="ql-claw"}\n\nAfter.')
    assert rendered.slots == [{"name": "product", "given": {"slug": "ql-claw"}}]
    filled = markdown.fill(rendered.html, lambda number: f"<b>{number}</b>")
    assert filled == "<p>Before.</p>\n<b>0</b>\n<p>After.</p>\n"


def test_a_slot_cannot_be_forged() -> None:
    rendered = markdown.render('<div data-slot="0"></div>')
    assert markdown.fill(rendered.html, lambda _: "filled") == rendered.html


def test_a_block_frames_the_markdown_in_it() -> None:
    html = markdown.render(
        ':::callout{kind="doctor" title="Stop & think"}\nNow **please**.\n:::'
    ).html
    assert '<div class="callout callout-doctor" role="note">' in html
    assert '<p class="callout-title">Stop &amp; think</p>' in html
    assert "<p>Now <strong>please</strong>.</p>\n</div>" in html


def test_a_block_may_hold_another_with_fewer_colons() -> None:
    text = (
        '::::callout{kind="note" title="A"}\n:::steps{title="B"}\n1. One\n:::\nEnd.\n::::\nAfter.'
    )
    rendered = markdown.render(text)
    assert rendered.problems == []
    assert rendered.html.index("End.") < rendered.html.index("</div>\n<p>After.")


def test_the_words_of_a_step_stand_in_one_box() -> None:
    html = markdown.render(':::steps{title="Try"}\n1. **Lie down** on it.\n2. Breathe.\n:::').html
    assert "<li>\n<p><strong>Lie down</strong> on it.</p>\n</li>" in html


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Fine.\n\n::produkt{}", 3, "there is no directive 'produkt'"),
        ("::product", 1, "product needs slug"),
        ('::product{slug="ql-claw" size="2"}', 1, "product has no attribute 'size'"),
        ('::product{slug="QL Claw"}', 1, "'QL Claw' is not a name"),
        ('::product{slug="a" slug="b"}', 1, "given twice"),
        ("::product{slug=ql-claw}", 1, "cannot read 'slug=ql-claw'"),
        ('::product slug="ql-claw"', 1, "attributes stand in braces"),
        ('::muscle-chart{muscle="biceps"}', 1, "there is no muscle 'biceps'"),
        ('::button{href="javascript:x" label="Go"}', 1, "is not an address"),
        ('::button{href="//evil.example" label="Go"}', 1, "is not an address"),
        (':::callout{kind="scream" title="A"}\n:::', 1, "must be one of doctor, note, evidence"),
        (':::steps{title="A"}\n1. One', 1, "steps is never closed"),
        ("One.\n\n:::\n\nTwo.", 3, "closes nothing"),
        ("# Title", 1, "begins with ##"),
        ("#### Deep", 1, "needs one above it"),
        ("As shown.[^lu]", 1, "there is no note [^lu]"),
        ("Text.\n\n[^lu]: Lu 2022.", 1, "[^lu] is never referred to"),
        ("![](/media/x.jpg)", 1, "needs its words"),
        ("![x](https://elsewhere.example/x.jpg)", 1, "must be on this site"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str) -> None:
    (found,) = problems(text)
    assert found[0] == line
    assert message in found[1]


def test_a_wrong_directive_leaves_the_rest_whole() -> None:
    rendered = markdown.render('One.\n\n:::callout{kind="x"}\nTwo.\n:::\n\nThree.')
    assert rendered.html == "<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>\n"


def test_headings_have_anchors_that_are_free_and_make_the_contents() -> None:
    rendered = markdown.render("## Café *au lait*\n\n### Café au lait\n\n## Comments\n\n## !\n")
    assert [(h["level"], h["anchor"]) for h in rendered.contents] == [
        (2, "cafe-au-lait"),
        (3, "cafe-au-lait-2"),
        (2, "comments-2"),
        (2, "section"),
    ]
    assert '<h2 id="comments-2">Comments</h2>' in rendered.html


def test_notes_are_numbered_and_lead_back_to_each_reference() -> None:
    html = markdown.render("One.[^a] Two.[^b] Again.[^a]\n\n[^a]: First.\n[^b]: Second.").html
    assert html.count('href="#note-1"') == 2
    assert '<li id="note-1"><p>First.' in html
    assert 'href="#ref-1"' in html
    assert 'href="#ref-1-2"' in html
    assert 'id="ref-1-2"' in html


def test_a_picture_alone_is_a_figure_with_its_caption() -> None:
    html = markdown.render('![A hip.](/media/hip.jpg "The hip, from behind")').html
    assert html.startswith("<figure><img")
    assert "<figcaption>The hip, from behind</figcaption></figure>" in html
    assert 'loading="lazy"' in html


def test_links_elsewhere_tell_nothing_of_the_window_they_came_from() -> None:
    html = markdown.render("[a](https://a.example) [b](/blog/) [c](mailto:a@b.example)").html
    assert html.count('rel="noopener"') == 1


def test_columns_are_aligned_by_class() -> None:
    html = markdown.render("| a | b |\n|---|--:|\n| 1 | 2 |\n").html
    assert '<th class="align-right" scope="col">b</th>' in html
    assert '<td class="align-right">2</td>' in html


def test_a_table_with_an_empty_corner_has_row_headers() -> None:
    html = markdown.render("| | b |\n|---|---|\n| one | 2 |\n").html
    assert "<td></td>" in html
    assert '<th scope="col">b</th>' in html
    assert '<th scope="row">one</th>' in html


def test_quotes_are_set_as_printers_do() -> None:
    assert markdown.render('It\'s "here".').html == "<p>It’s “here”.</p>\n"


def test_words_are_counted_without_notes() -> None:
    rendered = markdown.render("## Two words\n\nThree more *words*.[^a]\n\n[^a]: Not these four.")
    assert rendered.words == 5
