"""The books: what Stripe has beside what is here, as the reconciler last compared them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Verdict(StrEnum):
    """What a comparison came to."""

    MATCHED = "matched"
    REPAIRED = "repaired"
    """It did not match once; the reconciler brought ours to what Stripe has."""
    UNMATCHED = "unmatched"
    FOREIGN = "foreign"
    """Another program's, which uses the same Stripe account: no error."""


class BookEntry(Base):
    """An object of Stripe's beside its row here, or a row of ours that Stripe does not have.

    `kind` is session, charge, refund, dispute or warning; `key` is Stripe's id, or names our row.
    `there` and `here` say in words how it stands on either side; `amount` is in minor units.
    """

    __tablename__ = "book_entry"
    __table_args__ = (
        Index("ix_book_entry_at", "at", "id"),
        Index("ix_book_entry_verdict", "verdict", "id"),
        Index(
            "ix_book_entry_unmatched",
            "id",
            sqlite_where=text("verdict = 'unmatched'"),
            postgresql_where=text("verdict = 'unmatched'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    there: Mapped[str] = mapped_column(String(64))
    here: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    problem: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    compared_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]


class Reconciliation(Base):
    """One run of the reconciler over what Stripe made since `since`; `found` counts by name.

    `problem` says why it could not be finished.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (Index("ix_reconciliation_began_at", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(320))
    since: Mapped[datetime]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    found: Mapped[dict[str, Any]]
    problem: Mapped[str | None] = mapped_column(Text)


class WebhookRefusal(Base):
    """Deliveries to our webhook that failed, by day (UTC) and reason."""

    __tablename__ = "webhook_refusal"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    reason: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
