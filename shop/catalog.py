"""The catalogue: products, their variants and prices, and what can be bought this moment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markdown_it import MarkdownIt
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from core import clock, db, redirects
from shop.models import Price, Product, Stock, Variant

_Offers = Select[Product, Variant, Price, Stock]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer fills in for a product; `body` is Markdown.

    `details` may hold the lists of its page: `tagline`, `pictures` (name, alt), `specifications`
    (name, value), `muscles` (id, end, use), `steps` (title, text), `contraindications`,
    `never_press`, `questions` (q, a), `posts`, `safety_contact`, and notices. What is unknown is
    left out.
    """

    slug: str
    title: str
    summary: str
    body: str
    details: dict[str, Any] = field(default_factory=dict)
    sample: bool = False
    published: bool = True


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A variant as it can be bought now: `amount` minor units each, `available` of them."""

    variant_id: int
    sku: str
    title: str
    slug: str
    picture: str | None
    amount: int
    currency: str
    available: int

    @property
    def in_stock(self) -> bool:
        """Whether at least one is there that nobody holds."""
        return self.available > 0

    @property
    def url(self) -> str:
        """The path of its product's page."""
        return f"/products/{self.slug}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A product in short, for posts, the home page and mail; the price is that of this moment."""

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


def by_slug(slug: str) -> Product | None:
    """The product that everybody can see at this address."""
    with db.reading() as session:
        return session.scalar(select(Product).where(Product.slug == slug, Product.published))


def every() -> Sequence[Product]:
    """All products by title."""
    with db.reading() as session:
        return session.scalars(select(Product).order_by(Product.title)).all()


def offers(product: Product) -> list[Offer]:
    """What can be bought of a product, in its order; empty where nothing has a price."""
    return _read(_offers().where(Product.id == product.id))


def offers_of(skus: Collection[str]) -> dict[str, Offer]:
    """Those of these that are sold, by SKU."""
    return {offer.sku: offer for offer in _read(_offers().where(Variant.sku.in_(skus)))}


def offer(sku: str) -> Offer | None:
    """What can be bought under this SKU."""
    return offers_of([sku]).get(sku)


def on_sale() -> list[Offer]:
    """Everything that can be bought, or could if it were in stock."""
    return _read(_offers())


def product_card(slug: str) -> Card | None:
    """The card of a product, or None where it is not sold; one query."""
    with db.reading() as session:
        row = session.execute(_offers().where(Product.slug == slug).limit(1)).first()
    if row is None:
        return None
    product, first = row[0], _offer(*row)
    pictures = product.details.get("pictures") or [{"name": None, "alt": ""}]
    return Card(
        title=product.title,
        summary=product.details.get("tagline") or product.summary,
        url=first.url,
        sku=first.sku,
        amount=first.amount,
        currency=first.currency,
        in_stock=first.in_stock,
        picture=first.picture,
        picture_alt=pictures[0]["alt"],
        sample=product.sample,
    )


def save(draft: Draft) -> Product:
    """Make the product, or change the one with this slug."""
    with db.transaction() as session:
        product = session.scalar(select(Product).where(Product.slug == draft.slug))
        product = product or Product(slug=draft.slug, created_at=clock.now())
        _write(product, draft)
        session.add(product)
        session.flush()
    return product


def rename(product_id: int, slug: str) -> Product:
    """Give a product another address; the old one leads to it."""
    with db.transaction() as session:
        product = session.get_one(Product, product_id)
        before, product.slug = product.slug, slug
        product.updated_at = clock.now()
        if before != slug:
            redirects.remove(f"/products/{slug}")
            redirects.add(f"/products/{before}", f"/products/{slug}")
    return product


def save_variant(
    product: Product,
    sku: str,
    *,
    title: str,
    weight_grams: int | None = None,
    position: int = 0,
    on_sale: bool = True,
) -> Variant:
    """Make the variant, or change the one with this SKU; it sells once it has a price."""
    with db.transaction() as session:
        variant = session.scalar(select(Variant).where(Variant.sku == sku)) or Variant(sku=sku)
        variant.product_id, variant.title = product.id, title
        variant.weight_grams, variant.position, variant.on_sale = weight_grams, position, on_sale
        session.add(variant)
        session.flush()
        db.insert_missing(Stock, variant_id=variant.id, on_hand=0, reserved=0)
    return variant


def set_price(sku: str, amount: int, currency: str, *, at: datetime | None = None) -> None:
    """Let a variant cost `amount` minor units from now, or from `at`.

    Raises `ValueError` for an amount below 1.
    """
    if amount < 1:
        raise ValueError("a price is at least one minor unit")
    with db.transaction() as session:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        session.add(
            Price(
                variant_id=variant.id,
                amount=amount,
                currency=currency.upper(),
                valid_from=at or clock.now(),
            )
        )


def lowest_price(variant_id: int, days: int = 30) -> int | None:
    """The lowest price of the last days, in minor units (98/6/EC, article 6a)."""
    since = clock.now() - timedelta(days=days)
    with db.reading() as session:
        began = _began(variant_id, since)
        return session.scalar(
            select(func.min(Price.amount)).where(
                Price.variant_id == variant_id,
                Price.valid_from <= clock.now(),
                Price.valid_from >= func.coalesce(began, since),
            )
        )


def render(body: str) -> str:
    """Markdown as HTML; raw HTML in it stays text."""
    html: str = _MARKDOWN.render(body)
    return html


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
    ["replacements", "smartquotes", "table"]
)


def _write(product: Product, draft: Draft) -> None:
    product.title, product.summary, product.body = draft.title, draft.summary, draft.body
    product.html, product.details = render(draft.body), draft.details
    product.sample, product.published = draft.sample, draft.published
    product.updated_at = clock.now()


def _offers() -> _Offers:
    """One row for each variant that is sold, with its price of this moment."""
    current = _began(Variant.id, clock.now())
    return (
        select(Product, Variant, Price, Stock)
        .join(Variant, Variant.product_id == Product.id)
        .join(Price, (Price.variant_id == Variant.id) & (Price.valid_from == current))
        .join(Stock, Stock.variant_id == Variant.id)
        .where(Product.published, Variant.on_sale)
        .order_by(Product.id, Variant.position, Variant.id)
    )


def _began(variant_id: Any, at: datetime) -> Any:
    """When the price began that a variant had at a moment."""
    earlier = aliased(Price)
    return (
        select(func.max(earlier.valid_from))
        .where(earlier.variant_id == variant_id, earlier.valid_from <= at)
        .scalar_subquery()
    )


def _read(statement: _Offers) -> list[Offer]:
    with db.reading() as session:
        rows = session.execute(statement, execution_options={"populate_existing": True}).all()
    return [_offer(*row) for row in rows]


def _offer(product: Product, variant: Variant, price: Price, stock: Stock) -> Offer:
    pictures = product.details.get("pictures") or []
    only = variant.title == product.title
    return Offer(
        variant_id=variant.id,
        sku=variant.sku,
        title=product.title if only else f"{product.title}, {variant.title}",
        slug=product.slug,
        picture=pictures[0]["name"] if pictures else None,
        amount=price.amount,
        currency=price.currency,
        available=max(0, stock.on_hand - stock.reserved),
    )
