"""The blog as a feed (Atom, RFC 4287)."""

import re
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from blog import markdown
from blog.models import Post
from core import clock, config, settings

_ATOM = "http://www.w3.org/2005/Atom"


def atom(posts: Sequence[Post]) -> bytes:
    """A feed of these posts, in full but for what a feed reader cannot show."""
    site, store = config.current().site_url, settings.store()
    feed = ET.Element("feed", xmlns=_ATOM, attrib={"xml:lang": "en-US"})
    _add(feed, "id", f"{site}/blog/")
    _add(feed, "title", store.blog_name)
    _add(feed, "updated", _newest(posts).isoformat())
    ET.SubElement(feed, "link", rel="self", href=f"{site}/blog/feed.xml")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{site}/blog/")
    for post in posts:
        _entry(feed, post, site)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _entry(feed: ET.Element, post: Post, site: str) -> None:
    address = f"{site}/blog/{post.slug}"
    published = post.published_at or post.created_at
    entry = ET.SubElement(feed, "entry")
    # The number outlives a change of the address, so that nobody is shown a post twice.
    _add(entry, "id", f"{site}/blog/?post={post.id}")
    _add(entry, "title", post.title)
    _add(entry, "published", published.isoformat())
    _add(entry, "updated", max(post.updated_at, published).isoformat())
    _add(entry, "summary", post.summary)
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=address)
    _add(ET.SubElement(entry, "author"), "name", post.author)
    content = _add(entry, "content", _standalone(post.html, address, site))
    content.set("type", "html")


def _standalone(html: str, address: str, site: str) -> str:
    """`html` without slots, its links leading to the site from wherever it is read."""
    bare = markdown.fill(html, lambda _: "")
    bare = re.sub(r'href="/(?!/)', f'href="{site}/', bare)
    return re.sub(r'href="#', f'href="{address}#', bare)


def _newest(posts: Sequence[Post]) -> datetime:
    return max((post.updated_at for post in posts), default=clock.now())


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    # Control characters have no place in XML 1.0.
    child.text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\U0010ffff]", "", text)
    return child
