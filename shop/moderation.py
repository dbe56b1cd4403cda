"""Moderation: reviews are taken down for a listed reason alone, never for their stars.

What may be taken down follows 16 CFR 465.7 and 2005/29/EC, annex I, 23b and 23c; how often that
was done is public, see `tally`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from core import clock, db
from core.mail import ledger
from shop import orders
from shop.models import Ground, Review, ReviewRemoval
from shop.reviews import SHOWN, locked

REMOVED = "shop.review_removed"

GROUNDS = {
    Ground.SPAM: "Advertising for something else, or a link that leads to it",
    Ground.PERSONAL: "Personal data of somebody else",
    Ground.ABUSE: "Insults, threats, hatred, or obscenity",
    Ground.UNRELATED: "Not about the product, the parcel, or our service at all",
    Ground.CONFIDENTIAL: "A trade secret or something else said in confidence",
    Ground.FAKE: "Good reason to believe that it is fake or was paid for",
    Ground.UNLAWFUL: "Against the law, such as defamation a court has found",
}


@dataclass(frozen=True)
class Tally:
    """What became of all that was ever written here."""

    shown: int
    deleted: int
    removed: Mapping[Ground, int]

    @property
    def written(self) -> int:
        """All of it."""
        return self.shown + self.deleted + sum(self.removed.values())


def remove(review_id: int, ground: Ground, *, why: str, by: str) -> bool:
    """Take a review down and tell its writer; False where it is not shown."""
    with db.transaction() as session:
        review = locked(review_id)
        if review is None or not review.shown:
            return False
        now = clock.now()
        removal = ReviewRemoval(review_id=review_id, ground=ground, why=why, at=now, by=by)
        session.add(removal)
        session.flush()
        review.unpick()
        review.removed_at = review.seen_at = now
        order = orders.get(review.order_id)
        orders.note(order, "review removed", who=by, why=f"{ground}: {why}")
        if order.email:
            ledger.enqueue(
                key=f"{REMOVED}:{removal.id}",
                letter=REMOVED,
                recipient=order.email,
                source=f"order:{order.id}",
                person=order.id,
                payload={"removal": removal.id},
            )
    return True


def restore(review_id: int, *, by: str) -> bool:
    """Show a review again that was taken down; False where it was not."""
    is_open = ReviewRemoval.review_id == review_id, ReviewRemoval.restored_at.is_(None)
    now = clock.now()
    with db.transaction():
        review = locked(review_id)
        ended = update(ReviewRemoval).where(*is_open)
        if review is None or not db.changed(ended.values(restored_at=now, restored_by=by)):
            return False
        review.removed_at, review.seen_at = None, now
        orders.note(orders.get(review.order_id), "review shown again", who=by)
    return True


def reply(review_id: int, text: str, *, by: str) -> None:
    """Answer under a review as the shop; an empty answer takes the one that is there away."""
    now = clock.now()
    with db.transaction():
        review = locked(review_id)
        if review is not None and review.deleted_at is None:
            review.reply, review.reply_by = (text, by) if text else (None, None)
            review.replied_at = now if text else None
            review.seen_at = now


def see(review_id: int) -> None:
    """Staff have read it."""
    with db.transaction():
        review = locked(review_id)
        if review is not None:
            review.seen_at = review.seen_at or clock.now()


def unsee(review_id: int) -> None:
    """Staff have to read it after all."""
    with db.transaction():
        review = locked(review_id)
        if review is not None:
            review.seen_at = None


def tally() -> Tally:
    """What became of all reviews; what was taken down counts as such, also once it is deleted."""
    deleted_by_writers = Review.deleted_at.is_not(None), Review.removed_at.is_(None)
    of_reviews = select(
        func.count().filter(*SHOWN), func.count().filter(*deleted_by_writers)
    ).select_from(Review)
    still_down = select(ReviewRemoval.ground, func.count()).where(
        ReviewRemoval.restored_at.is_(None)
    )
    with db.reading() as session:
        shown, deleted = session.execute(of_reviews).one()
        removed: dict[Ground, int] = dict(
            session.execute(still_down.group_by(ReviewRemoval.ground)).all()
        )
    return Tally(shown, deleted, {ground: removed.get(ground, 0) for ground in Ground})
