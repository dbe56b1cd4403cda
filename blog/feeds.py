"""The blog as a feed: Atom (RFC 4287, with Media RSS) and JSON Feed 1.1 (https://jsonfeed.org)."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from blog import cards, markdown
from blog.models import Post
from core import clock, config, settings
from core.web import pictures

_ATOM = "http://www.w3.org/2005/Atom"
_MEDIA = "http://search.yahoo.com/mrss/"


def atom(posts: Sequence[Post]) -> bytes:
    """A feed of these posts, in full but for what a feed reader cannot show."""
    site, store = config.current().site_url, settings.store()
    feed = ET.Element("feed", xmlns=_ATOM, attrib={"xml:lang": "en-US", "xmlns:media": _MEDIA})
    _add(feed, "id", f"{site}/blog/")
    _add(feed, "title", store.blog_name)
    _add(feed, "updated", _newest(posts).isoformat())
    ET.SubElement(feed, "link", rel="self", href=f"{site}/blog/feed.xml")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{site}/blog/")
    for post in posts:
        _entry(feed, post, site)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def json(posts: Sequence[Post]) -> dict[str, Any]:
    """The same feed as JSON, for readers that like it better."""
    site, store = config.current().site_url, settings.store()
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": store.blog_name,
        "home_page_url": f"{site}/blog/",
        "feed_url": f"{site}/blog/feed.json",
        "language": "en-US",
        "items": [_item(post, site) for post in posts],
    }


def _item(post: Post, site: str) -> dict[str, Any]:
    address, published = f"{site}/blog/{post.slug}", post.published_at or post.created_at
    return {
        "id": _lasting(post, site),
        "url": address,
        "title": post.title,
        "summary": post.summary,
        "image": site + cards.path(post.slug),
        "content_html": _standalone(post, address, site),
        "date_published": published.isoformat(),
        "date_modified": max(post.updated_at, published).isoformat(),
        "authors": [{"name": post.author}],
        "tags": [topic.title for topic in post.topics],
    }


def _lasting(post: Post, site: str) -> str:
    """A name that outlives a change of the address, so that nobody is shown a post twice."""
    return f"{site}/blog/?post={post.id}"


def _entry(feed: ET.Element, post: Post, site: str) -> None:
    address = f"{site}/blog/{post.slug}"
    published = post.published_at or post.created_at
    entry = ET.SubElement(feed, "entry")
    _add(entry, "id", _lasting(post, site))
    _add(entry, "title", post.title)
    _add(entry, "published", published.isoformat())
    _add(entry, "updated", max(post.updated_at, published).isoformat())
    _add(entry, "summary", post.summary)
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=address)
    _add(ET.SubElement(entry, "author"), "name", post.author)
    size = {"width": str(cards.WIDTH), "height": str(cards.HEIGHT)}
    ET.SubElement(entry, "media:thumbnail", url=site + cards.path(post.slug), attrib=size)
    content = _add(entry, "content", _standalone(post, address, site))
    content.set("type", "html")


def _standalone(post: Post, address: str, site: str) -> str:
    """The text with its pictures, for wherever it is read; other slots stay empty."""
    bare = markdown.fill(post.html, lambda number: _figure(post.slots[number]))
    bare = re.sub(r'(href|src)="/(?!/)', rf'\1="{site}/', bare)
    return re.sub(r'href="#', f'href="{address}#', bare)


def _figure(slot: dict[str, Any]) -> str:
    given = slot["given"]
    shown = pictures.find(given["name"]) if slot["name"] == "figure" else None
    if shown is None:
        return ""
    words = " ".join(filter(None, (given.get("caption"), given.get("credit"))))
    caption = f"<figcaption>{escape(words)}</figcaption>" if words else ""
    return (
        f'<figure><img src="{shown.url}" alt="{escape(given["alt"])}" width="{shown.width}" '
        f'height="{shown.height}">{caption}</figure>'
    )


def _newest(posts: Sequence[Post]) -> datetime:
    return max((post.updated_at for post in posts), default=clock.now())


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    # Control characters have no place in XML 1.0.
    child.text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\U0010ffff]", "", text)
    return child
