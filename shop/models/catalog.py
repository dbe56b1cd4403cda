"""What is sold: products, their variants, and what those cost."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base


class Product(Base):
    """Something that is sold; it has one variant at least.

    `html` is what `body` (Markdown) became when it was saved. `details` are the lists of its page,
    see `shop.catalog.Description`. `sample` marks values that the owner has yet to enter.
    """

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]]
    sample: Mapped[bool]
    published: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.position"
    )


class Variant(Base):
    """What one buys: a product in one form. The first by `position` is shown first."""

    __tablename__ = "variant"
    __table_args__ = (Index("ix_variant_product_id", "product_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    weight_grams: Mapped[int | None]
    position: Mapped[int]
    on_sale: Mapped[bool]

    product: Mapped[Product] = relationship(back_populates="variants")


class Price(Base):
    """What a variant costs from `valid_from` until the next one begins. Never changed.

    The history is kept: a price cut in the EU has to name the lowest price of the last 30 days
    (98/6/EC, article 6a).
    """

    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("variant_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime]
