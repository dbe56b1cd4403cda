"""Sequences, their versions, and who walks them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Sequence(Base):
    """A row of letters that each person gets at their own time, such as the welcome.

    `trigger` says what enrols people, see `newsletter.triggers`, and `trigger_value` of what, such
    as a SKU; None of all, or of none where people are enrolled by hand. Those who walk it keep the
    version they began with. `draft` holds steps that staff have not published, see
    `newsletter.drafts`; None where nothing differs from the newest version. Of those who would
    begin, `held_out` percent get nothing, by lot, see `newsletter.hold_outs`.
    """

    __tablename__ = "sequence"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    trigger: Mapped[str | None] = mapped_column(String(32))
    trigger_value: Mapped[str | None] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    draft: Mapped[list[dict[str, Any]] | None]
    paused_at: Mapped[datetime | None]
    """Since when staff let nothing of it go, whoever is under way."""
    held_out: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]


class SequenceVersion(Base):
    """The steps of a sequence as they were published. Never changed.

    `newsletter.steps` reads and writes the steps.
    """

    __tablename__ = "sequence_version"
    __table_args__ = (UniqueConstraint("sequence_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    number: Mapped[int]
    steps: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]


class Walk(StrEnum):
    """Where an enrolment stands."""

    ACTIVE = "active"
    DONE = "done"
    EXITED = "exited"
    """Ended before its last letter, for `reason`."""
    HELD_OUT = "held out"
    """Never begun, by lot, to be compared with those who did."""


class Enrolment(Base):
    """One person's walk through one version of a sequence.

    `position` is the step that comes next and `due_at` when; `reached_at` is when the step before
    went into the ledger, from which a changed pace counts anew. `occurrence` tells repeated walks
    apart, such as one for each purchase. `odds` is the percentage that was held out when a lot was
    drawn for it; None where no lot was.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "sequence_id", "occurrence"),
        Index(
            "ix_enrolment_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_enrolment_version", "version_id", "state", "position"),
        Index(
            "ix_enrolment_odds",
            "sequence_id",
            "subscriber_id",
            sqlite_where=text("odds IS NOT NULL"),
            postgresql_where=text("odds IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("sequence_version.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    occurrence: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    reached_at: Mapped[datetime]
    state: Mapped[Walk] = mapped_column(choice(Walk), default=Walk.ACTIVE)
    reason: Mapped[str | None] = mapped_column(String(64))
    odds: Mapped[int | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EnrolmentLog(Base):
    """What happened to an enrolment and when, one row each. Never changed.

    No foreign key: PostgreSQL would look up the enrolment of each row that a turn of the tick
    writes, from enrolments that it holds locked.
    """

    __tablename__ = "enrolment_log"
    __table_args__ = (Index("ix_enrolment_log_enrolment", "enrolment_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int]
    event: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    detail: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]
