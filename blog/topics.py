"""The subjects under which posts are gathered."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from blog.models import Post, Topic
from core import db


def every() -> Sequence[Topic]:
    """All topics, in their order."""
    with db.reading() as session:
        return session.scalars(select(Topic).order_by(Topic.position)).all()


def with_posts() -> Sequence[Topic]:
    """The topics under which a post can be read now."""
    in_use = Post.topics.and_(Post.readable())
    with db.reading() as session:
        statement = select(Topic).join(in_use).distinct().order_by(Topic.position)
        return session.scalars(statement).all()


def by_slug(slug: str) -> Topic | None:
    """The topic of that address, if there is one."""
    with db.reading() as session:
        return session.scalar(select(Topic).where(Topic.slug == slug))


def named(slugs: Collection[str]) -> list[Topic]:
    """The topics of these addresses. Raises `LookupError` naming one that there is none of."""
    with db.reading() as session:
        found = session.scalars(select(Topic).where(Topic.slug.in_(slugs))).all()
    unknown = set(slugs) - {topic.slug for topic in found}
    if unknown:
        raise LookupError(f"there is no topic {min(unknown)!r}")
    return list(found)


def save(slug: str, *, title: str, summary: str, position: int) -> Topic:
    """Make a topic, or change the one of that address."""
    with db.transaction() as session:
        topic = by_slug(slug) or Topic(slug=slug)
        topic.title, topic.summary, topic.position = title, summary, position
        session.add(topic)
    return topic
