"""Reviews: all of a product, the rules and what was taken down, and the writer's own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.headers import cache_publicly
from core.web.limits import limiter
from shop import catalog, moderation, reviews
from shop.models import Order, Review, Used
from shop.orders import NotPossible
from shop.reviews import Draft, Purchase, Sorting
from shop.views.orders import privately

pages = Blueprint("reviews", __name__)

_LONGEST = {"name": 60, "title": 120, "body": 4000}


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A form as it was filled in, and what to put right in it, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def of_order(order: Order) -> Sequence[Purchase]:
    """Lent to templates as `purchases_of`: what of an order can be reviewed or was."""
    return reviews.purchases(order)


@pages.get("/products/<slug>/reviews")
def index(slug: str) -> Response:
    """All reviews of a product: of so many stars where asked, the lowest first where asked."""
    product = catalog.by_slug(slug) or abort(404)
    stars = request.args.get("stars", type=int)
    stars = stars if stars in range(1, 6) else None
    wanted = request.args.get("sort", "")
    sorting = Sorting(wanted) if wanted in set(Sorting) else Sorting.NEWEST
    html = render_template(
        "shop/reviews.html",
        product=product,
        summary=reviews.summary(product),
        found=reviews.listed(
            product, stars=stars, sorting=sorting, after=request.args.get("after")
        ),
        stars=stars,
        sorting=sorting.value,
        used=reviews.USED,
    )
    return cache_publicly(Response(html))


@pages.get("/reviews/")
def rules() -> Response:
    """Who may write one, for what reasons one is taken down, and how often that happened."""
    html = render_template(
        "shop/review_rules.html", tally=moderation.tally(), grounds=moderation.GROUNDS
    )
    return cache_publicly(Response(html))


@pages.get("/reviews/<token>")
def show(token: str) -> ResponseReturnValue:
    """The form for what was bought, or what its writer says of it."""
    bought = _bought(token)
    return _form(bought, Entered(values=_values(bought.review)))


@pages.post("/reviews/<token>")
@limiter.limit("20 per minute; 60 per hour")
def write(token: str) -> ResponseReturnValue:
    """Show a review at once, or change one's own."""
    bought = _bought(token)
    draft, errors = _read()
    if draft is None:
        return _form(bought, Entered(values=request.form, errors=errors), 400)
    try:
        if bought.review is None:
            reviews.write(bought.line.id, draft)
        else:
            reviews.edit(bought.review.id, draft)
    except NotPossible as error:
        entered = Entered(values=request.form, errors={"form": str(error)})
        return _form(_bought(token), entered, 409)
    return redirect(f"/reviews/{token}?kept=1", 303)


@pages.post("/reviews/<token>/delete")
@limiter.limit("10 per minute")
def delete(token: str) -> ResponseReturnValue:
    """Delete one's own review for good."""
    bought = _bought(token)
    if bought.review is not None:
        reviews.delete(bought.review.id)
    return redirect(f"/reviews/{token}", 303)


def _bought(token: str) -> Purchase:
    bought = reviews.purchase(token)
    if bought is None or (bought.review is None and not bought.may_write):
        abort(404, "There is no review at this address.")
    return bought


def _form(bought: Purchase, entered: Entered, status: int = 200) -> Response:
    review = reviews.get(bought.review.id) if bought.review else None
    html = render_template(
        "shop/review.html",
        bought=bought,
        review=review,
        removal=review.removals[-1] if review and review.removed_at else None,
        entered=entered,
        grounds=moderation.GROUNDS,
        used=reviews.USED,
        wording=reviews.QUOTE_WORDING,
        longest=_LONGEST,
    )
    return privately(html, status)


def _values(review: Review | None) -> dict[str, str]:
    if review is None:
        return {}
    return {
        "stars": str(review.stars),
        "title": review.title,
        "body": review.body,
        "name": review.name,
        "used": review.used or "",
        "quote": "1" if review.quotable else "",
    }


def _read() -> tuple[Draft | None, dict[str, str]]:
    errors: dict[str, str] = {}
    stars = request.form.get("stars", "")
    if stars not in ("1", "2", "3", "4", "5"):
        errors["stars"] = "Choose from one star to five."
    title = _line("title", "Sum it up in a few words.", errors)
    body = _text("body", "Write what others should know.", errors)
    name = _line("name", "Enter the name that should stand above it.", errors)
    if "@" in name:
        errors["name"] = "Everybody will see this name, so choose one that is no e-mail address."
    used = request.form.get("used", "")
    if errors:
        return None, errors
    draft = Draft(
        stars=int(stars),
        title=title,
        body=body,
        name=name,
        used=Used(used) if used in set(Used) else None,
        may_quote="quote" in request.form,
    )
    return draft, errors


def _line(name: str, missing: str, errors: dict[str, str]) -> str:
    return _checked(name, " ".join(request.form.get(name, "").split()), missing, errors)


def _text(name: str, missing: str, errors: dict[str, str]) -> str:
    entered = request.form.get(name, "").replace("\r\n", "\n").strip()
    return _checked(name, entered, missing, errors)


def _checked(name: str, entered: str, missing: str, errors: dict[str, str]) -> str:
    if not entered:
        errors[name] = missing
    elif len(entered) > _LONGEST[name]:
        errors[name] = (
            f"Use no more than {_LONGEST[name]:,} characters; these are {len(entered):,}."
        )
    return entered
