"""Issues of the newsletter, and trials of their subjects."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class IssueState(StrEnum):
    """Where a newsletter stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    """Its audience is frozen."""
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class Lateness(StrEnum):
    """What becomes of an issue that an outage makes hours late."""

    HOLD = "hold"
    """Staff decide: what was written for a morning may be wrong by then."""
    SEND = "send"
    """It goes however late: what it says stays true."""


class Newsletter(Base):
    """One issue. `html` and `text` are its compiled parts, kept from the moment it was frozen.

    `areas` are the parts of the body that it is about; with none it is for everybody.
    `held_out` is the percentage that gets nothing, by lot, to be compared with the rest.
    `local_at` is the moment on every reader's own clock, as ISO 8601 without a zone, where it goes
    by those, and `waves` what that came to, see `newsletter.waves`. `late` is what becomes of it
    after an outage, see `newsletter.lateness`. `samples` are the last two counts of what was
    settled, from which its pace is told, and that it does not move.
    `audience` is how many people were frozen; what became of each is in the delivery ledger under
    the source `newsletter:<id>`, once they were entered there from its roll.
    """

    __tablename__ = "newsletter"
    __table_args__ = (Index("ix_newsletter_state", "state", "scheduled_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    segment: Mapped[str | None] = mapped_column(String(64))
    areas: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    state: Mapped[IssueState] = mapped_column(choice(IssueState), default=IssueState.DRAFT)
    html: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    held_out: Mapped[int] = mapped_column(default=0, server_default="0")
    local_at: Mapped[str | None] = mapped_column(String(16))
    late: Mapped[Lateness] = mapped_column(
        choice(Lateness), default=Lateness.HOLD, server_default=Lateness.HOLD.value
    )
    waves: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    samples: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    audience: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    scheduled_at: Mapped[datetime | None]
    frozen_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    @property
    def source(self) -> str:
        """What its messages are counted under in the ledger."""
        return f"newsletter:{self.id}"


class RollEntry(Base):
    """One person for whom a frozen issue is, until the delivery ledger has them.

    `reason` says why they get nothing. No foreign keys: to look up each of a million takes longer
    than to write them, and whoever is erased is struck from the roll first, see `newsletter.rolls`.
    """

    __tablename__ = "roll_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)

    newsletter_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str | None] = mapped_column(Text)


class Yardstick(StrEnum):
    """By what a trial tells which subject did best."""

    CLICKS = "clicks"
    """How often the letter's links were followed by people."""
    ORDERS = "orders"
    """How many readers bought."""


class OtherSubject(Base):
    """Another subject and preheader of an issue, from number 1 on; 0 is the issue's own.

    `html` and `text` are kept from the moment it was frozen, as the issue's are.
    """

    __tablename__ = "newsletter_subject"

    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)


class Trial(Base):
    """A trial of an issue's subjects: each goes to a share of its readers, then one to the rest.

    `subjects` is how many there are, `share` the percentage of readers for each, `readers` how many
    were to get each when it was frozen, `error` the
    percentage of trials of subjects that are alike in which one is called better at most. It looks
    `looks` times within `hours` after `began_at`, when its letters were out, and has `looked` so
    often. `winner` is the number of a subject, None where it was decided that none is better, and
    `chance` how likely such a difference is between subjects that are alike. Once it is decided,
    `rest_from` is the message from which on the rest has yet to be told that it may go; None where
    all has been.
    """

    __tablename__ = "newsletter_trial"

    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"), primary_key=True)
    subjects: Mapped[int]
    share: Mapped[int]
    yardstick: Mapped[Yardstick] = mapped_column(choice(Yardstick))
    error: Mapped[int]
    hours: Mapped[int]
    looks: Mapped[int] = mapped_column(default=1)
    looked: Mapped[int] = mapped_column(default=0)
    readers: Mapped[list[int]] = mapped_column(default=list, server_default="[]")
    began_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    winner: Mapped[int | None]
    chance: Mapped[float | None]
    rest_from: Mapped[int | None]
