"""Testimonials: what staff chose, to the letter, from reviews whose writers agreed to be quoted."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from core import clock, db
from shop import claims
from shop.models import Product, Review
from shop.orders import NotPossible
from shop.reviews import SHOWN, locked


class Warned(Exception):
    """A quotation sounds like a claim about health; `words` are those that do."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(
            f"It says {', '.join(f'“{word}”' for word in words)}. Whoever quotes a claim about "
            "health makes it: 16 CFR 255.2(a). Choose other words of it, or none."
        )
        self.words = words


def pick(review_id: int, quote: str, *, by: str, warned: bool = False) -> Review:
    """Let a part of a review be quoted, exactly as it stands there.

    Raises `NotPossible` where its writer did not agree or the words are not theirs, and `Warned`
    where they sound like a claim about health and nobody confirmed to have thought of it.
    """
    with db.transaction():
        review = locked(review_id)
        if review is None or not review.quotable:
            raise NotPossible("Its writer has not agreed to be quoted.")
        if not quote or quote not in review.body:
            raise NotPossible("A quotation is a part of the review, exactly as it stands there.")
        if not warned and (words := claims.find(quote)):
            raise Warned(words)
        now = clock.now()
        review.picked_quote, review.picked_at, review.picked_by = quote, now, by
        review.seen_at = review.seen_at or now
    return review


def drop(review_id: int) -> None:
    """Quote a review no longer."""
    with db.transaction():
        review = locked(review_id)
        if review is not None:
            review.unpick()


def picked(limit: int = 3, *, product: Product | None = None) -> Sequence[Review]:
    """The reviews that may be quoted now, the last picked first; their words are `picked_quote`."""
    chosen = _quotable()
    if product is not None:
        chosen = chosen.where(Review.product_id == product.id)
    newest = chosen.order_by(Review.picked_at.desc(), Review.id.desc()).limit(limit)
    with db.reading() as session:
        return session.scalars(newest, execution_options={"populate_existing": True}).all()


def one(review_id: int | None = None) -> Review | None:
    """The review of that number if it may be quoted now; without a number, the last picked."""
    if review_id is None:
        return next(iter(picked(1)), None)
    with db.reading() as session:
        named = _quotable().where(Review.id == review_id)
        return session.scalar(named, execution_options={"populate_existing": True})


def _quotable() -> Select[Review]:
    return (
        select(Review)
        .options(joinedload(Review.product))
        .where(
            *SHOWN,
            Review.picked_at.is_not(None),
            Review.quote_agreed_at.is_not(None),
            Review.quote_withdrawn_at.is_(None),
        )
    )
