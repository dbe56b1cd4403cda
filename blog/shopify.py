"""Articles of a Shopify blog, as the app Matrixify exports them: a row for each, and its comments.

Shopify itself exports no articles. The columns are those of
https://matrixify.app/documentation/blog-posts/.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from blog import posts, topics
from blog.models import Post, Revision
from blog.posts import Draft
from core import arrivals, db, prose, redirects, settings
from core.arrivals import Fate, LeftOut, Tally
from core.slugs import slugify
from core.tables import Row

WHO = "moved from Shopify"
_SUMMARY = 300  # characters
_LONGEST_ADDRESS = 500


@dataclass(frozen=True, kw_only=True)
class _Article:
    """An article as it is told; `blog` and `handle` are its address there."""

    blog: str
    handle: str
    title: str
    author: str
    summary: str
    body: str
    tags: tuple[str, ...]
    published: bool
    published_at: datetime | None
    written_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Readable:
    """A post that everybody could read there, from a moment on, and is yet a draft here."""

    row: Row
    post_id: int
    at: datetime | None


def name(row: Row) -> str:
    """What rows of the same article have in common."""
    return f"{row.text('Blog: Handle')}/{row.text('Handle')}"


def take(rows: Sequence[Row], tally: Tally, ready: list[Readable]) -> Fate:
    """Make the article's post, a draft, or change it; `ready` gets those to be published.

    Its old address leads to it. One that writers here went on with stays theirs. Raises
    `ValueError` and `LeftOut` as `arrivals` asks.
    """
    row, article = rows[0], _article(rows[0])
    slug = slugify(article.handle)[:200].strip("-")
    fate = arrivals.remember("shopify article", name(row), article)
    if fate is Fate.NEW:
        return _take_new(article, slug, row, tally, ready)
    if fate is Fate.CHANGED:
        _change(article, slug)
    return fate


def publish(ready: Sequence[Readable], tally: Tally) -> None:
    """Publish what can be, with its date; the rest stay drafts, and why is noted.

    To be done once everything is here that they lead to.
    """
    for each in ready:
        try:
            with db.attempt():
                posts.publish(each.post_id, at=each.at)
        except ValueError as error:
            tally.note(each.row, f"“{posts.get(each.post_id).title}” stays a draft: {error}")


def _article(row: Row) -> _Article:
    html, blog, handle = row.text("Body HTML"), row.text("Blog: Handle"), row.text("Handle")
    if not blog or not slugify(handle):
        raise ValueError("it names no blog, or no handle that could be an address")
    shown = row.text("Published").lower()
    published_at = row.moment("Published At")
    return _Article(
        blog=blog,
        handle=handle,
        title=row.text("Title")[:300],
        author=row.text("Author")[:200] or settings.store().name,
        summary=prose.beginning(prose.words(row.text("Summary HTML") or html), _SUMMARY),
        body=prose.from_html(html),
        tags=tuple(filter(None, (tag.strip() for tag in row.text("Tags").split(",")))),
        published=shown in ("true", "yes", "1") or (not shown and published_at is not None),
        published_at=published_at,
        written_at=row.moment("Updated At") or published_at,
    )


def _take_new(article: _Article, slug: str, row: Row, tally: Tally, ready: list[Readable]) -> Fate:
    _lead_on(article, slug)
    if posts.any_at(slug):
        tally.note(row, f"a post is at /blog/{slug} already: it stays as it is")
        return Fate.SAME
    named = {slugify(tag) for tag in article.tags}
    draft = Draft(
        slug=slug,
        title=article.title,
        summary=article.summary,
        body=article.body,
        author=article.author,
        topics=tuple(topic.slug for topic in topics.every() if topic.slug in named),
    )
    post = posts.save(draft, by=WHO, at=article.written_at)
    if row.text("Image Src"):
        tally.note(row, f"“{post.title}” has a picture in Shopify: upload it here")
    if article.published:
        ready.append(Readable(row=row, post_id=post.id, at=article.published_at))
    return Fate.NEW


def _change(article: _Article, slug: str) -> None:
    now_at = (redirects.find(f"/blog/{slug}") or f"/blog/{slug}").removeprefix("/blog/")
    with db.transaction() as session:
        post = session.scalar(select(Post).where(Post.slug == now_at))
        if post is None:
            raise LeftOut("deleted here")
        writers = select(Revision.saved_by).where(Revision.post_id == post.id)
        if set(session.scalars(writers)) != {WHO}:
            raise LeftOut("written on here since")
        draft = replace(
            posts.draft_of(post),
            title=article.title,
            summary=article.summary,
            body=article.body,
            author=article.author,
        )
        posts.save(draft, by=WHO, post_id=post.id, at=article.written_at)


def _lead_on(article: _Article, slug: str) -> None:
    """Let the article's address, its blog's and those of its tags lead on."""
    blog = f"/blogs/{article.blog}"
    led = {f"{blog}/{article.handle}": f"/blog/{slug}", blog: "/blog/"}
    led[f"{blog}.atom"] = "/blog/feed.xml"
    for tag in map(slugify, article.tags):
        known = topics.by_slug(tag)
        led[f"{blog}/tagged/{tag}"] = f"/blog/topics/{tag}" if known else "/blog/"
    for path, target in led.items():
        if len(path) <= _LONGEST_ADDRESS and redirects.find(path) is None:
            redirects.add(path, target)
