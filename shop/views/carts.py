"""The cart's page: what is in it, where it goes, what it costs with shipping, before Stripe."""

from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.limits import limiter
from shop import cart, catalog, promotions, shipping, words
from shop.cart import Cart
from shop.forms import MOST, Invalid, read_quantity, read_source
from shop.views import baskets
from shop.views.products import page_again
from shop.words import TooLong

pages = Blueprint("cart", __name__)


@dataclass(frozen=True, kw_only=True)
class Entered:
    """The checkout form of the cart as it was filled in, and what to put right in it, by field."""

    email: str = ""
    code: str | None = None
    letters: bool = False
    remind: bool = False
    refuse: bool = False
    gift: str | None = None
    note: str | None = None
    quantities: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@pages.get("/cart")
def show() -> ResponseReturnValue:
    """What is in the cart."""
    return page(baskets.current(), Entered())


@pages.post("/cart/items")
def add() -> ResponseReturnValue:
    """Put something into the cart."""
    offer = catalog.offer(request.form.get("sku", "")) or abort(404)
    try:
        quantity = read_quantity(request.form.get("quantity", "1"))
    except Invalid as error:
        return page_again(offer, {"quantity": str(error)})
    kept = cart.add(baskets.current(), offer.sku, quantity)
    kept = replace(
        kept,
        source=read_source(request.form.get("from")) or kept.source,
        country=read_country(request.form.get("country")) or kept.country,
    )
    return _to_cart(kept)


@pages.post("/cart/items/<sku>")
def change(sku: str) -> ResponseReturnValue:
    """Set how many there are of something; none removes it."""
    basket = baskets.current()
    entered = request.form.get("quantity", "")
    try:
        quantity = read_quantity(entered, least=0)
    except Invalid as error:
        errors = {sku: str(error)}
        return page(basket, Entered(quantities={sku: entered}, errors=errors), 400)
    if sku not in basket.lines:
        abort(404)
    return _to_cart(cart.change(basket, sku, quantity))


@pages.post("/cart/country")
def choose_country() -> ResponseReturnValue:
    """Say where it goes, to see what it costs; what was entered meanwhile is kept.

    The cart's cookie keeps no address and no consent: they come back on the page itself.
    """
    country = read_country(request.form.get("country"))
    errors: dict[str, str] = {}
    basket = with_words(replace(baskets.current(), country=country), errors)
    if errors:
        return again(basket, errors, 400)
    if request.form.get("email") or {"letters", "remind", "no_letters"} & request.form.keys():
        return baskets.keep(make_response(again(basket, {}, 200)), basket)
    return _to_cart(basket)


@pages.post("/cart/code")
@limiter.limit("20 per minute; 200 per hour")
def enter_code() -> ResponseReturnValue:
    """Take a promotion code, or none where the field was emptied; a wrong one is not kept."""
    entered = request.form.get("code", "")
    basket = replace(baskets.current(), code=promotions.spelled(entered) or None)
    problem = cart.bill(basket).problem
    if problem:
        basket = replace(basket, code=None)
        return page(basket, Entered(code=entered, errors={"code": problem}), 400)
    return _to_cart(basket)


@pages.post("/cart/code/remove")
def remove_code() -> ResponseReturnValue:
    """Use no promotion code."""
    return _to_cart(replace(baskets.current(), code=None))


def again(basket: Cart, errors: dict[str, str], status: int) -> ResponseReturnValue:
    """The page with the checkout form as it was sent, and what to put right in it."""
    form = request.form
    entered = Entered(
        email=form.get("email", ""),
        letters="letters" in form,
        remind="remind" in form,
        refuse="no_letters" in form,
        gift=form.get("gift"),
        note=form.get("note"),
        errors=errors,
    )
    return page(basket, entered, status)


def with_words(basket: Cart, errors: dict[str, str]) -> Cart:
    """The cart with the gift message and the note of the form, where it has those fields."""
    given: dict[str, str | None] = {}
    for name in ("gift", "note"):
        try:
            given |= {name: words.read(request.form[name])} if name in request.form else {}
        except TooLong as error:
            errors[name] = str(error)
    return replace(basket, **given)  # type: ignore[arg-type] # two fields of text


def page(basket: Cart, entered: Entered, status: int = 200) -> ResponseReturnValue:
    """The cart's page, with its forms as they were filled in."""
    html = render_template(
        "shop/cart.html",
        bill=cart.bill(basket),
        gift=basket.gift if entered.gift is None else entered.gift,
        note=basket.note if entered.note is None else entered.note,
        longest=words.LONGEST,
        code=basket.code if entered.code is None else entered.code,
        takes_codes=promotions.any_open(),
        entered=entered,
        most=MOST,
    )
    return html, status


def read_country(entered: str | None, *, grams: int = 0) -> str | None:
    """A country that we ship so many grams to, or None."""
    known = shipping.rate(entered, grams=grams) if entered else None
    return known.country if known else None


def _to_cart(kept: Cart) -> Response:
    return baskets.keep(make_response(redirect("/cart", 303)), kept)
