"""To Stripe's page and back."""

import re
from collections.abc import Callable
from dataclasses import replace
from math import ceil

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core import clock, settings
from core.web.limits import limiter, network
from shop import cart, catalog, checkout, orders, payments, redemptions, settlement, shipping
from shop.brakes import TooManyOpen
from shop.cart import Cart
from shop.catalog import Offer
from shop.checkout import AlreadyPaid, NotSold, Overtaken, Purchase
from shop.forms import Invalid, read_email, read_quantity, read_source
from shop.links import order_path
from shop.models import Order
from shop.redemptions import NotUsable
from shop.stock import SoldOut
from shop.views import baskets
from shop.views.carts import again, read_country, with_words
from shop.views.products import page_again

pages = Blueprint("checkout", __name__)

_SESSION_ID = re.compile(r"cs_\w{1,250}")


@pages.post("/checkout")
@limiter.limit("30 per minute; 300 per hour")
def begin() -> ResponseReturnValue:
    """To the payment page with one thing at once, or with all that is in the cart."""
    if "sku" in request.form:
        return _buy_at_once()
    return _buy_cart()


@pages.get("/checkout/complete")
@limiter.limit("60 per minute")
def complete() -> ResponseReturnValue:
    """Where Stripe sends the customer back to; settles the order if the webhook has not."""
    session_id = request.args.get("session_id", "")
    if not _SESSION_ID.fullmatch(session_id):
        abort(404)
    order = orders.of_session(session_id) or _taken_up(session_id)
    if not order.bought:
        try:
            settlement.settle(session_id, by="return page")
        except (payments.Unavailable, payments.Unknown):
            # The webhook or the reconciler will settle it; the order's page says that we wait.
            return redirect(order_path(order), 303)
        order = orders.get(order.id)
    return _leave_cart(order)


def _taken_up(session_id: str) -> Order:
    """The order of a Session that Stripe made of an expired one, which we hear of here first."""
    try:
        found = settlement.settle(session_id, by="return page")
    except payments.Unknown:
        found = None
    except payments.Unavailable:
        abort(503)
    return orders.get(found.id) if found else abort(404)


def _buy_at_once() -> ResponseReturnValue:
    form, basket = request.form, baskets.current()
    offer = catalog.offer(form.get("sku", "")) or abort(404)
    errors, quantity, email = _read(form.get("quantity", "1"), form.get("email", ""))
    grams = offer.weight_grams * quantity
    country = _country(form.get("country"), basket, grams, errors)
    code = None if "without_code" in form else basket.code
    if code and not errors:
        _check_code(code, offer, quantity, email, errors)
    if errors:
        return page_again(offer, errors, code=code)
    purchase = Purchase(
        lines={offer.sku: quantity},
        country=country,
        cart=basket.id,
        email=email,
        code=code,
        source=read_source(form.get("from")),
        marketing_consent="letters" in form,
        network=network(),
        page=offer.url,
    )
    return _go(
        purchase, basket, lambda problems: page_again(offer, problems, code=code, status=409)
    )


def _check_code(
    code: str, offer: Offer, quantity: int, email: str | None, errors: dict[str, str]
) -> None:
    """Whoever entered a code in the cart counts on it: what cannot be had with it is said first."""
    try:
        found = redemptions.usable(code, goods=offer.amount * quantity, currency=offer.currency)
    except NotUsable as problem:
        errors["code"] = str(problem)
    else:
        if found.asks_email and email is None:
            errors["code"] = "It counts by customer: enter your e-mail address."


def _buy_cart() -> ResponseReturnValue:
    form = request.form
    errors, _, email = _read("1", form.get("email", ""))
    basket = with_words(baskets.current(), errors)
    bill = cart.bill(basket)
    sold = {item.offer.sku: item.quantity for item in bill.items}
    if bill.problem:
        errors["code"] = bill.problem
    if bill.promotion and bill.promotion.asks_email and email is None:
        errors.setdefault("email", "Enter your e-mail address: your promotion code counts by it.")
    if "remind" in form and email is None:
        errors.setdefault("email", "Enter your e-mail address, so that we can remind you.")
    country = _country(form.get("country"), basket, bill.grams, errors)
    if not sold or errors:
        return again(basket, errors, 400)
    purchase = Purchase(
        lines=sold,
        country=country,
        cart=basket.id,
        email=email,
        source=basket.source,
        marketing_consent="letters" in form,
        network=network(),
        code=basket.code,
        reminder="remind" in form and settings.store().checkout_reminders,
        told="told" in form and "no_letters" not in form,
        gift_message=basket.gift,
        customer_note=basket.note,
    )
    return _go(purchase, basket, lambda problems: again(basket, problems, 409))


def _go(
    purchase: Purchase, basket: Cart, refuse: Callable[[dict[str, str]], ResponseReturnValue]
) -> ResponseReturnValue:
    """To Stripe's page, or to a page that says why not; `refuse` shows the form again."""
    try:
        order = checkout.begin(purchase)
    except AlreadyPaid as paid:
        return _leave_cart(paid.order)
    except SoldOut as error:
        return baskets.keep(make_response(_sold_out(error, purchase)), basket)
    except NotUsable as error:
        return refuse({"code": str(error)})
    except TooManyOpen as error:
        return too_many(error)
    except NotSold as error:
        abort(409, str(error))
    except Overtaken:
        abort(409, "You went to the payment page twice at once. The other one counts.")
    except (payments.Unavailable, payments.Refused, payments.Unknown):
        return unreachable(purchase)
    answer = make_response(redirect(order.payment_url or "/cart", 303))
    return baskets.keep(answer, replace(basket, id=purchase.cart, country=purchase.country))


def unreachable(purchase: Purchase | None = None) -> ResponseReturnValue:
    """Stripe does not answer: nothing was charged, and the same form again."""
    return render_template("shop/unreachable.html", form=request.form, purchase=purchase), 503


def too_many(error: TooManyOpen) -> ResponseReturnValue:
    """The visitor's network has many payment pages open: nothing was charged, and when to come."""
    wait = error.until - clock.now()
    minutes = max(1, ceil(wait.total_seconds() / 60))
    html = render_template("shop/too_many.html", minutes=minutes)
    return html, 429, {"Retry-After": str(minutes * 60)}


def _sold_out(error: SoldOut, purchase: Purchase) -> ResponseReturnValue:
    offer = catalog.offer(error.line.sku)
    html = render_template("shop/sold_out.html", line=error.line, offer=offer, purchase=purchase)
    return html, 409


def _leave_cart(order: Order) -> ResponseReturnValue:
    """To the order's page; what was bought is in the cart no more."""
    answer = make_response(redirect(order_path(order), 303))
    basket = baskets.current()
    if order.cart == basket.id and order.ordered:
        return baskets.keep(answer, cart.without(basket, order))
    return answer


def _read(quantity: str, email: str) -> tuple[dict[str, str], int, str | None]:
    errors: dict[str, str] = {}
    units, address = 0, None
    try:
        units = read_quantity(quantity)
    except Invalid as error:
        errors["quantity"] = str(error)
    try:
        address = read_email(email)
    except Invalid as error:
        errors["email"] = str(error)
    return errors, units, address


def _country(entered: str | None, basket: Cart, grams: int, errors: dict[str, str]) -> str:
    """Where so many grams go: as entered, else as the cart says, else where we ship first."""
    chosen = read_country(entered or basket.country, grams=grams)
    if entered and chosen is None:
        known = read_country(entered)
        errors["country"] = (
            "This is more than we can ship there in one order. Please choose fewer."
            if known
            else "We do not ship to this country yet."
        )
    first = next(iter(shipping.rates(grams=grams)), None)
    return chosen or (first.country if first else "")
