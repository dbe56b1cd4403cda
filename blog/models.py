"""The tables of the blog: posts and topics, revisions, unsaved writing, comments, plain pages."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, db
from core.db import Base

WORDS_A_MINUTE = 230
"""How fast adults read such texts silently (Brysbaert 2019: 238 for non-fiction, in English)."""


class PostState(StrEnum):
    """Who may read a post: its writers; everybody from a moment to come; everybody."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"


class CommentState(StrEnum):
    """What staff decided about a comment; only an approved one is shown."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"


post_topic = Table(
    "post_topic",
    Base.metadata,
    Column("post_id", ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Topic(Base):
    """A subject under which posts are gathered, in the order of `position`."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    position: Mapped[int]


class Post(Base):
    """An article: what the writer wrote, and what was made of it when it was saved.

    `published_at` alone says who may read it: nobody while there is none, everybody once it has
    passed; so a scheduled post appears at its moment without anything having to happen.
    `html` is clean and has holes that are filled when it is shown; `slots` says with what.
    `waiver` says which findings of `blog.claims` the owner let pass, who, when and why.
    `search_text` is its text without any markup, which `blog.search` looks through.
    `muscles` and `regions` are ids of `blog.anatomy`; `pillar` and `read_next` are slugs.
    """

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    reviewer: Mapped[str | None] = mapped_column(String(200))
    reviewed_on: Mapped[date | None]
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    slots: Mapped[list[dict[str, Any]]]
    contents: Mapped[list[dict[str, Any]]]
    problems: Mapped[list[dict[str, Any]]]
    waiver: Mapped[dict[str, Any] | None]
    words: Mapped[int]
    search_text: Mapped[str] = mapped_column(Text)
    pillar: Mapped[str | None] = mapped_column(String(200))
    read_next: Mapped[list[str]]
    muscles: Mapped[list[str]]
    regions: Mapped[list[str]]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    topics: Mapped[list[Topic]] = relationship(secondary=post_topic, order_by=Topic.position)

    __table_args__ = (Index("ix_post_published_at_id", "published_at", "id"),)

    @classmethod
    def readable(cls) -> ColumnElement[bool]:
        """The condition that everybody can read it now."""
        return cls.published_at <= clock.now()

    @property
    def state(self) -> PostState:
        """Who may read it now."""
        if self.published_at is None:
            return PostState.DRAFT
        come = self.published_at <= clock.now()
        return PostState.PUBLISHED if come else PostState.SCHEDULED

    @property
    def minutes(self) -> int:
        """How long it takes to read."""
        return reading_minutes(self.words)


class SearchWord(Base):
    """A word that some post has or had; a word typed wrongly in a search is mended to one."""

    __tablename__ = "search_word"

    word: Mapped[str] = mapped_column(String(40), primary_key=True)


class Page(Base):
    """A plain page, such as the terms; `sample` means that the owner has yet to fill it in."""

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    slots: Mapped[list[dict[str, Any]]]
    contents: Mapped[list[dict[str, Any]]]
    sample: Mapped[bool]
    revision: Mapped[int]
    updated_at: Mapped[datetime]


class Revision(Base):
    """A post or page as somebody saved it: number 1 is the first, the highest the present one."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    number: Mapped[int]
    saved_by: Mapped[str] = mapped_column(String(320))
    saved_at: Mapped[datetime]
    slug: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (page_id IS NULL)", name="one_owner"),
        Index("uq_revision_post", "post_id", "number", unique=True),
        Index("uq_revision_page", "page_id", "number", unique=True),
    )


class WorkingCopy(Base):
    """What somebody is writing and has not saved: one for each opened editor, named by its `key`.

    `draft` is what the editor's fields hold, `publish_at` the moment that is filled in beside them,
    and `opened` the revision that the writer began with. A post that was never saved has no
    `post_id` yet. One that was discarded stays for a day, so that it can be taken back.
    """

    __tablename__ = "post_working_copy"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    post_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True
    )
    writer: Mapped[str] = mapped_column(String(320), index=True)
    opened: Mapped[int | None]
    draft: Mapped[dict[str, Any]]
    publish_at: Mapped[datetime | None]
    kept_at: Mapped[datetime]
    discarded_at: Mapped[datetime | None]

    @property
    def title(self) -> str:
        """Its title, or a word for one that has none yet."""
        return str(self.draft["title"]) or "Untitled"


class Comment(Base):
    """What a reader, or staff, wrote under a post, as plain text; an answer has a `parent_id`.

    The e-mail address is never shown. No address of the machine it came from is kept.
    """

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(320))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[CommentState] = mapped_column(db.choice(CommentState))
    by_staff: Mapped[bool]
    created_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(320))
    decided_at: Mapped[datetime | None]

    post: Mapped[Post] = relationship()

    @property
    def label(self) -> str:
        """What names it for good: SQLite gives the number of what was deleted again."""
        return f"{self.id}-{self.created_at:%Y%m%d%H%M%S%f}"

    __table_args__ = (
        Index("ix_comment_post_id_state", "post_id", "state", "id"),
        Index(
            "ix_comment_waiting",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )


class Follower(Base):
    """A comment's writer who wants to be told of answers by mail: see `blog.followers`.

    `wording` is what they agreed to at `wished_at`; `asked_at` is when the letter with the button
    was written, and `confirmed_at` when somebody pressed it.
    """

    __tablename__ = "comment_follower"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), unique=True
    )
    email: Mapped[str] = mapped_column(String(320), index=True)
    wording: Mapped[str] = mapped_column(Text)
    wished_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """What names it for good: SQLite gives the number of what was deleted again."""
        return f"{self.id}-{self.wished_at:%Y%m%d%H%M%S%f}"


class FollowerRefusal(Base):
    """An address that is never again asked whether it wants to be told of answers, as a hash."""

    __tablename__ = "comment_follower_refusal"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


def reading_minutes(words: int) -> int:
    """How long a text of so many words takes to read, in whole minutes, at least one."""
    return max(1, round(words / WORDS_A_MINUTE))
