"""Plain pages: terms, shipping, safety and their like."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import defer

from blog import markdown
from blog.markdown import Unpublishable
from blog.models import Page, Revision
from core import clock, db


def by_slug(slug: str) -> Page | None:
    """The page at this address, if there is one."""
    with db.reading() as session:
        return session.scalar(select(Page).where(Page.slug == slug))


def every() -> Sequence[Page]:
    """All pages by title, without their texts."""
    heavy = defer(Page.body), defer(Page.html)
    with db.reading() as session:
        return session.scalars(select(Page).order_by(Page.title).options(*heavy)).all()


def preview(slug: str, *, title: str, summary: str, body: str) -> Page:
    """The page that this would become, rendered and not saved. Raises `Unpublishable`."""
    page = Page(slug=slug, sample=False, revision=0, updated_at=clock.now())
    return _written(page, title, summary, body)


def save(
    slug: str,
    *,
    title: str,
    summary: str,
    body: str,
    sample: bool = False,
    by: str,
    at: datetime | None = None,
) -> Page:
    """Make the page, or change it, and keep it as a revision.

    Raises `Unpublishable` where a directive in it is wrong, since everybody can read it at once.
    """
    with db.transaction() as session:
        page = by_slug(slug) or Page(slug=slug, revision=0)
        _written(page, title, summary, body)
        page.sample = sample
        page.revision += 1
        page.updated_at = at or clock.now()
        session.add(page)
        session.flush()
        session.add(_revision(page, by))
    return page


def revisions(page_id: int) -> Sequence[Revision]:
    """Every saved state of a page, the newest first."""
    with db.reading() as session:
        statement = select(Revision).where(Revision.page_id == page_id)
        return session.scalars(statement.order_by(Revision.number.desc())).all()


def _written(page: Page, title: str, summary: str, body: str) -> Page:
    """Put a text, and what follows from it, into `page`; nothing of one that is wrong."""
    rendered = markdown.render(body)
    if rendered.problems:
        raise Unpublishable(rendered.problems)
    page.title, page.summary, page.body = title, summary, body
    page.html, page.slots, page.contents = rendered.html, rendered.slots, rendered.contents
    return page


def _revision(page: Page, by: str) -> Revision:
    return Revision(
        page_id=page.id,
        number=page.revision,
        saved_by=by,
        saved_at=page.updated_at,
        slug=page.slug,
        title=page.title,
        summary=page.summary,
        body=page.body,
    )
