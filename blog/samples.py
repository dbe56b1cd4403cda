"""Fills an empty blog with the texts in `content/`, through the same verbs as staff."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import frontmatter

from blog import pages, posts, shopify_addresses, topics, wording
from blog.posts import Draft
from core import db, redirects

OLD_BLOG = "/blogs/the-ql-blawg"
"""Where the posts stood in the old shop."""

_WRITER = "sample content"


def seed() -> None:
    """Load topics, posts and pages with their dates, and lead the old shop's addresses to them.

    What is there already stays as it is.
    """
    with db.transaction():
        for position, topic in enumerate(wording.read(wording.CONTENT / "topics.yaml")):
            if topics.by_slug(topic["slug"]) is None:
                topics.save(position=position, **topic)
        for path in sorted((wording.CONTENT / "pages").glob("*.md")):
            _seed_page(path)
        # They lead to each other, so that none is published before all are there.
        written = [_seed_post(path) for path in sorted((wording.CONTENT / "posts").glob("*.md"))]
        for post_id, day in filter(None, written):
            posts.publish(post_id, at=day)
        shopify_addresses.lead_usual_on()


def draft(path: Path) -> Draft:
    """The post that a file with front matter holds."""
    file = frontmatter.load(str(path))
    given: dict[str, Any] = file.metadata
    return Draft(
        slug=given["slug"],
        title=given["title"],
        summary=given["summary"],
        body=file.content,
        author=given["author"],
        reviewer=given["reviewer"],
        pillar=given["pillar"],
        read_next=tuple(given["read_next"]),
        topics=tuple(given["topics"]),
        muscles=tuple(given["muscles"]),
        regions=tuple(given["regions"]),
    )


def _seed_post(path: Path) -> tuple[int, datetime] | None:
    """Save a post that is not there yet; which it is, and when to publish it."""
    wanted = draft(path)
    given: dict[str, Any] = frontmatter.load(str(path)).metadata
    if posts.any_at(wanted.slug):
        return None
    post = posts.save(wanted, by=_WRITER, at=_midnight(given["updated"]))
    redirects.add(f"{OLD_BLOG}/{wanted.slug}", f"/blog/{wanted.slug}")
    return post.id, _midnight(given["published"])


def _seed_page(path: Path) -> None:
    file = frontmatter.load(str(path))
    given: dict[str, Any] = file.metadata
    if pages.by_slug(given["slug"]) is not None:
        return
    pages.save(
        given["slug"],
        title=given["title"],
        summary=given["summary"],
        body=file.content,
        sample=given["sample"],
        by=_WRITER,
        at=_midnight(given["updated"]),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
