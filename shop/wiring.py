"""Plugs `shop` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask

from shop import catalog, shipping
from shop.views import pictures, products


def init_app(app: Flask) -> None:
    """Plug in."""
    app.register_blueprint(products.pages)
    app.jinja_env.globals.update(
        product_card=catalog.product_card,
        product_picture=pictures.find,
    )
    app.jinja_env.filters["country_name"] = shipping.country_name
