"""Plugs `newsletter` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask
from werkzeug.test import Client

from core import events
from core import readiness as launch
from core.mail import letters as mail_letters
from core.mail.events import AskedToLeave, Bounced, Complained
from core.web import sitemap, visits
from newsletter import (
    address_changes,
    choices,
    cli,
    clicks,
    deadlinks,
    dispatch,
    letters,
    mailing,
    notebook,
    own_pages,
    purchases,
    readiness,
    subscribers,
    suppression,
    tick,
    triggers,
    upkeep,
    views,
)
from newsletter.events import Confirmed, Erased, Left, PreferencesChanged, Returned, Tagged
from newsletter.wording import paces, wording
from shop.events import (
    ArrivalTakenBack,
    BackInStock,
    CheckoutAbandoned,
    OrderDelivered,
    OrderPaid,
    OrderRefunded,
)

# Each of these names its jobs when it is imported.
JOBS = (dispatch, tick, triggers, upkeep)


def init_app(app: Flask) -> None:
    """Plug in."""
    app.register_blueprint(views.pages)
    app.register_blueprint(own_pages.pages)
    app.extensions["notebook"] = notebook.begin()
    sitemap.add(app, views.on_the_map)
    visits.add(app, clicks.read)
    app.jinja_env.globals.update(newsletter_wording=wording, newsletter_paces=paces)
    deadlinks.install(
        lambda path: Client(app).get(path, headers={"User-Agent": deadlinks.AGENT}).status_code
    )
    letters.install()
    mail_letters.withhold_from(suppression.shut_out)
    launch.register(readiness.check)
    mailing.install()
    for group in (cli.newsletter, cli.subscribers):
        app.cli.add_command(group)
    events.listen(Confirmed, triggers.on_confirmed)
    events.listen(Tagged, triggers.on_tagged)
    events.listen(OrderPaid, purchases.on_order_paid)
    events.listen(OrderDelivered, purchases.on_order_delivered)
    events.listen(ArrivalTakenBack, purchases.on_arrival_taken_back)
    events.listen(OrderRefunded, purchases.on_order_refunded)
    events.listen(CheckoutAbandoned, purchases.on_checkout_abandoned)
    events.listen(BackInStock, purchases.on_back_in_stock)
    events.listen(Left, choices.on_left)
    events.listen(Left, purchases.on_left)
    events.listen(Erased, purchases.on_erased)
    events.listen(Returned, choices.on_returned)
    events.listen(PreferencesChanged, choices.on_preferences_changed)
    events.listen(Erased, choices.on_erased)
    events.listen(Erased, address_changes.on_erased)
    events.listen(Bounced, subscribers.on_bounced)
    events.listen(Complained, subscribers.on_complained)
    events.listen(AskedToLeave, subscribers.on_asked_to_leave)
