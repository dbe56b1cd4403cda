"""Who wants to know when something is in stock again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class RestockRequest(Base):
    """One person's wish to be told once; `email` is empty after that, and the row only counts.

    `wording` is what they agreed to, on `page`. `asked` counts the confirmations sent.
    """

    __tablename__ = "restock_request"
    __table_args__ = (
        UniqueConstraint("variant_id", "email"),
        Index("ix_restock_request_waiting", "variant_id", "notified_at", "confirmed_at"),
        # A number stands in links; SQLite would give that of a deleted row to somebody else.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    email: Mapped[str | None] = mapped_column(String(320))
    wording: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(String(200))
    asked: Mapped[int]
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
