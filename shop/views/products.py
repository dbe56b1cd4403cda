"""The product page: the same for everybody, its price that of this moment."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from core.web import pictures
from core.web.headers import cache_publicly
from core.web.pictures import Picture
from core.web.sitemap import Listed
from shop import attribution, catalog, gallery, reviews, shipping, structured, ways
from shop.catalog import Offer
from shop.forms import MOST, Wish, read_source
from shop.models import Exhibit, Product
from shop.reviews import Summary
from shop.structured import Sheet

pages = Blueprint("products", __name__)

_MOST_REVIEWS = 3


@pages.get("/products/<slug>")
def product(slug: str) -> Response:
    """What it is, what it costs with shipping, how it is used, who must not."""
    shown = catalog.by_slug(slug) or abort(404)
    form = Wish(sku=request.args.get("variant"), source=read_source(request.args.get("from")))
    html = page(shown, form)
    if form.source:
        html = ways.carry(html, attribution.via(form.source, f"product:{slug}"))
    return cache_publicly(Response(html), asked=("variant", "from"))


def addresses() -> list[Listed]:
    """The pages of what is sold, with their pictures, for the map of the site."""
    sold = {offer.url: catalog.by_slug(offer.slug) for offer in catalog.on_sale()}
    return [
        Listed(url, images=[picture.url for picture, _ in _exhibits(product)])
        for url, product in sold.items()
        if product is not None
    ]


def page(shown: Product, form: Wish) -> str:
    """The product page, with its form as it was filled in."""
    offers = catalog.offers(shown)
    rates = {
        each.sku: shipping.rates(goods=each.amount, grams=each.weight_grams) for each in offers
    }
    chosen = _chosen(offers, form.sku)
    exhibits = _exhibits(shown)
    spread, newest = reviews.summary(shown), reviews.listed(shown, size=_MOST_REVIEWS)
    sheet = Sheet(
        product=shown,
        offers=offers,
        rates=rates,
        pictures=[picture.url for picture, _ in exhibits],
        site_url=str(current_app.jinja_env.globals["site_url"]),
        rating=_rating(spread),
        reviews=newest.rows,
    )
    return render_template(
        "shop/product.html",
        product=shown,
        details=shown.details,
        offers=offers,
        chosen=chosen,
        gone=[(offer.sku, offer.title) for offer in offers if not offer.in_stock],
        rates=rates[chosen.sku] if chosen else (),
        exhibits=exhibits,
        data=[structured.product(sheet), structured.way(sheet)],
        beside=catalog.accessories(shown),
        spread=spread,
        newest=newest.rows,
        used=reviews.USED,
        most=MOST,
        form=form,
    )


def _exhibits(shown: Product) -> list[tuple[Picture, Exhibit]]:
    """The gallery, as far as its pictures are there."""
    return [
        (picture, each) for each in gallery.of(shown) if (picture := pictures.find(each.picture))
    ]


def _rating(spread: Summary) -> tuple[float, int] | None:
    return (spread.average, spread.count) if spread.average is not None else None


def _chosen(offers: Sequence[Offer], sku: str | None) -> Offer | None:
    """The variant that was asked for; else the first that is there, else the first."""
    asked = [offer for offer in offers if offer.sku == sku]
    there = [offer for offer in offers if offer.in_stock]
    return next(iter((*asked, *there, *offers)), None)


def page_again(
    offer: Offer, errors: dict[str, str], *, code: str | None = None, status: int = 400
) -> ResponseReturnValue:
    """The product page of what somebody wanted, and what to put right beside its fields."""
    shown = catalog.by_slug(offer.slug) or abort(404)
    form = Wish(
        sku=offer.sku,
        quantity=request.form.get("quantity", "1"),
        country=request.form.get("country"),
        source=read_source(request.form.get("from")),
        email=request.form.get("email", ""),
        code=code,
        errors=errors,
    )
    return page(shown, form), status
