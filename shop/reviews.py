"""Reviews: written by whoever bought, through a link of theirs, and shown at once.

One writes through a signed link that belongs to an order line, so that who bought is known and
nobody needs an account (2005/29/EC as changed by 2019/2161: article 7(6), annex I, 23b and 23c).
What is shown never depends on the stars (16 CFR 465.7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from core import clock, db, links
from core.links import BadLink
from shop import orders
from shop.models import Order, OrderLine, Product, Review, Used, Variant
from shop.orders import NotPossible

QUOTE_WORDING = (
    "You may quote this review, with the name that I chose, in your letters and on your pages."
)
QUOTE_VERSION = "2026-11"
"""Changes whenever the wording does."""

USED = {
    Used.DAYS: "Less than a week",
    Used.WEEKS: "One to four weeks",
    Used.MONTHS: "One to six months",
    Used.LONGER: "Longer than six months",
}

PAGE_SIZE = 10
_LINK = "review"


class Sorting(StrEnum):
    """What comes first in a list of reviews."""

    NEWEST = "newest"
    LOWEST = "lowest"
    HIGHEST = "highest"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a buyer wrote; `may_quote` is whether they agree to `QUOTE_WORDING`."""

    stars: int
    title: str
    body: str
    name: str
    used: Used | None = None
    may_quote: bool = False


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What a link lets somebody review, and what they wrote of it."""

    order: Order
    line: OrderLine
    product: Product
    review: Review | None

    @property
    def may_write(self) -> bool:
        """Whether it was bought, has left us, and nothing was written of it yet."""
        return self.review is None and self.has_left

    @property
    def has_left(self) -> bool:
        """Whether the buyer can know what they speak of; also one who has got the money back."""
        return self.order.bought and self.line.shipped > 0

    @property
    def token(self) -> str:
        """The signed part of its link."""
        return token(self.line.id)


@dataclass(frozen=True)
class Summary:
    """How many shown reviews of a product give how many stars."""

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """The mean, or None where there are none."""
        if not self.count:
            return None
        return sum(stars * number for stars, number in self.counts.items()) / self.count


@dataclass(frozen=True)
class Listed:
    """Some reviews, and what the next ones come after; None at the end."""

    rows: Sequence[Review]
    after: str | None


def token(line_id: int) -> str:
    """The signed name of an order line in the link to its review; it never ends."""
    return links.sign(_LINK, line_id)


def purchase(signed: str) -> Purchase | None:
    """What a link names, or None where we did not sign it."""
    try:
        line_id = links.read(_LINK, signed)
    except BadLink:
        return None
    found = _purchases(OrderLine.id == line_id)
    return found[0] if found else None


def purchases(order: Order) -> Sequence[Purchase]:
    """What of an order can be reviewed or was: what is on its way."""
    return [each for each in _purchases(OrderLine.order_id == order.id) if each.has_left]


def write(line_id: int, draft: Draft) -> Review:
    """Keep and show what a buyer says, once. Raises `NotPossible`."""
    with db.transaction() as session:
        bought = _purchases(OrderLine.id == line_id)
        if not bought or not bought[0].has_left:
            raise NotPossible("One can review what one has bought, once it is on its way.")
        order, product = bought[0].order, bought[0].product
        is_new = db.insert_missing(
            Review,
            order_line_id=line_id,
            order_id=order.id,
            product_id=product.id,
            written_at=clock.now(),
            **_words(draft),
            **_consent(None, agrees=draft.may_quote),
        )
        if not is_new:
            raise NotPossible("There is a review of this purchase already.")
        orders.note(order, "reviewed", who="customer", why=f"{draft.stars} of 5 stars")
        return session.scalars(select(Review).where(Review.order_line_id == line_id)).one()


def edit(review_id: int, draft: Draft) -> Review:
    """Change one's own words; what staff picked of the old ones is not quoted any more.

    One that was taken down stays down until staff have read it again. Raises `NotPossible`.
    """
    with db.transaction():
        review = locked(review_id)
        if review is None or review.deleted_at is not None:
            raise NotPossible("This review was deleted.")
        words = _words(draft)
        if any(getattr(review, name) != value for name, value in words.items()):
            review.unpick()
            _set(review, words | {"edited_at": clock.now(), "seen_at": None})
        if review.agrees and not draft.may_quote:
            review.unpick()
        _set(review, _consent(review, agrees=draft.may_quote))
        return review


def delete(review_id: int) -> None:
    """Delete one's own review for good: nothing is left of it but that there was one."""
    with db.transaction():
        review = locked(review_id)
        if review is not None and review.deleted_at is None:
            review.unpick()
            _set(review, _ERASED)
            review.deleted_at = review.seen_at = clock.now()


def locked(review_id: int) -> Review | None:
    """The review as it is now, and nobody else's until we commit."""
    mine = select(Review).where(Review.id == review_id).with_for_update()
    return db.session().scalar(mine, execution_options={"populate_existing": True})


def get(review_id: int) -> Review | None:
    """A review, whatever became of it."""
    whole = select(Review).where(Review.id == review_id)
    with db.reading() as session:
        return session.scalar(
            whole.options(selectinload(Review.removals), selectinload(Review.product)),
            execution_options={"populate_existing": True},
        )


def summary(product: Product) -> Summary:
    """How the shown reviews of a product are spread over the stars."""
    spread = select(Review.stars, func.count()).where(Review.product_id == product.id, *SHOWN)
    with db.reading() as session:
        found: dict[int, int] = dict(session.execute(spread.group_by(Review.stars)).all())
    return Summary({stars: found.get(stars, 0) for stars in range(5, 0, -1)})


def listed(
    product: Product,
    *,
    stars: int | None = None,
    sorting: Sorting = Sorting.NEWEST,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Listed:
    """The shown reviews of a product, those of so many stars only where `stars` is given."""
    mine = select(Review).where(Review.product_id == product.id, *SHOWN)
    if stars is not None:
        mine = mine.where(Review.stars == stars)
    if (place := _place(after)) is not None:
        mine = mine.where(_comes_after(sorting, *place))
    ordered = mine.order_by(*_ORDERS[sorting], Review.id.desc()).limit(size + 1)
    with db.reading() as session:
        rows = session.scalars(ordered, execution_options={"populate_existing": True}).all()
    last = rows[size - 1] if len(rows) > size else None
    return Listed(rows[:size], f"{last.stars}-{last.id}" if last else None)


SHOWN = (Review.removed_at.is_(None), Review.deleted_at.is_(None))
"""The conditions under which everybody can read a review."""

_ERASED: dict[str, Any] = {
    "title": "",
    "body": "",
    "name": "",
    "used": None,
    "reply": None,
    "reply_by": None,
    "replied_at": None,
}
_ORDERS: dict[Sorting, tuple[ColumnElement[Any], ...]] = {
    Sorting.NEWEST: (),
    Sorting.LOWEST: (Review.stars.asc(),),
    Sorting.HIGHEST: (Review.stars.desc(),),
}


def _purchases(condition: ColumnElement[bool]) -> list[Purchase]:
    statement = (
        select(Order, OrderLine, Product, Review)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Review, Review.order_line_id == OrderLine.id)
        .where(condition)
        .order_by(OrderLine.position)
    )
    with db.reading() as session:
        rows = session.execute(statement, execution_options={"populate_existing": True}).all()
    return [
        Purchase(order=order, line=line, product=product, review=review)
        for order, line, product, review in rows
    ]


def _words(draft: Draft) -> dict[str, Any]:
    return {
        "stars": draft.stars,
        "title": draft.title,
        "body": draft.body,
        "name": draft.name,
        "used": draft.used,
    }


def _consent(review: Review | None, *, agrees: bool) -> dict[str, Any]:
    """What changes where a writer agrees to be quoted, or no longer does."""
    had = review is not None and review.agrees
    if agrees and not had:
        return {
            "quote_wording": QUOTE_WORDING,
            "quote_version": QUOTE_VERSION,
            "quote_agreed_at": clock.now(),
            "quote_withdrawn_at": None,
        }
    if had and not agrees:
        return {"quote_withdrawn_at": clock.now()}
    return {}


def _set(review: Review, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(review, name, value)


def _place(after: str | None) -> tuple[int, int] | None:
    """The stars and the id of the last review shown."""
    stars, dash, number = (after or "").partition("-")
    is_place = dash and stars.isascii() and stars.isdigit() and number.isascii()
    return (int(stars), int(number)) if is_place and number.isdecimal() else None


def _comes_after(sorting: Sorting, stars: int, number: int) -> ColumnElement[bool]:
    same = (Review.stars == stars) & (Review.id < number)
    match sorting:
        case Sorting.LOWEST:
            return (Review.stars > stars) | same
        case Sorting.HIGHEST:
            return (Review.stars < stars) | same
        case _:
            return Review.id < number
