"""Plugs `shop` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask

from shop import catalog, cli, letters, shipping
from shop.views import carts, checkout, orders, pictures, products, webhooks


def init_app(app: Flask) -> None:
    """Plug in. The jobs `shop.sweep` and `shop.reconcile` come with their modules."""
    for part in (products, carts, checkout, orders, webhooks):
        app.register_blueprint(part.pages)
    app.jinja_env.globals.update(
        product_card=catalog.product_card,
        product_picture=pictures.find,
    )
    app.jinja_env.filters["country_name"] = shipping.country_name
    letters.install()
    app.cli.add_command(cli.reconcile)
