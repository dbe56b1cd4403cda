"""Files from which people came."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from core.db import Base


class ImportRun(Base):
    """A file from which people came: whose deed it was, what it counted, and if it was undone.

    While a file `waits` to be imported, `content` is its text and `changes` what it would do.
    `counts` are people by `newsletter.admissions.Fate`, and lines with errors, which are in
    `faults`; `undone` what became of the people when it was undone, by the `End` of
    `newsletter.import_rollbacks`.
    """

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(320))
    start: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    content: Mapped[str | None] = mapped_column(Text, deferred=True)
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(deferred=True)
    faults: Mapped[list[str]] = mapped_column(deferred=True)
    counts: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone: Mapped[dict[str, Any] | None]
    waits: Mapped[bool] = column_property(content.is_not(None))


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
