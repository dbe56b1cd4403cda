"""Products as staff write them: their words, variants, bundles, and what goes with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from sqlalchemy import delete, select

from core import clock, db, redirects, settings
from shop.models import Accessory, Part, Product, Stock, Variant


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer fills in for a product; `body` is Markdown.

    `details` may hold the lists of its page: `tagline`, `specifications` (name, value), `muscles`
    (id, end, use), `steps` (title, text), `contraindications`, `never_press`, `questions` (q, a),
    `posts`, `safety_contact`, and notices. What is unknown is left out.
    """

    slug: str
    title: str
    summary: str
    body: str
    details: dict[str, Any] = field(default_factory=dict)
    sample: bool = False
    published: bool = True


def save(draft: Draft) -> Product:
    """Make the product, or change the one with this slug.

    The site is about the first that there is, until staff name another.
    """
    with db.transaction() as session:
        product = session.scalar(select(Product).where(Product.slug == draft.slug))
        if draft.published and not _is_here(settings.store().hero_product):
            settings.change(hero_product=draft.slug)
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
            if settings.store().hero_product == before:
                settings.change(hero_product=slug)
    return product


def save_variant(
    product: Product,
    sku: str,
    *,
    title: str,
    options: Mapping[str, str] | None = None,
    weight_grams: int | None = None,
    gtin: str | None = None,
    position: int = 0,
    on_sale: bool = True,
) -> Variant:
    """Make the variant, or change the one with this SKU; it sells once it has a price.

    `options` tell it from the others of its product, such as Color: Black.
    """
    with db.transaction() as session:
        variant = session.scalar(select(Variant).where(Variant.sku == sku)) or Variant(sku=sku)
        variant.product_id, variant.title = product.id, title
        variant.options = [{"name": k, "value": v} for k, v in (options or {}).items()]
        variant.weight_grams, variant.gtin = weight_grams, gtin
        variant.position, variant.on_sale = position, on_sale
        session.add(variant)
        session.flush()
        db.insert_missing(Stock, variant_id=variant.id, on_hand=0, reserved=0)
    return variant


def make_up(sku: str, parts: Mapping[str, int]) -> None:
    """Make a variant a bundle of so many units of others, by SKU; of none, a thing of its own.

    Raises `ValueError` where that cannot be: a part is a bundle itself, or is not there; the
    variant is a part of another; or it has units of its own on the shelf.
    """
    with db.transaction() as session:
        bundle = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        made_of = session.scalars(select(Variant).where(Variant.sku.in_(parts))).all()
        if parts:
            _check_parts(bundle, made_of, parts)
        session.execute(delete(Part).where(Part.bundle_id == bundle.id))
        session.add_all(
            Part(bundle_id=bundle.id, part_id=part.id, quantity=parts[part.sku]) for part in made_of
        )
        session.flush()
        session.expire(bundle, ["parts"])


def accompany(product: Product, accessories: Sequence[str]) -> None:
    """Show these products (by slug) beside another, in this order. Raises `ValueError`."""
    with db.transaction() as session:
        found = {
            other.slug: other.id
            for other in session.scalars(select(Product).where(Product.slug.in_(accessories)))
            if other.id != product.id
        }
        if missing := [slug for slug in accessories if slug not in found]:
            raise ValueError(f"there is no other product at {', '.join(missing)}")
        session.execute(delete(Accessory).where(Accessory.product_id == product.id))
        session.add_all(
            Accessory(product_id=product.id, accessory_id=found[slug], position=position)
            for position, slug in enumerate(dict.fromkeys(accessories))
        )


def is_gtin(number: str) -> bool:
    """Whether it can stand under a bar code: its last digit proves the others (GS1's standard)."""
    digits = [int(digit) for digit in number] if number.isascii() and number.isdigit() else []
    weighed = sum(digit * (3 if n % 2 else 1) for n, digit in enumerate(reversed(digits)))
    return len(digits) in _GTIN_LENGTHS and weighed % 10 == 0


def render(body: str) -> str:
    """Markdown as HTML; raw HTML in it stays text."""
    html: str = _MARKDOWN.render(body)
    return html


_GTIN_LENGTHS = (8, 12, 13, 14)
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
    ["replacements", "smartquotes", "table"]
)


def _is_here(slug: str) -> bool:
    return db.session().scalar(select(Product.id).where(Product.slug == slug)) is not None


def _write(product: Product, draft: Draft) -> None:
    product.title, product.summary, product.body = draft.title, draft.summary, draft.body
    product.html, product.details = render(draft.body), draft.details
    product.sample, product.published = draft.sample, draft.published
    product.updated_at = clock.now()


def _check_parts(bundle: Variant, made_of: Sequence[Variant], parts: Mapping[str, int]) -> None:
    session = db.session()
    known = {part.sku for part in made_of}
    if missing := [sku for sku in parts if sku not in known]:
        raise ValueError(f"there is no {', '.join(missing)}")
    if min(parts.values()) < 1:
        raise ValueError("a part is in it at least once")
    if bundle.sku in parts or any(part.parts for part in made_of):
        raise ValueError("a bundle cannot hold a bundle")
    if session.scalar(select(Part.bundle_id).where(Part.part_id == bundle.id).limit(1)):
        raise ValueError("it is a part of another bundle")
    if session.get_one(Stock, bundle.id).on_hand:
        raise ValueError("it has units of its own on the shelf: take those off first")
