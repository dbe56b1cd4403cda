"""Plugs `staff` into an app: sign-in, desks, commands."""

from datetime import timedelta

from flask import Blueprint, Flask, Response

from core import readiness as launch
from staff import (
    access,
    account,
    beginnings,
    cli,
    comments,
    disputes,
    drafts,
    flights,
    gallery,
    imports,
    letter_pieces,
    media,
    money,
    newsletters,
    orders,
    origins,
    outbox,
    pages,
    papers,
    parcels,
    pieces,
    posts,
    prices,
    products,
    promotions,
    readers,
    readiness,
    redirects,
    repayments,
    returns,
    reviews,
    revisions,
    search,
    segments,
    sequence_settings,
    sequences,
    settings,
    shelf,
    shipping,
    sign_in,
    styleguide,
    subscribers,
    suppressions,
    today,
    variants,
    working_copies,
)

_DESKS = (
    today,
    variants,
    orders,
    returns,
    money,
    origins,
    shelf,
    shipping,
    promotions,
    gallery,
    media,
    posts,
    prices,
    products,
    comments,
    reviews,
    pages,
    newsletters,
    sequences,
    subscribers,
    segments,
    outbox,
    settings,
    redirects,
    search,
    account,
    styleguide,
)

for _part in (parcels, papers, repayments, disputes):
    orders.desk.register_blueprint(_part.pages)
for _part in (working_copies, revisions, pieces, readers):
    posts.desk.register_blueprint(_part.pages)
newsletters.desk.register_blueprint(letter_pieces.pages)
for _part in (imports, suppressions):
    subscribers.desk.register_blueprint(_part.pages)
for _part in (beginnings, drafts, flights, sequence_settings):
    sequences.desk.register_blueprint(_part.pages)


def init_app(app: Flask) -> None:
    """Plug in."""
    access.init_app(app)
    app.permanent_session_lifetime = timedelta(days=7)
    office = Blueprint("staff", __name__, url_prefix="/staff")
    office.register_blueprint(sign_in.pages)
    office.register_blueprint(reviews.asking)
    office.register_blueprint(returns.terms)
    for module in _DESKS:
        office.register_blueprint(module.desk)
    office.after_request(_keep_nowhere)
    app.register_blueprint(office)
    app.cli.add_command(cli.commands)
    app.cli.add_command(cli.imports)
    launch.register(readiness.check)


def _keep_nowhere(response: Response) -> Response:
    """Its pages show people's data: no browser keeps them past the session."""
    response.headers["Cache-Control"] = "no-store"
    return response
