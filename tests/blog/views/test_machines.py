"""Feed, map, and what crawlers and finders of weaknesses ask for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import html5lib
import pytest
from flask.testing import FlaskClient

from blog import anatomy, posts
from blog.models import Post
from core import clock, media
from tests.core.images import photograph

pytestmark = pytest.mark.one_database

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
SITE = "http://localhost:8000"


def test_the_feed_is_atom_with_every_post_in_full(reader: FlaskClient) -> None:
    answer = reader.get("/blog/feed.xml")
    assert answer.content_type == "application/atom+xml"
    feed = ET.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == f"{SITE}/blog/"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == len(posts.in_state())
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "").tzinfo is not None
        content = entry.findtext(f"{ATOM}content") or ""
        assert "data-slot" not in content
        assert 'href="/' not in content
        assert 'href="#' not in content


def test_feed_readers_find_in_the_feed_what_posts_are(reader: FlaskClient) -> None:
    feed = feedparser.parse(reader.get("/blog/feed.xml").data)
    assert not feed.bozo
    assert feed.version == "atom10"
    latest = feed.entries[0]
    post = posts.by_slug(latest.link.rpartition("/")[2])
    assert post is not None
    assert (latest.title, latest.author) == (post.title, post.author)
    assert latest.media_thumbnail[0]["url"] == f"{SITE}/blog/{post.slug}/card.jpg"
    assert reader.get(f"/blog/{post.slug}/card.jpg").status_code == 200
    as_json = reader.get("/blog/feed.json").get_json(force=True)["items"][0]
    assert as_json["image"] == latest.media_thumbnail[0]["url"]


def test_pictures_of_a_post_are_seen_in_feed_readers_too(
    client: FlaskClient, publish: Callable[..., Post]
) -> None:
    kept = media.add(photograph(300, 200), alt="A hip", file="a.jpg", by="ed@shop.example")
    figure = f'::figure{{name="{kept.name}" caption="On <the> floor" alt="A hip"}}'
    publish("pictures", body=f"{figure}\n\n![Again]({kept.url})\n\n::finder")
    (entry,) = feedparser.parse(client.get("/blog/feed.xml").data).entries
    page = html5lib.parse(entry.content[0].value, namespaceHTMLElements=False)
    shown = [(each.get("src"), each.get("alt")) for each in page.iter("img")]
    assert shown == [(f"{SITE}{kept.url}", "A hip"), (f"{SITE}{kept.url}", "Again")]
    assert [each.text for each in page.iter("figcaption")] == ["On <the> floor"]


def test_an_entry_keeps_its_name_when_its_address_changes(reader: FlaskClient) -> None:
    post = posts.by_slug("psoas-trigger-points")
    assert post is not None
    before = ids(reader)
    draft = posts.draft_of(posts.get(post.id))
    moved = type(draft)(**{**vars(draft), "slug": "the-psoas"})
    posts.save(moved, by="ada@shop.example", post_id=post.id)
    assert ids(reader) == before


def test_an_empty_feed_is_a_feed(client: FlaskClient) -> None:
    assert ET.fromstring(client.get("/blog/feed.xml").data).findall(f"{ATOM}entry") == []


def test_the_map_names_every_page_and_nothing_that_is_not_there(reader: FlaskClient) -> None:
    root = ET.fromstring(reader.get("/sitemap.xml").data)
    paths = [str(url.findtext(f"{MAP}loc")).removeprefix(SITE) for url in root]
    assert len(paths) == len(set(paths))
    assert {"/", "/blog/", "/pain-finder", "/muscles/", "/products/ql-claw"} <= set(paths)
    assert {"/blog/psoas-trigger-points", "/blog/topics/evidence", "/pages/safety"} <= set(paths)
    images = {
        str(url.findtext(f"{MAP}loc")): url.findtext(f"{IMAGE}image/{IMAGE}loc") for url in root
    }
    assert images[f"{SITE}/blog/psoas-trigger-points"] == (
        f"{SITE}/blog/psoas-trigger-points/card.jpg"
    )
    assert {f"/muscles/{muscle}" for muscle in anatomy.muscles()} <= set(paths)
    for path in paths:
        assert reader.get(path).status_code == 200, path


def test_the_map_names_the_pictures_of_posts_and_products(
    reader: FlaskClient, publish: Callable[..., Post]
) -> None:
    kept = media.add(photograph(300, 200), alt="A hip", file="a.jpg", by="ed@shop.example")
    publish("pictures", body=f"![A hip]({kept.name})\n\n![Again]({kept.url})")
    root = ET.fromstring(reader.get("/sitemap.xml").data)
    images = {
        str(url.findtext(f"{MAP}loc")).removeprefix(SITE): [
            str(each.text).removeprefix(SITE) for each in url.iter(f"{IMAGE}loc")
        ]
        for url in root
    }
    assert images["/blog/pictures"] == ["/blog/pictures/card.jpg", kept.url]
    assert len(images["/products/ql-claw"]) >= 5
    for address in images["/products/ql-claw"]:
        assert reader.get(address).mimetype == "image/jpeg"


def test_a_draft_and_a_post_to_come_are_on_no_map_and_in_no_feed(reader: FlaskClient) -> None:
    first, second, *others = posts.in_state()
    posts.withdraw(first.id)
    posts.publish(second.id, at=clock.now() + timedelta(days=1))
    site, feed = reader.get("/sitemap.xml").text, reader.get("/blog/feed.xml").text
    for post in (first, second):
        assert f"<loc>{SITE}/blog/{post.slug}</loc>" not in site
        assert f'type="text/html" href="{SITE}/blog/{post.slug}"' not in feed
    assert feed.count("<entry>") == len(others)


def test_crawlers_are_kept_from_carts_and_led_to_the_map(reader: FlaskClient) -> None:
    text = reader.get("/robots.txt").text
    assert "Disallow: /staff/" in text
    assert "Disallow: /cart" in text
    assert f"Sitemap: {SITE}/sitemap.xml" in text


def test_a_finder_of_a_weakness_learns_whom_to_tell(reader: FlaskClient) -> None:
    lines = dict(
        line.split(": ", 1) for line in reader.get("/.well-known/security.txt").text.splitlines()
    )
    assert lines["Contact"] == "mailto:help@shop.example"
    ends = datetime.fromisoformat(lines["Expires"])
    assert timedelta(days=170) < ends - datetime.now(UTC) < timedelta(days=365)


def ids(reader: FlaskClient) -> set[str | None]:
    feed = ET.fromstring(reader.get("/blog/feed.xml").data)
    return {entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}


def test_the_feed_is_had_as_json_too(reader: FlaskClient) -> None:
    answer = reader.get("/blog/feed.json")
    assert answer.content_type == "application/feed+json"
    feed = answer.get_json(force=True)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) == 16
    atom = ET.fromstring(reader.get("/blog/feed.xml").data)
    ids = [entry.findtext(f"{ATOM}id") for entry in atom.iter(f"{ATOM}entry")]
    assert [item["id"] for item in feed["items"]] == ids
    for item in feed["items"]:
        assert item["url"].startswith("http")
        assert "data-slot" not in item["content_html"]
        assert item["tags"]
