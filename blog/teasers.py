"""Posts as readers find them: the latest, by topic, by muscle, by product."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, and_, cast, false, or_, select
from sqlalchemy.orm import aliased, defer, selectinload

from blog.models import Post, Topic, reading_minutes
from core import db


@dataclass(frozen=True)
class Teaser:
    """A post as lists show it."""

    id: int
    slug: str
    title: str
    summary: str
    published_at: datetime
    words: int
    muscles: list[str]

    @property
    def minutes(self) -> int:
        """How long it takes to read."""
        return reading_minutes(self.words)


def latest(
    count: int = 20, *, after: int | None = None, topic: Topic | None = None
) -> list[Teaser]:
    """Posts by falling date, from below the post `after`."""
    wanted = statement()
    if topic is not None:
        wanted = wanted.where(Post.topics.any(Topic.id == topic.id))
    if after is not None:
        last = aliased(Post)
        older = or_(
            Post.published_at < last.published_at,
            and_(Post.published_at == last.published_at, Post.id < last.id),
        )
        wanted = wanted.join(last, and_(last.id == after, older))
    return _read(wanted.limit(count))


def named(slugs: Sequence[str]) -> list[Teaser]:
    """Those of these posts that everybody can read, in the order of `slugs`."""
    found = {teaser.slug: teaser for teaser in _read(statement().where(Post.slug.in_(slugs)))}
    return [found[slug] for slug in dict.fromkeys(slugs) if slug in found]


def about(muscles: Collection[str], count: int = 6) -> list[Teaser]:
    """Posts that concern one of these muscles, the latest first."""
    # Ids hold no characters that mean something to JSON or to LIKE.
    listed = [cast(Post.muscles, String).contains(f'"{muscle}"') for muscle in muscles]
    return _read(statement().where(or_(false(), *listed)).limit(count))


def by_muscle(each: int = 2) -> dict[str, list[Teaser]]:
    """The latest posts about every muscle, at most so many, among the last few hundred."""
    found: dict[str, list[Teaser]] = {}
    for teaser in latest(_LOOKED_AT):
        for muscle in teaser.muscles:
            listed = found.setdefault(muscle, [])
            if len(listed) < each:
                listed.append(teaser)
    return found


def showing(slug: str, count: int = 6) -> list[Teaser]:
    """Posts in which the product of that slug has a card, the latest first."""
    shown = cast(Post.slots, String).contains(f'"{slug}"', autoescape=True)
    return _read(statement().where(shown).limit(count))


def full(count: int) -> Sequence[Post]:
    """The latest posts as feeds and the map of the site need them."""
    heavy = defer(Post.body), defer(Post.search_text)
    latest = select(Post).where(Post.readable()).order_by(*_NEWEST).limit(count)
    with db.reading() as session:
        return session.scalars(latest.options(*heavy, selectinload(Post.topics))).all()


def changes() -> list[tuple[str, datetime, list[str]]]:
    """The slug of every post that everybody can read, when it last changed, and its figures."""
    columns = Post.slug, Post.updated_at, Post.slots
    every = select(*columns).where(Post.readable()).order_by(*_NEWEST)
    with db.reading() as session:
        return [
            (slug, changed, [each["given"]["name"] for each in slots if each["name"] == "figure"])
            for slug, changed, slots in session.execute(every)
        ]


def statement() -> Select[*tuple[Any, ...]]:
    """A SELECT of the columns of `Teaser` of every post that can be read, the latest first."""
    columns = (
        *(Post.id, Post.slug, Post.title, Post.summary),
        *(Post.published_at, Post.words, Post.muscles),
    )
    found: Select[*tuple[Any, ...]] = select(*columns).where(Post.readable())
    return found.order_by(*_NEWEST)


_LOOKED_AT = 300
_NEWEST = Post.published_at.desc(), Post.id.desc()


def _read(wanted: Select[*tuple[Any, ...]]) -> list[Teaser]:
    with db.reading() as session:
        return [Teaser(*row) for row in session.execute(wanted)]
