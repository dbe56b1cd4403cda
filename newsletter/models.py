"""Tables of the newsletter: people and their consent, issues, sequences and who walks them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice

DEFAULT_ZONE = "America/New_York"
"""Whose morning a reader gets who never named a zone."""
DEFAULT_PACE = 2


class Standing(StrEnum):
    """Where a person stands with the letters; only a confirmed one gets any."""

    PENDING = "pending"
    """Asked for, not confirmed."""
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    """The address does not exist."""
    COMPLAINED = "complained"
    """Reported us as spam."""


class Subscriber(Base):
    """One person who asked for letters, known by their address.

    `public_id` names them in links. `email` is normalized; `address_hash` is what a suppression
    would be kept under. `pace_days` is the least number of days between two letters.
    `membership` rises when they leave, so that a link from before confirms nothing.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        CheckConstraint("pace_days BETWEEN 1 AND 60", name="pace"),
        Index("ix_subscriber_standing", "standing", "id"),
        Index("ix_subscriber_address_hash", "address_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    standing: Mapped[Standing] = mapped_column(choice(Standing), default=Standing.PENDING)
    membership: Mapped[int] = mapped_column(default=1)
    name: Mapped[str | None] = mapped_column(String(80))
    timezone: Mapped[str] = mapped_column(String(64), default=DEFAULT_ZONE)
    pace_days: Mapped[int] = mapped_column(default=DEFAULT_PACE)
    paused_until: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    noted_since: Mapped[datetime | None]
    """Since when they let us note which letters they open and which links they follow."""


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


class ImportRun(Base):
    """A file from which people came: whose deed it was, what it counted, and if it was undone.

    While a file waits to be imported, `content` is its text and `changes` what it would do.
    `counts` are people by `newsletter.admissions.Fate`, and lines with errors, which are in
    `faults`; `undone` what became of the people when it was undone, by `newsletter.takebacks.End`.
    """

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(320))
    start: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    content: Mapped[str | None] = mapped_column(Text)
    changes: Mapped[list[dict[str, Any]] | None]
    faults: Mapped[list[str]]
    counts: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone: Mapped[dict[str, Any] | None]


class ImportEntry(Base):
    """What an import did to one person, so that it can be undone.

    `brought` says that they were not known before. `before` and `given` are the values that it
    filled in, as they were and as they are since; `tags` are those that it tied, `receipt` the
    number of the receipt that it wrote, 0 for none. `end` is what became of the person when it was
    undone, and `why`; `proof` keeps the receipts of whoever was removed then, who is named by their
    hash alone.
    """

    __tablename__ = "import_entry"
    __table_args__ = (
        Index("ix_import_entry_run", "run_id", "id"),
        Index("ix_import_entry_subscriber", "subscriber_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"))
    address_hash: Mapped[str] = mapped_column(String(64))
    fate: Mapped[str] = mapped_column(String(16))
    brought: Mapped[bool]
    receipt: Mapped[int]
    before: Mapped[dict[str, Any]]
    given: Mapped[dict[str, Any]]
    tags: Mapped[list[str]]
    end: Mapped[str | None] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(String(64))
    proof: Mapped[list[dict[str, Any]] | None]


class Segment(Base):
    """A part of the list under a name; `rule` says who belongs, see `newsletter.conditions`.

    A newsletter names its segment, and keeps that name when the segment is gone.
    """

    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    rule: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ConsentEvent(StrEnum):
    """What a receipt attests."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    """Given elsewhere, with evidence that the import named."""
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
    """An address that gets no letters, as a keyed hash; it outlives the person's erasure."""

    __tablename__ = "suppression"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class IssueState(StrEnum):
    """Where a newsletter stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    """Its audience is frozen in the ledger."""
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class Newsletter(Base):
    """One issue. `html` and `text` are its compiled parts, kept from the moment it was frozen.

    `areas` are the parts of the body that it is about; with none it is for everybody.
    `held_out` is the percentage that gets nothing, by lot, to be compared with the rest.
    `local_at` is the moment on every reader's own clock, as ISO 8601 without a zone, where it goes
    by those, and `waves` what that came to, see `newsletter.waves`. `samples` are the last two
    counts of what was settled, from which its pace is told.
    `audience` is how many people were frozen; what became of each is in the delivery ledger under
    the source `newsletter:<id>`.
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

    `subjects` is how many there are, `share` the percentage of readers for each, `error` the
    percentage of trials of subjects that are alike in which one is called better at most. It looks
    `looks` times within `hours` after `began_at`, when its letters were out, and has `looked` so
    often. `winner` is the number of a subject, None where it was decided that none is better, and
    `chance` how likely such a difference is between subjects that are alike.
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
    began_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    winner: Mapped[int | None]
    chance: Mapped[float | None]


class Sequence(Base):
    """A row of letters that each person gets at their own time, such as the welcome.

    `trigger` says what enrols people, see `newsletter.triggers`, and `trigger_value` of what, such
    as a SKU; None of all, or of none where people are enrolled by hand. Those who walk it keep the
    version they began with. `draft` holds steps that staff have not published, see
    `newsletter.drafts`; None where nothing differs from the newest version.
    """

    __tablename__ = "sequence"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    trigger: Mapped[str | None] = mapped_column(String(32))
    trigger_value: Mapped[str | None] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    draft: Mapped[list[dict[str, Any]] | None]
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


class Enrolment(Base):
    """One person's walk through one version of a sequence.

    `position` is the step that comes next and `due_at` when; `reached_at` is when the step before
    went into the ledger, from which a changed pace counts anew. `occurrence` tells repeated walks
    apart, such as one for each purchase.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("sequence_id", "subscriber_id", "occurrence"),
        Index(
            "ix_enrolment_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_enrolment_version", "version_id", "state", "position"),
        Index("ix_enrolment_subscriber", "subscriber_id"),
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
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EnrolmentLog(Base):
    """What happened to an enrolment and when, one row each. Never changed."""

    __tablename__ = "enrolment_log"
    __table_args__ = (Index("ix_enrolment_log_enrolment", "enrolment_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    event: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    detail: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]
