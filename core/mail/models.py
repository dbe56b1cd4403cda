"""Mail's tables: the delivery ledger, what stops and slows it, and what was reported back."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Stream(StrEnum):
    """Why a message is sent, which decides what may be done when its fate is unknown."""

    TRANSACTIONAL = "transactional"
    """Somebody waits for it: goes first, and again with the same Message-ID when in doubt."""
    MARKETING = "marketing"
    """Nobody may get it twice: never again blindly."""

    @property
    def priority(self) -> int:
        """Lower goes first: somebody waits for a receipt, nobody for an issue."""
        return 0 if self is Stream.TRANSACTIONAL else 1


class State(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    HELD = "held"
    """Pending, while its source is paused."""
    CLAIMED = "claimed"
    """In a worker's hands until its lease ends, not begun."""
    SENDING = "sending"
    """The dialogue with the mail server has begun."""
    ACCEPTED = "accepted"
    EXCLUDED = "excluded"
    """Decided against before sending, for `reason`."""
    FAILED = "failed"
    """Refused for good, for `reason`."""
    UNKNOWN = "unknown"
    """The connection was lost between handing over and the answer; staff decide."""


WAITING = (State.PENDING, State.HELD, State.CLAIMED, State.SENDING)


class Delivery(Base):
    """One message to one person.

    `key` names (thing, person, occurrence) and is unique. `letter` names who composes it from
    `payload`; `source` is what it is counted under, such as `newsletter:3` or `order:12`; `person`
    is the id of whom it concerns in that letter's package. `within` is the id of the message that
    says this one too, whose fate it then has, see `core.mail.merging`. `fence` rises with each
    claim, so that a worker whose lease ended can write no outcome.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_source_state", "source", "state"),
        Index(
            "ix_delivery_due",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_delivery_leased",
            "lease_until",
            sqlite_where=text("state IN ('claimed', 'sending')"),
            postgresql_where=text("state IN ('claimed', 'sending')"),
        ),
        Index(
            "ix_delivery_troubled",
            "id",
            sqlite_where=text("state IN ('failed', 'unknown')"),
            postgresql_where=text("state IN ('failed', 'unknown')"),
        ),
        Index("ix_delivery_recipient", "recipient"),
        Index(
            "ix_delivery_within",
            "within",
            sqlite_where=text("within IS NOT NULL"),
            postgresql_where=text("within IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    letter: Mapped[str] = mapped_column(String(64))
    stream: Mapped[Stream] = mapped_column(choice(Stream))
    priority: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(100))
    person: Mapped[int | None]
    recipient: Mapped[str] = mapped_column(String(320))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[State] = mapped_column(choice(State), default=State.PENDING)
    reason: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    within: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    @property
    def waiting(self) -> bool:
        """Whether its fate is still open."""
        return self.state in WAITING


class Deed(StrEnum):
    """What was decided about all messages of a source."""

    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"


class SourceDeed(Base):
    """A deed on a source that is in force, or that some of its messages have yet to follow.

    See `core.mail.deeds`; `reason` is what the messages say of it.
    """

    __tablename__ = "source_deed"

    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[Deed] = mapped_column(choice(Deed))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Cause(StrEnum):
    """Why mail is stopped until staff resume it."""

    HOLD = "hold"
    """Staff hold everything, as after a restore from a backup, whose mail may have gone since."""
    AUTHENTICATION = "authentication"
    """SPF, DKIM, DMARC or our sign-in is broken; nobody's address is at fault."""
    COMPLAINTS = "complaints"
    """Too many readers reported a letter as spam."""
    BOUNCES = "bounces"
    """Too many addresses of an audience do not exist."""


class Stop(Base):
    """A stop that is in force; `reason` is for staff to read."""

    __tablename__ = "mail_stop"

    cause: Mapped[Cause] = mapped_column(choice(Cause), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]


class RateBucket(Base):
    """A flow of mail that all workers share, such as the provider's or one to `gmail.com`.

    `free_at` is when its next place is free. `per_second` is the rate at `slowed_at`, when a server
    last asked for patience; both are None for a flow that nobody slowed.
    """

    __tablename__ = "rate_bucket"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    free_at: Mapped[datetime]
    per_second: Mapped[float | None]
    slowed_at: Mapped[datetime | None]


class WarmUpDay(Base):
    """How many newsletters' and sequences' messages began on a day of the sender's warm-up."""

    __tablename__ = "warm_up_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    begun: Mapped[int] = mapped_column(default=0)


class Report(StrEnum):
    """What somebody reported of a message after it was accepted."""

    DELIVERED = "delivered"
    HARD_BOUNCE = "hard bounce"
    """The address does not exist, or will never take our mail."""
    SOFT_BOUNCE = "soft bounce"
    """For now: a full mailbox, a server that is away."""
    COMPLAINT = "complaint"
    """The reader reported it as spam."""
    DEPARTURE = "departure"
    """The reader wrote back to leave the list."""


class MailReport(Base):
    """A report about one message, kept once: `key` is its sender's own id for it.

    `delivery_id` is None where nothing in it names the message; `status` is an enhanced status code
    (RFC 3463).
    """

    __tablename__ = "mail_report"
    __table_args__ = (
        Index("ix_mail_report_recipient", "recipient", "at"),
        Index("ix_mail_report_delivery_id", "delivery_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[Report] = mapped_column(choice(Report))
    delivery_id: Mapped[int | None]
    recipient: Mapped[str] = mapped_column(String(320))
    status: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
