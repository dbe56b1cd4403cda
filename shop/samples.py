"""Fills an empty catalogue with the products in `content/`, through the same verbs as staff."""

from pathlib import Path
from typing import Any

import frontmatter

from core import db
from shop import catalog, gallery, prices, products, shipping, stock, upsell
from shop.gallery import Label
from shop.models import Product
from shop.products import Draft
from shop.shipping import Zone

CONTENT = Path(__file__).resolve().parent / "content"

_WHO = "sample content"
_BESIDE = ("accessories", "offered_at_payment")
_OWN = ("title", "slug", "summary", "sample", "variants", "shipping", "pictures", *_BESIDE)


def seed() -> None:
    """Load the sample product and its accessory: variants, prices, stock and shipping rates.

    What is there already stays as it is.
    """
    with db.transaction():
        added = []
        for path in sorted(CONTENT.glob("*.md")):
            wanted, given = draft(path), _front_matter(path)
            if catalog.by_slug(wanted.slug) is None:
                added.append((_add(wanted, given), given))
        for product, given in added:
            products.accompany(product, given.get("accessories", ()))
            upsell.choose(product, given.get("offered_at_payment", {}))


def draft(path: Path) -> Draft:
    """The product that a file with front matter holds."""
    file = frontmatter.load(str(path))
    given: dict[str, Any] = file.metadata
    return Draft(
        slug=given["slug"],
        title=given["title"],
        summary=given["summary"],
        body=file.content,
        details={name: value for name, value in given.items() if name not in _OWN},
        sample=given["sample"],
    )


def _front_matter(path: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = frontmatter.load(str(path)).metadata
    return metadata


def _add(wanted: Draft, given: dict[str, Any]) -> Product:
    product = products.save(wanted)
    for position, each in enumerate(given["variants"]):
        variant = products.save_variant(
            product,
            each["sku"],
            title=each["title"],
            options=each["options"],
            weight_grams=each["weight_grams"],
            position=position,
        )
        prices.set_price(each["sku"], each["price"], each["currency"], why=_WHO, who=_WHO)
        if "parts" in each:
            products.make_up(each["sku"], each["parts"])
        else:
            stock.receive(variant.id, each["stock"], by=_WHO)
    for each in given["pictures"]:
        gallery.add(product, each["name"], Label(alt=each["alt"]))
    for position, each in enumerate(given.get("shipping", ())):
        _add_zone(position, each)
    return product


def _add_zone(position: int, given: dict[str, Any]) -> None:
    shipping.save_zone(
        Zone(
            title=given["name"],
            countries=[given["zone"]],
            bands={None: given["amount"]},
            currency=given["currency"],
            days_min=given["days_min"],
            days_max=given["days_max"],
            position=position,
        )
    )
