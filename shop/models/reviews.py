"""What buyers say of what they bought, and why any of it was taken down."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, choice
from shop.models.catalog import Product


class Used(StrEnum):
    """For how long the writer had used it."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    LONGER = "longer"


class Ground(StrEnum):
    """The reasons for which a review may be taken down, and no others; none is an opinion.

    Each is among those that 16 CFR 465.7(b) allows where it is applied whatever the stars say. A
    review that claims an effect on an illness stays, and is never quoted, see `shop.reviews`.
    """

    SPAM = "spam"
    PERSONAL = "personal"
    ABUSE = "abuse"
    UNRELATED = "unrelated"
    CONFIDENTIAL = "confidential"
    FAKE = "fake"
    UNLAWFUL = "unlawful"


class Review(Base):
    """What the buyer of one order line says, under the name they chose.

    Shown from the moment it is written, unless it was taken down (`removed_at`) or its writer
    deleted it: then the row stays, without a word of theirs. `quote_*` is their consent to be
    quoted: the words that they agreed to, and when they agreed and took it back. `picked_quote` is
    what staff chose of the text, to the letter. `seen_at` is when staff read it.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        Index("ix_review_product", "product_id", "stars", "id"),
        Index(
            "ix_review_unseen",
            "id",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    stars: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(60))
    used: Mapped[Used | None] = mapped_column(choice(Used))
    written_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    quote_wording: Mapped[str | None] = mapped_column(Text)
    quote_version: Mapped[str | None] = mapped_column(String(32))
    quote_agreed_at: Mapped[datetime | None]
    quote_withdrawn_at: Mapped[datetime | None]
    picked_quote: Mapped[str | None] = mapped_column(Text)
    picked_at: Mapped[datetime | None]
    picked_by: Mapped[str | None] = mapped_column(String(320))
    reply: Mapped[str | None] = mapped_column(Text)
    reply_by: Mapped[str | None] = mapped_column(String(320))
    replied_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship()
    removals: Mapped[list["ReviewRemoval"]] = relationship(order_by="ReviewRemoval.id")

    @property
    def shown(self) -> bool:
        """Whether everybody can read it."""
        return self.removed_at is None and self.deleted_at is None

    @property
    def agrees(self) -> bool:
        """Whether its writer has agreed to be quoted, and not taken it back."""
        return self.quote_agreed_at is not None and self.quote_withdrawn_at is None

    @property
    def quotable(self) -> bool:
        """Whether its writer lets us quote it."""
        return self.shown and self.agrees

    def unpick(self) -> None:
        """Quote it no longer."""
        self.picked_quote = self.picked_at = self.picked_by = None


class ReviewRemoval(Base):
    """Who took a review down, when and why, and who put it back. Never deleted."""

    __tablename__ = "review_removal"
    __table_args__ = (
        Index(
            "uq_review_removal_open",
            "review_id",
            unique=True,
            sqlite_where=text("restored_at IS NULL"),
            postgresql_where=text("restored_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    ground: Mapped[Ground] = mapped_column(choice(Ground))
    why: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(320))
    restored_at: Mapped[datetime | None]
    restored_by: Mapped[str | None] = mapped_column(String(320))
