"""Posts: written, previewed, published, found again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    select,
)
from sqlalchemy.orm import defer, joinedload, load_only

from blog import addresses, anatomy, claims, markdown, search, topics
from blog.markdown import Unpublishable
from blog.models import Post, PostState, Revision
from core import clock, db, redirects
from core.findings import Finding, Weight


class Outdated(ValueError):
    """Somebody else saved the post after the one now saving it had opened it."""


class Unsupported(ValueError):
    """The post says what cannot stand; `findings` are the errors of `blog.claims`."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings[0].said)
        self.findings = findings


@dataclass(frozen=True, kw_only=True)
class Override:
    """The owner lets a post's findings pass; the reason is kept with the post."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer fills in. `pillar` and `read_next` are slugs of posts, `topics` of topics."""

    slug: str
    title: str
    summary: str
    body: str
    author: str
    reviewer: str | None = None
    reviewed_on: date | None = None
    pillar: str | None = None
    read_next: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    muscles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


def preview(draft: Draft) -> Post:
    """The post that the draft would become, rendered and not saved; `problems` says what is wrong.

    Raises `ValueError` for a slug or title that cannot be, and `LookupError` for a muscle, region
    or topic that is not there.
    """
    now = clock.now()
    return _written(Post(revision=0, created_at=now, updated_at=now), draft)


def save(
    draft: Draft,
    *,
    by: str,
    post_id: int | None = None,
    opened: int | None = None,
    at: datetime | None = None,
    override: Override | None = None,
) -> Post:
    """Save a draft as a new post, or over the post `post_id`, and keep it as a revision.

    `opened` is the revision that the writer began with: raises `Outdated` where there is a newer
    one. A post that can be read already is held to what `publish` asks, and raises as it does.
    Where its slug changes, the old address leads to the new one. `at` is for texts from elsewhere.
    """
    moment = at or clock.now()
    with db.transaction() as session:
        post = _opened(post_id, opened) or Post(revision=0, created_at=moment)
        before = post.slug
        _refuse_taken(draft.slug, post_id)
        _written(post, draft)
        if post.state is not PostState.DRAFT:
            _refuse_problems(post)
            _refuse_claims(post, override)
        post.revision += 1
        post.updated_at = moment
        session.add(post)
        session.flush()
        session.add(_revision(post, by))
        search.learn(f"{post.title} {post.summary} {post.search_text}")
        if before != post.slug:
            _moved(before, post)
    return post


def publish(post_id: int, *, at: datetime | None = None, override: Override | None = None) -> Post:
    """Let everybody read a post, from now or from a moment, past or to come.

    Raises `Unpublishable` while something is wrong with it, and `Unsupported` while it says what
    cannot stand and no `override` lets it.
    """
    with db.transaction() as session:
        post = session.get_one(Post, post_id, with_for_update=True)
        _refuse_problems(post)
        _refuse_claims(post, override)
        post.published_at = at or clock.now()
    return post


def withdraw(post_id: int) -> Post:
    """Make a post a draft again; its address answers 404."""
    with db.transaction() as session:
        post = session.get_one(Post, post_id)
        post.published_at = None
    return post


def findings(post: Post) -> list[Finding]:
    """What the claims check finds in a post as it is written now."""
    return claims.check(
        post.body,
        title=post.title,
        of_the_body=bool(post.muscles or post.regions),
        leads=lambda address: address == f"/blog/{post.slug}" or addresses.lead(address),
    )


def by_slug(slug: str) -> Post | None:
    """The post that everybody can read at this address, with its topics."""
    statement = select(Post).where(Post.slug == slug, Post.readable())
    with db.reading() as session:
        options = joinedload(Post.topics), defer(Post.body), defer(Post.search_text)
        return session.scalars(statement.options(*options)).unique().one_or_none()


def any_at(slug: str) -> bool:
    """Whether a post, of any state, has this address."""
    with db.reading() as session:
        return session.scalar(select(Post.id).where(Post.slug == slug)) is not None


def in_state(state: PostState | None = None) -> Sequence[Post]:
    """Every post, or those in a state, the last saved first: the list of the staff."""
    now = clock.now()
    wanted = {
        PostState.DRAFT: Post.published_at.is_(None),
        PostState.SCHEDULED: Post.published_at > now,
        PostState.PUBLISHED: Post.published_at <= now,
    }
    statement = select(Post).order_by(Post.updated_at.desc(), Post.id.desc())
    if state is not None:
        statement = statement.where(wanted[state])
    listed = load_only(
        Post.slug, Post.title, Post.author, Post.words, Post.problems,
        Post.updated_at, Post.published_at,
    )  # fmt: skip
    with db.reading() as session:
        return session.scalars(statement.options(listed)).all()


def get(post_id: int) -> Post:
    """Any post, with its topics. Raises `sqlalchemy.exc.NoResultFound`."""
    with db.reading() as session:
        return session.get_one(Post, post_id, options=[joinedload(Post.topics)])


def last_author() -> str:
    """Who wrote the post that was begun last; nobody where there is none."""
    with db.reading() as session:
        return session.scalar(select(Post.author).order_by(Post.id.desc()).limit(1)) or ""


def draft_of(post: Post) -> Draft:
    """What the writer filled in, to change it and save it again."""
    return Draft(
        slug=post.slug,
        title=post.title,
        summary=post.summary,
        body=post.body,
        author=post.author,
        reviewer=post.reviewer,
        reviewed_on=post.reviewed_on,
        pillar=post.pillar,
        read_next=tuple(post.read_next),
        topics=tuple(topic.slug for topic in post.topics),
        muscles=tuple(post.muscles),
        regions=tuple(post.regions),
    )


def revisions(post_id: int) -> Sequence[Revision]:
    """Every saved state of a post, the newest first."""
    with db.reading() as session:
        statement = select(Revision).where(Revision.post_id == post_id)
        return session.scalars(statement.order_by(Revision.number.desc())).all()


_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset({"topics", "search", "comments", "feed"})


def _opened(post_id: int | None, opened: int | None) -> Post | None:
    if post_id is None:
        return None
    post = db.session().get_one(Post, post_id, with_for_update=True)
    if opened is not None and opened != post.revision:
        raise Outdated(f"revision {post.revision} is newer than {opened}")
    return post


def _refuse_taken(slug: str, post_id: int | None) -> None:
    holder = db.session().scalar(select(Post.id).where(Post.slug == slug))
    if holder not in (None, post_id):
        raise ValueError(f"another post has the address {slug!r}")


def _written(post: Post, draft: Draft) -> Post:
    """Put what the writer filled in, and what follows from it, into `post`."""
    _check(draft)
    rendered, found = markdown.render(draft.body), topics.named(draft.topics)
    post.slug, post.title, post.summary = draft.slug, draft.title, draft.summary
    post.author, post.reviewer, post.reviewed_on = draft.author, draft.reviewer, draft.reviewed_on
    post.pillar, post.read_next = draft.pillar, list(draft.read_next)
    post.muscles, post.regions = list(draft.muscles), list(draft.regions)
    post.topics = found
    post.body, post.html, post.slots = draft.body, rendered.html, rendered.slots
    post.contents, post.problems = rendered.contents, rendered.problems
    post.words = rendered.words
    post.search_text = rendered.text
    return post


def _check(draft: Draft) -> None:
    if not _SLUG.fullmatch(draft.slug) or draft.slug in _RESERVED:
        raise ValueError(f"{draft.slug!r} cannot be an address: use words, digits and hyphens")
    if not draft.title.strip():
        raise ValueError("a post needs a title")
    for muscle in draft.muscles:
        if muscle not in anatomy.muscles():
            raise LookupError(f"there is no muscle {muscle!r}")
    for region in draft.regions:
        if region not in anatomy.regions():
            raise LookupError(f"there is no region {region!r}")


def _refuse_problems(post: Post) -> None:
    if post.problems:
        raise Unpublishable(post.problems)


def _refuse_claims(post: Post, override: Override | None) -> None:
    """Refuse errors that nobody let pass; those let pass stay so until the text changes them."""
    errors = [finding for finding in findings(post) if finding.weight is Weight.BLOCKS]
    if override is not None and override.reason.strip():
        post.waiver = {
            "reason": override.reason.strip(),
            "by": override.by,
            "at": clock.now().isoformat(),
            "messages": [finding.text for finding in errors],
        }
    passed = post.waiver["messages"] if post.waiver else []
    left = [finding for finding in errors if finding.text not in passed]
    if left:
        raise Unsupported(left)


def _revision(post: Post, by: str) -> Revision:
    return Revision(
        post_id=post.id,
        number=post.revision,
        saved_by=by,
        saved_at=post.updated_at,
        slug=post.slug,
        title=post.title,
        summary=post.summary,
        body=post.body,
    )


def _moved(before: str | None, post: Post) -> None:
    """Let the old address, if anybody can know it, and posts that name it, lead to the new one."""
    redirects.remove(f"/blog/{post.slug}")
    if before is None:
        return
    if post.published_at is not None:
        redirects.add(f"/blog/{before}", f"/blog/{post.slug}")
    for other in db.session().scalars(select(Post).where(Post.id != post.id)):
        if other.pillar == before:
            other.pillar = post.slug
        if before in other.read_next:
            other.read_next = [post.slug if s == before else s for s in other.read_next]
