"""What is sold: products, their variants, and what those cost."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base


class Product(Base):
    """Something that is sold; it has one variant at least.

    `html` is what `body` (Markdown) became when it was saved. `details` are the lists of its page,
    see `shop.products.Draft`. `sample` marks values that the owner has yet to enter. `former` is
    what staff replaced when they last saved it, None before that.
    """

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]]
    former: Mapped[dict[str, Any] | None]
    sample: Mapped[bool]
    published: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.position"
    )


class Variant(Base):
    """What one buys: a product in one form. The first by `position` is shown first.

    `options` say which form: pairs of `name` and `value`, such as Color and Black. One with `parts`
    is a bundle: its stock is what theirs allows. `gtin` is the number under a bar code, if any.
    """

    __tablename__ = "variant"
    __table_args__ = (Index("ix_variant_product_id", "product_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    weight_grams: Mapped[int | None]
    position: Mapped[int]
    on_sale: Mapped[bool]
    options: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    gtin: Mapped[str | None] = mapped_column(String(14))

    product: Mapped[Product] = relationship(back_populates="variants")
    parts: Mapped[list["Part"]] = relationship(
        foreign_keys="Part.bundle_id", order_by="Part.part_id"
    )


class Part(Base):
    """So many of a variant are in each unit of a bundle."""

    __tablename__ = "part"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("part_id <> bundle_id", name="part_id"),
    )

    bundle_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, index=True)
    quantity: Mapped[int]

    variant: Mapped[Variant] = relationship(foreign_keys=[part_id], overlaps="parts")


class Accessory(Base):
    """A product that goes with another and is shown beside it."""

    __tablename__ = "accessory"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    accessory_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    position: Mapped[int]


class Price(Base):
    """What a variant costs from `valid_from` until the next one begins. Never changed once it has.

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
    why: Mapped[str] = mapped_column(String(200), server_default="")
    who: Mapped[str] = mapped_column(String(320), server_default="")
