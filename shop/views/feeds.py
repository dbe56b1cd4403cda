"""What price comparisons read: Google's product feed."""

from flask import Blueprint, Response, current_app, render_template

from core.web.headers import cache_publicly
from shop import catalog, shipping
from shop.views import pictures

pages = Blueprint("feeds", __name__)


@pages.get("/feeds/google.xml")
def google() -> Response:
    """Every variant that is sold, as RSS 2.0 with Google's attributes.

    https://support.google.com/merchants/answer/7052112
    """
    xml = render_template(
        "shop/google.xml",
        offers=catalog.on_sale(),
        rates=shipping.rates(),
        summaries={product.slug: product.summary for product in catalog.every()},
        picture=pictures.find,
        site_url=current_app.jinja_env.globals["site_url"],
    )
    return cache_publicly(Response(xml, mimetype="application/xml"), seconds=60)
