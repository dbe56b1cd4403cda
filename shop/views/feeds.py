"""What price comparisons read: Google's product feed."""

from collections import Counter

from flask import Blueprint, Response, current_app, render_template

from core.web import pictures
from core.web.headers import cache_publicly
from core.web.pictures import Picture
from shop import catalog, gallery, shipping
from shop.catalog import Offer
from shop.models import Product

pages = Blueprint("feeds", __name__)

_NAMES = ("color", "size", "material", "pattern")
_MOST_PICTURES = 11  # a main one and ten more


@pages.get("/feeds/google.xml")
def google() -> Response:
    """Every variant that is sold, as RSS 2.0 with Google's attributes.

    https://support.google.com/merchants/answer/7052112 (read 2026-11-30). A picture is required, so
    what has none is left out.
    """
    products = {product.slug: product for product in catalog.every()}
    shown = {slug: _pictures(product) for slug, product in products.items()}
    offers = [offer for offer in catalog.on_sale() if shown[offer.slug]]
    variants = Counter(offer.slug for offer in offers)
    xml = render_template(
        "shop/google.xml",
        offers=offers,
        several={slug: count > 1 for slug, count in variants.items()},
        options={offer.sku: _by_google_name(offer) for offer in offers},
        rates={
            offer.sku: shipping.rates(goods=offer.amount, grams=offer.weight_grams)
            for offer in offers
        },
        products=products,
        pictures=shown,
        mixed=catalog.mixed_bundles(),
        site_url=current_app.jinja_env.globals["site_url"],
    )
    return cache_publicly(Response(xml, mimetype="application/xml"))


def _pictures(product: Product) -> list[Picture]:
    named = [exhibit.picture for exhibit in gallery.of(product)]
    return [found for name in named if (found := pictures.find(name))][:_MOST_PICTURES]


def _by_google_name(offer: Offer) -> dict[str, str]:
    """Those of a variant's options that Google has names for."""
    named = {name.lower(): value for name, value in offer.options.items()}
    return {name: value for name, value in named.items() if name in _NAMES}
