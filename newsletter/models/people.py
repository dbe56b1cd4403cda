"""People on the list, and what they chose."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from core import db, settings
from core.db import Base, choice

DEFAULT_PACE = 2


class Standing(StrEnum):
    """Where a person stands with the letters; only a confirmed one gets any."""

    PENDING = "pending"
    """Asked for, not confirmed."""
    CONFIRMED = "confirmed"
    """On the list: they agreed; or where `implied_until` is set, they bought and did not refuse."""
    LAPSED = "lapsed"
    """Got letters because they bought, which has ended."""
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    """The address does not exist."""
    COMPLAINED = "complained"
    """Reported us as spam."""


class Subscriber(Base):
    """One person who asked for letters, known by their address.

    `public_id` names them in links. `email` is normalized; `address_hash` is what a suppression
    would be kept under. `zone` is the time zone that they named. `pace_days` is the least number of
    days between two letters. `implied_until` is when letters end that they get because they bought,
    where they never agreed to them. `membership` rises when they leave, so that a link from before
    confirms nothing.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        CheckConstraint("pace_days BETWEEN 1 AND 60", name="pace"),
        Index("ix_subscriber_standing", "standing", "id"),
        Index("ix_subscriber_address_hash", "address_hash"),
        Index(
            "ix_subscriber_implied_until",
            "implied_until",
            sqlite_where=text("implied_until IS NOT NULL"),
            postgresql_where=text("implied_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    standing: Mapped[Standing] = mapped_column(choice(Standing), default=Standing.PENDING)
    membership: Mapped[int] = mapped_column(default=1)
    name: Mapped[str | None] = mapped_column(String(80))
    zone: Mapped[str | None] = mapped_column(String(64))
    pace_days: Mapped[int] = mapped_column(default=DEFAULT_PACE)
    paused_until: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    implied_until: Mapped[datetime | None]
    noted_since: Mapped[datetime | None]
    """Since when they let us note which letters they open and which links they follow."""

    @hybrid_property
    def timezone(self) -> str:
        """Whose clock counts: their own, or as long as they named none the shop's of this day."""
        return self.zone or settings.store().timezone

    @timezone.inplace.setter
    def _name_zone(self, zone: str) -> None:
        self.zone = zone

    @timezone.inplace.expression
    @classmethod
    def _clock_that_counts(cls) -> ColumnElement[str]:
        # In the SQL itself: PostgreSQL takes no two expressions with parameters for the same.
        return func.coalesce(cls.zone, db.literally(settings.store().timezone, cls.zone))


class SubscriberArea(Base):
    """A part of the body that a reader wants letters about; one who chose none wants all."""

    __tablename__ = "subscriber_area"
    __table_args__ = (Index("ix_subscriber_area_area", "area", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), primary_key=True)
    area: Mapped[str] = mapped_column(String(32), primary_key=True)


class AddressChange(Base):
    """A reader's wish to get their letters at another address, which they confirm from there.

    Once it is done, `old` is an address that was theirs.
    """

    __tablename__ = "address_change"
    __table_args__ = (Index("ix_address_change_subscriber", "subscriber_id", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    old: Mapped[str] = mapped_column(String(320))
    new: Mapped[str] = mapped_column(String(320))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Reading(Base):
    """That a reader who agreed to it opened a letter, or followed a link of it (then `path`).

    `at` is the last time; nothing is kept of those before. See `newsletter.noting`.
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "source", "path"),
        Index("ix_reading_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    source: Mapped[str] = mapped_column(String(100))
    path: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]


class SubscriberTag(Base):
    """A word that staff or an import tied to a person; a segment may ask for it."""

    __tablename__ = "subscriber_tag"
    __table_args__ = (Index("ix_subscriber_tag_name", "name", "subscriber_id"),)

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
