"""Asks buyers once for a review, good or bad, some time after the parcel; off by default.

Such a letter is advertising in the EU (Bundesgerichtshof, July 10, 2018, VI ZR 225/17), and needs
the buyer's consent (2002/58/EC, article 13). So it goes only to those who agreed to letters when
they bought, whatever their country; each can refuse all further ones. It offers nothing for a
review (16 CFR 465.4), and goes to everybody alike, however content they may be (465.7).
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, String, case, cast, func, literal, null, select

from core import clock, db, jobs, settings
from core.mail import composing, ledger, letters
from core.mail.letters import Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from shop import moderation, refusals, reviews
from shop.models import LetterRefusal, Order, OrderState, Return, Review, ReviewRemoval, Withdrawal

REQUEST = "shop.review_request"

_LATE = timedelta(days=14)
"""How long after it was due a request may still go: nobody is asked about what they forgot."""


def install() -> None:
    """Make the letters about reviews known to the worker."""
    letters.register(
        Letter(
            name=REQUEST,
            stream=Stream.MARKETING,
            compose=_request,
            last_look=_last_look,
            withheld=True,
        )
    )
    letters.register(Letter(name=moderation.REMOVED, stream=Stream.TRANSACTIONAL, compose=_removal))


@jobs.job("shop.review_requests", every_minutes=60)
def send_due() -> int:
    """Ask those whose goods came, or else left, `Store.review_request_days` ago; how many.

    One statement; an order is asked about once, whatever happens. Nobody is while that is 0.
    """
    days = settings.store().review_request_days
    if not days:
        return 0
    until = clock.now() - timedelta(days=days)
    key = literal(f"{REQUEST}:") + cast(Order.id, String)
    due = select(
        key.label("key"),
        Order.id.label("person"),
        Order.email.label("recipient"),
        cast(null(), String).label("reason"),
    ).where(
        Order.fulfilled_at.is_not(None),
        func.coalesce(Order.delivered_at, Order.fulfilled_at).between(until - _LATE, until),
        Order.email.is_not(None),
        _objection().is_(None),
        ~select(Delivery.id).where(Delivery.key == key).exists(),
    )
    with db.transaction():
        return ledger.enqueue_selected(due, letter=REQUEST, source=REQUEST)


def _last_look(batch: Sequence[Delivery]) -> dict[int, str]:
    """Who must not be asked by what is true at this moment."""
    people = {delivery.person: delivery.id for delivery in batch if delivery.person is not None}
    objections = select(Order.id, _objection()).where(Order.id.in_(people))
    return {
        people[order_id]: objection
        for order_id, objection in db.session().execute(objections)
        if objection is not None
    }


def _objection() -> ColumnElement[str | None]:
    """Why the buyer of an order must not be asked; null where nothing speaks against it."""
    withdrawn = select(Withdrawal.id).where(Withdrawal.order_id == Order.id)
    returned = select(Return.id).where(Return.order_id == Order.id)
    reviewed = select(Review.id).where(Review.order_id == Order.id)
    refused = select(LetterRefusal.email).where(LetterRefusal.email == Order.email)
    return case(
        (Order.marketing_consent.is_(False), "no consent"),
        (Order.state != OrderState.PAID, "refunded"),
        (Order.dispute.is_not(None), "disputed"),
        (withdrawn.exists(), "withdrawn from"),
        (returned.exists(), "returned"),
        (reviewed.exists(), "reviewed already"),
        (refused.exists(), "wants no request"),
        else_=null(),
    )


def _request(delivery: Delivery) -> Message:
    order = db.session().get(Order, delivery.person)
    if order is None:
        raise Undeliverable("the order is gone")
    return composing.compose(
        "review_request",
        subject="What should others know about it?",
        preheader="Good or bad: your review stands on the page as you write it.",
        headers=refusals.headers(order, REQUEST, name="reviews", title="Requests for reviews"),
        order=order,
        purchases=[each for each in reviews.purchases(order) if each.may_write],
        refusal=refusals.url(order),
    )


def _removal(delivery: Delivery) -> Message:
    removal = db.session().get(ReviewRemoval, delivery.payload["removal"])
    review = reviews.get(removal.review_id) if removal else None
    if removal is None or review is None:
        raise Undeliverable("the review is gone")
    return composing.compose(
        "review_removed",
        subject="We took your review down",
        preheader="Why, and what you can do about it.",
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        review=review,
        ground=moderation.GROUNDS[removal.ground],
        token=reviews.token(review.order_line_id),
    )
