"""Tell me when it is back: the form's answer, and the page on which one confirms or changes it."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from core.links import BadLink
from core.web.limits import limiter
from shop import catalog, restock
from shop.forms import Invalid, read_email
from shop.models import Product, RestockRequest
from shop.views.orders import privately

pages = Blueprint("restock", __name__)


@pages.post("/products/<slug>/restock")
@limiter.limit("10 per minute; 60 per hour")
def ask(slug: str) -> ResponseReturnValue:
    """The same answer for every address, whoever waits already."""
    product = catalog.by_slug(slug) or abort(404)
    offer = catalog.offer(request.form.get("sku", ""))
    if offer is None or offer.slug != slug:
        abort(404)
    try:
        email = read_email(request.form.get("email", ""))
    except Invalid as error:
        return _again(product, str(error))
    if email is None:
        return _again(product, "Enter the e-mail address to write to.")
    # The field `website` is hidden from people; what fills it in is a machine.
    if not request.form.get("website"):
        restock.ask(offer, email, page=offer.url)
    return privately(render_template("shop/restock_asked.html", product=product, offer=offer))


@pages.get("/restock/<token>")
def show(token: str) -> ResponseReturnValue:
    """The button that confirms, or takes back; programs that open links in mail press none."""
    return _page(token, _found(token))


@pages.post("/restock/<token>")
@limiter.limit("30 per minute")
def act(token: str) -> ResponseReturnValue:
    """Do what the pressed button says: `action` is confirm or stop."""
    _found(token)
    if request.form.get("action") == "stop":
        restock.withdraw(token)
    else:
        restock.confirm(token)
    return _page(token, _found(token))


def _found(token: str) -> RestockRequest | None:
    try:
        return restock.find(token)
    except BadLink:
        abort(404, "This link is not one of ours.")


def _page(token: str, wish: RestockRequest | None) -> Response:
    html = render_template("shop/restock.html", token=token, wish=wish)
    return privately(html)


def _again(product: Product, error: str) -> ResponseReturnValue:
    html = render_template(
        "shop/restock_ask.html",
        product=product,
        offers=catalog.offers(product),
        entered=request.form.get("email", ""),
        chosen=request.form.get("sku"),
        error=error,
    )
    return html, 400
