"""What people agreed to, and which addresses get nothing."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class ConsentEvent(StrEnum):
    """What a receipt attests."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    """Given elsewhere, with evidence that the import named."""
    IMPLIED = "implied"
    """Bought, was told that letters come of it, and did not refuse: they end by themselves."""
    LAPSED = "lapsed"
    """They ended so."""
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    """Confirmed that letters shall come to another address."""
    NOTED = "noted"
    """Agreed that we note which letters they open and which links they follow."""
    UNNOTED = "unnoted"
    """Took that back."""


class Consent(Base):
    """A receipt: who agreed to which exact words, where, how and when. Never changed.

    `hash` covers the row and the hash of the person's receipt before it, so that neither a change
    nor a gap goes unseen; see `newsletter.consents`.
    """

    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "number"),
        Index("ix_consent_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    number: Mapped[int]
    event: Mapped[ConsentEvent] = mapped_column(choice(ConsentEvent))
    basis: Mapped[str] = mapped_column(String(32))
    wording: Mapped[str] = mapped_column(Text)
    wording_version: Mapped[str] = mapped_column(String(32))
    page: Mapped[str] = mapped_column(String(500))
    method: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Suppression(Base):
    """An address that gets no letters, as a keyed hash; it outlives the person's erasure.

    `reason` is the gravest of the marks that it has, see `newsletter.suppression`.
    """

    __tablename__ = "suppression"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class Marking(StrEnum):
    """What happened to a mark."""

    SET = "set"
    LIFTED = "lifted"


class SuppressionLog(Base):
    """That an address got a mark or lost one, when, and by whom; `by` is empty for no staff."""

    __tablename__ = "suppression_log"
    __table_args__ = (
        Index("ix_suppression_log_address_hash", "address_hash", "id"),
        Index(
            "ix_suppression_log_by_staff",
            "id",
            sqlite_where=text("by <> ''"),
            postgresql_where=text("by <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    event: Mapped[Marking] = mapped_column(choice(Marking))
    reason: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime]
