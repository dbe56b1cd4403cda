"""What hostile people write does nothing, in posts, comments and letters.

The corpus is read by html5lib as a browser would, which is not the parser that cleans.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from blog import comments, markdown, posts
from blog.models import Post
from blog.posts import Draft
from blog.views import articles
from newsletter import rendering
from newsletter.markup import BadLetter

pytestmark = pytest.mark.one_database

CORPUS = Path(__file__).with_name("hostile.txt")
LONG = 2000
SHAPES = [
    *("[" * LONG, "![" * LONG, "](" * LONG, "[a](" * LONG, "<" * LONG, "`" * LONG + "a"),
    *("*a_" * LONG, "**a " * LONG, "~~" * LONG, "&" * LONG, "\\" * LONG, "a@" * LONG),
    *("> " * LONG + "x", "- " * LONG + "x", "1. " * LONG + "x", "\t" * LONG + "x"),
    *("[^1]" * LONG, "[^1]: [^1]\n" * 300, "|" * LONG + "\n" + "|-" * LONG, "# " * LONG),
    *(':::callout{kind="note" title="x"}\n' * 400, ":" * LONG, "::a{" + 'b="c" ' * LONG),
    *("<a " + "b=c " * LONG, "<!--" * LONG, "{" * LONG, "\n\n".join(["- a", "> b"] * 300)),
    *("".join(f"<{'b' * n}>" for n in range(200)), "x" * 20 * LONG, "http://" + "a." * LONG),
]
"""Texts that are slow to read for whoever reads them carelessly."""

ACTIVE = {
    *("script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "button"),
    *("base", "meta", "link", "template", "noscript", "video", "audio", "marquee", "textarea"),
    *("body", "html", "head", "frame", "frameset", "applet", "select", "details", "xmp"),
}
SCHEMES = {"", "http", "https", "mailto"}


def test_what_acts_is_seen_where_nobody_cleans() -> None:
    for html in ("<svg onload=x>", "<a href='java\tscript:x'>y</a>", "<p style='x'>", "<base>"):
        assert acts(html), html


def test_a_post_holds_nothing_that_acts() -> None:
    assert {name: acts(markdown.render(text).html) for name, text in vectors().items()} == {
        name: [] for name in vectors()
    }


def test_a_letter_holds_nothing_that_acts(app: Flask) -> None:
    with app.test_request_context():
        found = {name: acts(letter(text)) for name, text in vectors().items()}
    assert found == {name: [] for name in vectors()}


def test_a_page_shows_a_hostile_post_and_the_page_is_still_ours(app: Flask) -> None:
    fine = [text for text in vectors().values() if not markdown.render(text).problems]
    title = '</title><script>alert(1)</script>"onload=alert(1)'
    hostile = Draft(
        slug="hostile", title=title, summary=title, author=title, body="\n\n".join(fine)
    )
    post = posts.save(hostile, by="ada@shop.example")
    with app.test_request_context():
        page = html5lib.parse(articles.show(post), namespaceHTMLElements=False)
    scripts = [each.get("src") or each.get("type") for each in page.iter("script")]
    assert scripts
    assert all(each == "application/ld+json" or "/static/" in str(each) for each in scripts)
    assert handlers(page) == []


def test_a_comment_is_its_own_words_and_nothing_else(
    client: FlaskClient, publish: Callable[..., Post]
) -> None:
    post = publish("hostile")
    written = [text.strip() for text in vectors().values() if text.strip()]
    for text in written:
        taken = comments.submit(post.id, name=text[:40], email=None, body=text)
        comments.approve(taken.id, by="ada@shop.example")
    page = html5lib.parse(client.get(f"/blog/{post.slug}").text, namespaceHTMLElements=False)
    shown = [each for each in page.iter("article") if each.get("class") == "comment"]
    assert len(shown) == len(written)
    for comment, text in zip(shown, written, strict=True):
        answer = comment.findall("p")[-1]  # the link to answer it, which is ours
        comment.remove(answer)
        assert {each.tag for each in comment.iter()} <= {"article", "p", "b", "br", "time"}
        words = "".join("".join(p.itertext()) for p in comment.findall("p")[1:])
        assert "".join(words.split()) == "".join(text.split())


def test_no_text_is_too_much(app: Flask) -> None:
    with app.test_request_context():
        for shape in SHAPES:
            assert acts(markdown.render(shape).html) == [], shape[:12]
            assert acts(letter(shape)) == [], shape[:12]


@settings(max_examples=60)
@given(st.lists(st.integers(min_value=0), min_size=2, max_size=4), st.data())
def test_no_mixture_of_what_is_hostile_acts(chosen: list[int], data: st.DataObject) -> None:
    every = list(vectors().values())
    parts = [every[number % len(every)] for number in chosen]
    cuts = [data.draw(st.integers(0, len(part))) for part in parts]
    mixed = "".join(part[:cut] for part, cut in zip(parts, cuts, strict=True))
    assert acts(markdown.render(mixed).html) == []


def vectors() -> dict[str, str]:
    """The corpus by name."""
    _, *parts = ("\n" + CORPUS.read_text(encoding="utf-8")).split("\n%% ")
    return dict(part.split("\n", 1) for part in parts)


def letter(text: str) -> str:
    """A letter as everybody sees it; nothing where it is refused."""
    try:
        return str(rendering.on_the_web(text))
    except BadLetter:
        return ""


def acts(html: str) -> list[str]:
    """What acts, at once or when a script reads it and writes it back."""
    once = html5lib.parseFragment(html, namespaceHTMLElements=False)
    again = html5lib.serialize(once, omit_optional_tags=False, quote_attr_values="always")
    found = []
    for read in (once, html5lib.parseFragment(again, namespaceHTMLElements=False)):
        tags = {str(each.tag).rpartition("}")[2] for each in read.iter()}
        found += [*sorted(tags & ACTIVE), *handlers(read)]
    return found


def handlers(tree: ET.Element) -> list[str]:
    """What would act: handlers, styles, addresses that are scripts."""
    found = []
    for each in tree.iter():
        for name, value in each.attrib.items():
            plain = "".join(letter for letter in value if letter > " ")
            acts = name.startswith("on") or name in {"style", "srcdoc", "formaction", "ping"}
            if name in {"href", "src", "action", "poster", "data"}:
                acts = urlsplit(plain).scheme.lower() not in SCHEMES
            if acts:
                found.append(f"{each.tag} {name}={value}")
    return found
