"""The catalogue: what is shown and can be bought this moment, at what price."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from core import clock, db, settings
from core.db import UtcDateTime
from shop import prices
from shop.models import Accessory, Exhibit, Part, Price, Product, Stock, Variant

_Offers = Select[Product, Variant, Price, int, int | None, int, str | None, str | None]
_Row = Row[Product, Variant, Price, int, int | None, int, str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A variant as it can be bought now: `amount` minor units each, `available` of them.

    `form` is what tells it from the other variants of its product. `earlier_amount` is the price
    that a reduction is to be compared with, see `shop.prices`. `pieces` are how many of the same
    thing one unit holds. A bundle without a weight of its own weighs what its parts do; where
    nobody entered any, `weight_grams` is 0.
    """

    variant_id: int
    sku: str
    title: str
    form: str
    slug: str
    picture: str | None
    amount: int
    currency: str
    available: int
    options: Mapping[str, str] = field(default_factory=dict)
    earlier_amount: int | None = None
    pieces: int = 1
    weight_grams: int = 0
    gtin: str | None = None

    @property
    def in_stock(self) -> bool:
        """Whether at least one is there that nobody holds."""
        return self.available > 0

    @property
    def url(self) -> str:
        """The path of its product's page."""
        return f"/products/{self.slug}"

    @property
    def address(self) -> str:
        """The path of its product's page with this variant chosen."""
        return f"{self.url}?variant={self.sku}"

    @property
    def reduction(self) -> int | None:
        """By how many percent it is reduced, rounded down, or None."""
        before = self.earlier_amount
        return 100 * (before - self.amount) // before if before else None

    @property
    def amount_each(self) -> int:
        """What a piece of it costs, in minor units."""
        each = Decimal(self.amount) / self.pieces
        return int(each.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True)
class Card:
    """A product in short, for posts, the home page and mail; the price is that of this moment.

    It is sold out where none of its variants is there; `forms` are the SKU and name of each.
    """

    title: str
    summary: str
    url: str
    sku: str
    amount: int
    currency: str
    in_stock: bool
    picture: str | None
    picture_alt: str
    sample: bool
    forms: tuple[tuple[str, str], ...]


def by_slug(slug: str) -> Product | None:
    """The product that everybody can see at this address."""
    with db.reading() as session:
        return session.scalar(select(Product).where(Product.slug == slug, Product.published))


def hero() -> str:
    """The slug of the product that the site is about, as the settings name it: no query of its own.

    `shop.products` keeps it right, and `check` says where it cannot be seen.
    """
    return settings.store().hero_product


def hero_path() -> str:
    """Where that product is shown."""
    return f"/products/{hero()}"


def every() -> Sequence[Product]:
    """All products by title."""
    with db.reading() as session:
        return session.scalars(select(Product).order_by(Product.title)).all()


def offers(product: Product) -> list[Offer]:
    """What can be bought of a product, in its order; empty where nothing has a price."""
    return _read(_offers().where(Product.id == product.id))


def offers_of(skus: Collection[str], *, compared: bool = True) -> dict[str, Offer]:
    """Those of these that are sold, by SKU; see `on_sale` for `compared`."""
    found = _read(_offers().where(Variant.sku.in_(skus)), compared=compared)
    return {offer.sku: offer for offer in found}


def offer(sku: str) -> Offer | None:
    """What can be bought under this SKU."""
    return offers_of([sku]).get(sku)


def tax_codes(variants: Collection[int]) -> dict[int, str]:
    """Stripe's tax codes of these variants, as far as staff entered any."""
    theirs = select(Variant.id, Product).join(Product).where(Variant.id.in_(variants))
    with db.reading() as session:
        rows = session.execute(theirs).all()
    return {number: code for number, each in rows if (code := each.details.get("tax_code"))}


def on_sale(*, compared: bool = True) -> list[Offer]:
    """Everything that can be bought, or could if it were in stock.

    Not `compared`, it is without `earlier_amount`, and a query less.
    """
    return _read(_offers(), compared=compared)


def mixed_bundles() -> set[str]:
    """The SKUs of bundles that hold different things."""
    mixed = (
        select(Variant.sku)
        .join(Part, Part.bundle_id == Variant.id)
        .group_by(Variant.sku)
        .having(func.count() > 1)
    )
    with db.reading() as session:
        return set(session.scalars(mixed))


def product_card(slug: str) -> Card | None:
    """The card of a product, or None where it is not sold; one query."""
    with db.reading() as session:
        rows = session.execute(_offers().where(Product.slug == slug)).all()
    return _card(rows) if rows else None


def accessories(product: Product) -> list[Card]:
    """The cards of what goes with a product and is sold; one query."""
    beside = _offers().join(Accessory, Accessory.accessory_id == Product.id)
    mine = beside.where(Accessory.product_id == product.id)
    with db.reading() as session:
        rows = session.execute(mine.order_by(None).order_by(Accessory.position, Variant.position))
        found = rows.all()
    each = dict.fromkeys(row[0].id for row in found)
    return [_card([row for row in found if row[0].id == number]) for number in each]


def _card(rows: Sequence[_Row]) -> Card:
    """What a product is first to be had as: a variant that is there, before one that is not."""
    row = next((row for row in rows if _offer(row).in_stock), rows[0])
    product, first = row[0], _offer(row)
    return Card(
        title=product.title,
        summary=product.details.get("tagline") or product.summary,
        url=first.url,
        sku=first.sku,
        amount=first.amount,
        currency=first.currency,
        in_stock=first.in_stock,
        picture=first.picture,
        picture_alt=row[7] or "",
        sample=product.sample,
        forms=tuple((row[1].sku, row[1].title) for row in rows),
    )


@cache
def _offers() -> _Offers:
    """One row for each variant that is sold, with its price of the moment of asking.

    Kept, since to build it takes longer than the database to answer it.
    """
    current = _began(Variant.id, bindparam("now", callable_=clock.now, type_=UtcDateTime()))
    return (
        select(Product, Variant, Price, _available(), _pieces(), _grams(), *_first_picture())
        .join(Variant, Variant.product_id == Product.id)
        .join(Price, (Price.variant_id == Variant.id) & (Price.valid_from == current))
        .join(Stock, Stock.variant_id == Variant.id)
        .where(Product.published, Variant.on_sale)
        .order_by(Product.id, Variant.position, Variant.id)
    )


def _available() -> ColumnElement[int]:
    """How many can be bought: what nobody holds; of a bundle, what its scarcest part allows."""
    shelf = aliased(Stock)
    of_parts = (
        select(func.min((shelf.on_hand - shelf.reserved) // Part.quantity))
        .join(shelf, shelf.variant_id == Part.part_id)
        .where(Part.bundle_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )
    return func.coalesce(of_parts, Stock.on_hand - Stock.reserved)


def _pieces() -> ScalarSelect[int | None]:
    """How many of one thing a bundle of nothing else holds."""
    return (
        select(func.min(Part.quantity))
        .where(Part.bundle_id == Variant.id)
        .having(func.count() == 1)
        .correlate(Variant)
        .scalar_subquery()
    )


def _grams() -> ColumnElement[int]:
    """What one weighs; a bundle that nobody weighed as much as its parts."""
    part = aliased(Variant)
    of_parts = (
        select(func.sum(part.weight_grams * Part.quantity))
        .select_from(Part)
        .join(part, part.id == Part.part_id)
        .where(Part.bundle_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )
    return func.coalesce(Variant.weight_grams, of_parts, 0)


def _first_picture() -> tuple[ScalarSelect[str | None], ScalarSelect[str | None]]:
    """The name and the words of what the product's gallery shows first."""
    first = (
        select(Exhibit.picture, Exhibit.alt)
        .where(Exhibit.product_id == Product.id)
        .order_by(Exhibit.position)
        .limit(1)
        .correlate(Product)
    )
    return (
        first.with_only_columns(Exhibit.picture).scalar_subquery(),
        first.with_only_columns(Exhibit.alt).scalar_subquery(),
    )


def _began(variant_id: Any, at: ColumnElement[datetime]) -> Any:
    """When the price began that a variant had at a moment."""
    earlier = aliased(Price)
    return (
        select(func.max(earlier.valid_from))
        .where(earlier.variant_id == variant_id, earlier.valid_from <= at)
        .scalar_subquery()
    )


def _read(statement: _Offers, *, compared: bool = True) -> list[Offer]:
    with db.reading() as session:
        rows = session.execute(statement, execution_options={"populate_existing": True}).all()
        earlier = prices.earlier([row[1].id for row in rows]) if rows and compared else {}
    return [_offer(row, earlier.get(row[1].id)) for row in rows]


def _offer(row: _Row, earlier: int | None = None) -> Offer:
    product, variant, price, available, pieces, grams, picture, _ = row
    only = variant.title == product.title
    return Offer(
        variant_id=variant.id,
        sku=variant.sku,
        title=product.title if only else f"{product.title}, {variant.title}",
        form=variant.title,
        slug=product.slug,
        picture=picture,
        amount=price.amount,
        currency=price.currency,
        available=available,
        options={each["name"]: each["value"] for each in variant.options},
        earlier_amount=earlier,
        pieces=pieces or 1,
        weight_grams=grams,
        gtin=variant.gtin,
    )
