"""Every kind of page: whole, valid in what can be checked quickly, the same for all, and quick."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from blog import anatomy, finder
from core import db
from shop import catalog, stock

pytestmark = pytest.mark.one_database

POSTS = (
    "referred-back-pain",
    "5-muscles-contributing-to-your-low-back-pain",
    "psoas-trigger-points",
    "ql-and-psoas-muscles",
)
PAGES = (
    "/",
    "/blog/",
    "/blog/topics/evidence",
    "/blog/search?q=psoas",
    "/blog/search",
    *(f"/blog/{slug}" for slug in POSTS),
    "/pain-finder",
    "/pain-finder/low-back",
    "/pain-finder/temple",
    "/muscles/",
    "/muscles/psoas-major",
    "/muscles/rectus-abdominis",
    "/muscles/tibialis-anterior",
    "/pages/safety",
    "/pages/terms",
)


class Page(HTMLParser):
    """What a page holds: its tags with their attributes, and its JSON-LD."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.described: list[dict[str, Any]] = []
        self._describing = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._describing = ("type", "application/ld+json") in attrs

    def handle_data(self, data: str) -> None:
        if self._describing:
            self.described.append(json.loads(data))
            self._describing = False

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and wanted.items() <= attributes.items()
        ]

    def values(self, *names: str) -> list[str]:
        return [
            attributes[name] for _, attributes in self.tags for name in names if name in attributes
        ]


@contextmanager
def queries() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def test_a_page_is_whole(reader: FlaskClient) -> None:
    for path in PAGES:
        answer = reader.get(path)
        assert answer.status_code == 200, path
        page = Page(answer.text)
        assert len(page.all("h1")) == 1
        (canonical,) = page.all("link", rel="canonical")
        assert canonical["href"] == f"http://localhost:8000{path.partition('?')[0]}"
        (description,) = page.all("meta", name="description")
        assert 10 < len(description["content"]) < 300
        assert page.all("meta", property="og:title")
        titles = re.findall(r"<title>(.*?)</title>", answer.text.partition("</head>")[0])
        assert len(titles) == 1


def test_a_page_has_nothing_inline_and_ids_that_fit(reader: FlaskClient) -> None:
    for path in PAGES:
        page = Page(reader.get(path).text)
        assert page.values("style") == [], path
        assert not [
            name for _, attributes in page.tags for name in attributes if name.startswith("on")
        ]
        for script in page.all("script"):
            assert "src" in script or script["type"] == "application/ld+json"
        ids = Counter(page.values("id"))
        assert [name for name, count in ids.items() if count > 1] == [], path
        named = page.values("aria-labelledby", "aria-describedby", "for")
        assert {name for names in named for name in names.split()} <= set(ids), path
        within = [
            href[1:] for href in page.values("href") if href.startswith("#") and len(href) > 1
        ]
        assert set(within) <= set(ids), path


def test_a_page_is_the_same_for_everybody(reader: FlaskClient) -> None:
    for path in PAGES:
        answer = reader.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert answer.headers["Cache-Control"].startswith("public, max-age=0, s-maxage=")


def test_a_page_asks_the_database_at_most_five_times(reader: FlaskClient) -> None:
    for path in PAGES:
        with queries() as asked:
            reader.get(f"{path}{'&' if '?' in path else '?'}fresh=1")
        selects = [statement for statement in asked if statement.startswith("SELECT")]
        assert len(selects) <= 5, "\n\n".join([path, *selects])


def test_links_within_the_site_lead_somewhere(reader: FlaskClient) -> None:
    for path in PAGES:
        page = Page(reader.get(path).text)
        ours = ("/blog", "/muscles", "/pain-finder", "/pages", "/products", "/static")
        paths = {value.partition("#")[0].partition("?")[0] for value in page.values("href", "src")}
        for target in sorted(path for path in paths if path.startswith(ours)):
            assert reader.get(target).status_code == 200, target


def test_a_post_is_described_to_search_engines(reader: FlaskClient) -> None:
    page = Page(reader.get("/blog/psoas-trigger-points").text)
    posting, crumbs = page.described
    assert posting["@type"] == "BlogPosting"
    assert posting["datePublished"] == "2026-11-24T00:00:00+00:00"
    assert posting["author"]["name"] == "The QL Blawg editors"
    assert "editor" not in posting
    assert [step["name"] for step in crumbs["itemListElement"]][:2] == ["Home", "Blog"]


def test_a_post_shows_its_parts(reader: FlaskClient) -> None:
    text = reader.get("/blog/psoas-trigger-points").text
    page = Page(text)
    assert "By The QL Blawg editors" in text
    assert "Not reviewed by a clinician" in text
    assert re.search(r"\d min read", text)
    assert page.all("nav", **{"class": "toc"})
    assert page.all("div", **{"class": "callout callout-doctor"})
    assert page.all("section", role="doc-endnotes")
    assert len(page.all("svg", role="img")) >= 1
    assert page.all("a", href="/blog/topics/hip-flexors")
    assert page.all("section", **{"class": "read-next"})
    assert page.all("form", action="/blog/psoas-trigger-points/comments")
    assert page.all("form", action="/newsletter/subscribe")


def test_the_tool_in_a_post_tells_where_it_was_seen(reader: FlaskClient) -> None:
    page = Page(reader.get("/blog/psoas-trigger-points").text)
    assert page.all("a", href="/products/ql-claw?from=post:psoas-trigger-points")
    text = reader.get("/blog/psoas-trigger-points").text
    assert "$89.00" in text


def test_the_tool_in_a_post_tells_of_the_letter_that_led_to_the_post(reader: FlaskClient) -> None:
    page = Page(reader.get("/blog/psoas-trigger-points?from=newsletter:12&utm_source=x").text)
    way = "newsletter:12,post:psoas-trigger-points"
    assert page.all("a", href=f"/products/ql-claw?from={way}")
    onward = [a["href"] for a in page.all("a") if a.get("href", "").endswith(f"?from={way}")]
    assert sum(href.startswith("/blog/") for href in onward) > 3
    plain = Page(reader.get("/blog/psoas-trigger-points").text).all("a")
    assert not any("/blog/" in a.get("href", "") and "from=" in a["href"] for a in plain)
    forged = reader.get("/blog/psoas-trigger-points?from=%22%3E%3Cb%3E").text
    assert "?from=post:psoas-trigger-points" in forged


def test_the_tool_beside_a_muscle_does_not_tell_which_it_was(reader: FlaskClient) -> None:
    page = Page(reader.get("/muscles/psoas-major").text)
    assert page.all("a", href="/products/ql-claw?from=muscles")


def test_the_first_page_begins_with_the_thought_and_the_figure(reader: FlaskClient) -> None:
    text = reader.get("/").text
    page = Page(text)
    assert (
        text.index("It hurts here.") < text.index("finder-figure") < text.index("A tool you lie on")
    )
    assert page.all("a", **{"data-region": "low-back"})
    assert len(page.all("article", **{"class": "post-card"})) == 3
    assert "$89.00" in text


def test_the_finder_speaks_of_danger_before_anything_else(reader: FlaskClient) -> None:
    for path, answer in (("/pain-finder", "data-region="), ("/pain-finder/low-back", "candidate")):
        text = reader.get(path).text
        assert text.index("Call your emergency number") < text.index(answer)


def test_every_place_of_the_body_has_a_page_and_stands_in_the_list(reader: FlaskClient) -> None:
    page = Page(reader.get("/pain-finder").text)
    listed = {link["href"] for link in page.all("a") if "data-region" in link}
    assert listed == {f"/pain-finder/{region}" for region in anatomy.regions()}
    for region in anatomy.regions():
        assert reader.get(f"/pain-finder/{region}").status_code == 200
    assert reader.get("/pain-finder/elbow-of-the-mind").status_code == 404


def test_no_choice_is_ever_in_an_address(reader: FlaskClient) -> None:
    page = Page(reader.get("/pain-finder").text)
    assert not [link for link in page.all("a") if "data-region" in link and "?" in link["href"]]
    assert {form["action"] for form in page.all("form")} == {"/newsletter/subscribe"}


def test_every_muscle_has_a_page_that_warns_before_it_advises(reader: FlaskClient) -> None:
    for muscle in anatomy.muscles().values():
        answer = reader.get(f"/muscles/{muscle.id}")
        assert answer.status_code == 200
        assert answer.text.index('id="else"') < answer.text.index('id="pressing"')
    assert reader.get("/muscles/biceps").status_code == 404


def test_where_nothing_is_to_be_pressed_there_is_no_talk_of_numbers(reader: FlaskClient) -> None:
    left_alone = reader.get("/muscles/pelvic-floor").text
    assert "in the advice against a tool high" in left_alone
    pressed = reader.get("/muscles/psoas-major").text
    for words in ("The numbers on pressing", "Stop at"):
        assert words not in left_alone
        assert words in pressed


def test_the_tool_is_offered_only_where_it_belongs(reader: FlaskClient) -> None:
    for muscle in anatomy.muscles().values():
        main = reader.get(f"/muscles/{muscle.id}").text.partition("<main")[2].partition("</main")[0]
        offered = "/products/" in main
        assert offered == finder.tool_belongs(muscle), muscle.id
        if not anatomy.may_be_pressed(muscle):
            assert not offered
            assert "No rigid tool belongs on this muscle." in main


def test_urgent_look_alikes_come_first(reader: FlaskClient) -> None:
    text = reader.get("/muscles/quadratus-lumborum").text
    assert text.index("Abdominal aortic aneurysm") < text.index("Kidney stone or kidney infection")
    assert text.index("Kidney stone or kidney infection") < text.index("Sacroiliac joint pain")


def test_search_says_when_nothing_was_found_and_is_not_indexed(reader: FlaskClient) -> None:
    answer = reader.get("/blog/search?q=<b>unicorn</b>")
    assert "No post has these words" in answer.text
    assert "<b>unicorn" not in answer.text
    assert Page(answer.text).all("meta", name="robots", content="noindex")


def test_the_first_page_of_the_blog_fills_its_rows_below_the_latest_post(
    reader: FlaskClient,
) -> None:
    first = reader.get("/blog/").text
    assert first.count('class="post-card"') == 1 + 12
    older = re.search(r"/blog/\?after=\d+", first)
    assert older is not None
    assert "post-lead" not in reader.get(older[0]).text


def test_an_empty_blog_says_what_to_do(client: FlaskClient) -> None:
    assert "Nothing here yet" in client.get("/blog/").text
    assert client.get("/").status_code == 200
    assert client.get("/pages/safety").status_code == 404


def test_unknown_addresses_are_not_found(reader: FlaskClient) -> None:
    for path in ("/blog/unknown", "/blog/topics/unknown", "/pages/unknown"):
        assert reader.get(path).status_code == 404


def test_a_sold_out_tool_says_so_in_the_post(reader: FlaskClient) -> None:
    assert "Sold out" not in reader.get("/blog/psoas-trigger-points").text
    offer = catalog.on_sale()[0]
    stock.receive(offer.variant_id, -offer.available, by="ada@shop.example", why="counted")
    assert "Sold out" in reader.get("/blog/psoas-trigger-points").text


def test_a_letter_s_way_goes_on_through_a_post_and_a_muscle_to_the_tool(
    reader: FlaskClient,
) -> None:
    """Each page is followed by the link that it shows, as a reader would."""
    page = reader.get("/blog/psoas-trigger-points?from=newsletter:12").text
    muscle = linked(page, "/muscles/psoas-major")
    assert muscle.endswith("?from=newsletter:12,post:psoas-trigger-points")
    product = linked(reader.get(muscle).text, "/products/ql-claw")
    assert product.endswith("?from=newsletter:12,post:psoas-trigger-points,muscles")
    assert 'name="from" value="newsletter:12,post:psoas-trigger-points,muscles"' in (
        reader.get(product).text
    )


def test_a_post_s_way_goes_on_through_the_finder(reader: FlaskClient) -> None:
    """Where it hurt is not in it, and no page remembers who came."""
    place = linked(reader.get("/pain-finder?from=post:the-ql").text, "/pain-finder/low-back")
    answered = reader.get(place)
    assert "set-cookie" not in answered.headers
    muscle = linked(answered.text, "/muscles/quadratus-lumborum")
    assert muscle == "/muscles/quadratus-lumborum?from=post:the-ql,finder"
    assert linked(reader.get(muscle).text, "/products/ql-claw").endswith("the-ql,finder,muscles")


def test_pages_that_nothing_led_to_keep_plain_links_to_posts(reader: FlaskClient) -> None:
    """Search engines read them; what an order would not know otherwise is told all the same."""
    for path in ("/", "/blog/", "/blog/psoas-trigger-points", "/muscles/psoas-major"):
        posts = re.findall(r'href="/blog/[a-z0-9-]+[?"]', reader.get(path).text)
        assert posts
        assert all(each.endswith('"') for each in posts)
    muscle = linked(reader.get("/blog/psoas-trigger-points").text, "/muscles/psoas-major")
    assert muscle.endswith("?from=post:psoas-trigger-points")


def test_the_same_way_is_the_same_page_for_everybody(reader: FlaskClient) -> None:
    for path in (
        "/",
        "/blog/",
        "/pain-finder",
        "/muscles/",
        "/muscles/psoas-major",
        "/pages/safety",
    ):
        answer = reader.get(f"{path}?from=newsletter:12")
        assert "public" in answer.headers["Cache-Control"]
        assert '"from"' in answer.headers["No-Vary-Search"]


def linked(html: str, path: str) -> str:
    """The address of the first link to a path, with what it tells."""
    found = re.search(rf'<a [^>]*href="({re.escape(path)}(?:\?[^"#]*)?)(?:#[^"]*)?"', html)
    assert found, path
    return found[1]
