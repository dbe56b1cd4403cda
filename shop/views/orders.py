"""Order pages by link, and the form that sends the links again."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.headers import cache_publicly
from core.web.limits import limiter, network
from shop import checkout, letters, orders, papers, payments, withdrawals
from shop.brakes import TooManyOpen
from shop.forms import Invalid, read_email
from shop.links import order_path
from shop.models import Order
from shop.redemptions import NotUsable
from shop.stock import SoldOut
from shop.views.checkout import too_many, unreachable

pages = Blueprint("orders", __name__, url_prefix="/orders")

_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@pages.get("/")
def ask() -> Response:
    """The form that asks for an e-mail address."""
    return cache_publicly(Response(render_template("shop/order_links.html", email="", error=None)))


@pages.post("/")
@limiter.limit("10 per minute; 60 per hour")
def send_links() -> ResponseReturnValue:
    """The same answer for every address, whoever has orders here."""
    entered = request.form.get("email", "")
    try:
        email = read_email(entered)
    except Invalid as error:
        return render_template("shop/order_links.html", email=entered, error=str(error)), 400
    if email is None:
        missing = "Enter the e-mail address that you ordered with."
        return render_template("shop/order_links.html", email="", error=missing), 400
    letters.send_links(email)
    return render_template("shop/order_links_sent.html", email=email)


@pages.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """Where the order stands, what was bought, where it goes, and what one can do."""
    order = named(token)
    return privately(
        render_template(
            "shop/order.html",
            order=order,
            withdrawal=withdrawals.open_of(order.id),
            may_withdraw=withdrawals.possible(order),
            credit_notes=papers.credit_notes(order),
        )
    )


@pages.post("/<token>/receipt")
@limiter.limit("3 per minute; 10 per hour")
def send_receipt(token: str) -> ResponseReturnValue:
    """Send the receipt once more to the address that it went to."""
    order = named(token)
    if order.bought:
        orders.send_again(order.id, orders.RECEIPT, by="customer")
    return redirect(f"{order_path(order)}?sent=1", 303)


@pages.post("/<token>/pay")
@limiter.limit("10 per minute")
def pay(token: str) -> ResponseReturnValue:
    """To the payment page again, for an order that nobody has paid."""
    order = named(token)
    try:
        again = checkout.try_again(order, network())
    except SoldOut as error:
        html = render_template("shop/sold_out.html", line=error.line, offer=None, purchase=None)
        return html, 409
    except NotUsable as error:
        abort(409, f"{error} Your order stays as it is, and nothing was charged.")
    except (orders.NotPossible, checkout.Overtaken):
        return redirect(order_path(order), 303)
    except TooManyOpen as error:
        return too_many(error)
    except (payments.Unavailable, payments.Refused):
        return unreachable()
    return redirect(again.payment_url or order_path(order), 303)


def named(token: str) -> Order:
    """The order that a link names, or 404."""
    return orders.by_token(token) or abort(404, "There is no order at this address.")


def privately(html: str, status: int = 200) -> Response:
    """A page that only whoever has its link may see: it is kept and passed on by nobody."""
    answer = make_response(html, status)
    answer.headers.update(_PRIVATE)
    return answer
