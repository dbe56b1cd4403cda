"""Plugs `shop` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask

from core import events, money
from core import readiness as launch
from core.mail.events import Complained
from core.web import sitemap, visits
from shop import (
    catalog,
    cli,
    consents,
    delivery,
    letters,
    readiness,
    refusals,
    reminders,
    restock,
    restock_letters,
    return_letters,
    review_requests,
    shipping,
    staff_letters,
    testimonials,
)
from shop.events import CheckoutAbandoned
from shop.views import (
    carts,
    checkout,
    feeds,
    orders,
    papers,
    products,
    returns,
    reviews,
    visited,
    webhooks,
    withdrawals,
)
from shop.views import (
    refusals as refusal_pages,
)
from shop.views import restock as restock_pages

_PAGES = (
    products,
    carts,
    checkout,
    orders,
    papers,
    withdrawals,
    returns,
    reviews,
    refusal_pages,
    restock_pages,
    webhooks,
    feeds,
)


def init_app(app: Flask) -> None:
    """Plug in. The jobs `shop.sweep`, `shop.reconcile` and others come with their modules."""
    for part in _PAGES:
        app.register_blueprint(part.pages)
    sitemap.add(app, products.addresses)
    visits.add(app, visited.read)
    app.jinja_env.globals.update(
        hero=catalog.hero,
        hero_path=catalog.hero_path,
        product_card=catalog.product_card,
        restock_wording=restock.WORDING,
        letters_wording=consents.LETTERS.text,
        reminder_wording=consents.REMINDER.text,
        customers_wording=consents.customers,
        no_letters=consents.NO_LETTERS,
        address_lines=shipping.address_lines,
        purchases_of=reviews.of_order,
        testimonials=testimonials.picked,
        testimonial=testimonials.one,
        shipping_by_weight=shipping.by_weight,
    )
    app.jinja_env.filters.update(
        country_name=shipping.country_name,
        decimal=money.to_decimal,
        arrival=delivery.arrival,
        arrival_in_short=delivery.arrival_in_short,
    )
    letters.install()
    staff_letters.install()
    review_requests.install()
    reminders.install()
    events.listen(CheckoutAbandoned, reminders.on_abandoned)
    events.listen(Complained, refusals.on_complained)
    return_letters.install()
    restock_letters.install()
    launch.register(readiness.check)
    app.cli.add_command(cli.reconcile)
