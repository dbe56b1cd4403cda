"""The reviews desk: what buyers say, the shop's answers, what is taken down, and what is quoted."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from core import settings
from core.web import paging
from shop import claims, moderation, reviews, testimonials
from shop.models import Ground, Review
from shop.orders import NotPossible
from shop.testimonials import Warned
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("reviews", __name__, Role.EDITOR)
asking = access.desk("review-requests", __name__)

_MOST_DAYS = 120
_LONGEST = {"text": 4000, "why": 1000, "quote": 600}


@dataclass(frozen=True)
class Group:
    """A tab of the list: its label and which reviews are under it."""

    label: str
    narrow: tuple[ColumnElement[bool], ...]


GROUPS: Mapping[str, Group] = {
    "": Group("New", (Review.seen_at.is_(None),)),
    "shown": Group("All shown", reviews.SHOWN),
    "low": Group("One and two stars", (Review.stars <= 2, *reviews.SHOWN)),
    "unanswered": Group("Without an answer", (Review.replied_at.is_(None), *reviews.SHOWN)),
    "picked": Group("Quoted", (Review.picked_at.is_not(None), *reviews.SHOWN)),
    "removed": Group("Taken down", (Review.removed_at.is_not(None), Review.deleted_at.is_(None))),
}


@desk.get("")
def index() -> ResponseReturnValue:
    """Reviews of a group, the newest first."""
    chosen = request.args.get("state", "")
    group = GROUPS.get(chosen, GROUPS[""])
    whole = select(Review).options(selectinload(Review.product), joinedload(Review.removals))
    found = paging.newest_first(
        whole.where(*group.narrow), Review.id, after=request.args.get("after", type=int)
    )
    return page(
        "reviews.html",
        found=found,
        state=chosen,
        states={name: each.label for name, each in GROUPS.items()},
        grounds=moderation.GROUNDS,
        used=reviews.USED,
        claims_in=claims.find,
        days=settings.store().review_request_days,
        most_days=_MOST_DAYS,
        may_set=access.may_use("review-requests"),
    )


@desk.post("/<int:number>/seen")
def see(number: int) -> ResponseReturnValue:
    """Somebody read it."""
    moderation.see(_found(number).id)
    say("Read.", undo=f"/staff/reviews/{number}/unseen")
    return _back()


@desk.post("/<int:number>/unseen")
def unsee(number: int) -> ResponseReturnValue:
    """Somebody has to read it after all."""
    moderation.unsee(_found(number).id)
    return _back()


@desk.post("/<int:number>/reply")
def reply(number: int) -> ResponseReturnValue:
    """Answer under a review as the shop, or take the answer away with an empty one."""
    review, said = _found(number), _text("text")
    before = review.reply or ""
    moderation.reply(review.id, said, by=access.member().email)
    say(
        "Your answer stands under the review." if said else "The answer is gone.",
        undo=f"/staff/reviews/{number}/reply",
        text=before,
    )
    return _back()


@desk.post("/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Take a review down, for a reason of the list and in words that explain it."""
    review, ground, why = _found(number), request.form.get("ground", ""), _text("why")
    if ground not in set(Ground) or not why:
        say("It takes a reason from the list, and what in the review it is about.", kind="error")
        return _back()
    if moderation.remove(review.id, Ground(ground), why=why, by=access.member().email):
        undo = f"/staff/reviews/{number}/restore"
        say("Taken down, counted in public, and its writer is told why.", undo=undo)
    return _back()


@desk.post("/<int:number>/restore")
def restore(number: int) -> ResponseReturnValue:
    """Show a review again."""
    if moderation.restore(_found(number).id, by=access.member().email):
        say("The review is shown again.")
    return _back()


@desk.post("/<int:number>/pick")
def pick(number: int) -> ResponseReturnValue:
    """Let a part of a review be quoted in letters and on other pages."""
    quote, warned = _text("quote"), "warned" in request.form
    try:
        testimonials.pick(_found(number).id, quote, by=access.member().email, warned=warned)
    except (NotPossible, Warned) as error:
        say(str(error), kind="error")
    else:
        say("It may be quoted now.", undo=f"/staff/reviews/{number}/drop")
    return _back()


@desk.post("/<int:number>/drop")
def drop(number: int) -> ResponseReturnValue:
    """Quote a review no longer."""
    review = _found(number)
    quote = review.picked_quote
    testimonials.drop(review.id)
    if quote:
        # Whoever picked it was warned of its words then.
        fields = {"quote": quote, "warned": "1"}
        say("It is quoted no longer.", undo=f"/staff/reviews/{number}/pick", **fields)
    return _back()


@asking.post("")
def set_days() -> ResponseReturnValue:
    """After how many days buyers are asked for a review; 0 is never."""
    days = request.form.get("days", type=int)
    if days is None or not 0 <= days <= _MOST_DAYS:
        say(f"Enter a whole number of days from 0 (never) to {_MOST_DAYS}.", kind="error")
        return _back()
    before = settings.store().review_request_days
    settings.change(review_request_days=days)
    said = f"Buyers are asked {days} days after their parcel left." if days else "Nobody is asked."
    say(said, undo="/staff/review-requests", days=str(before))
    return _back()


def _text(name: str) -> str:
    entered = request.form.get(name, "").replace("\r\n", "\n").strip()
    return entered[: _LONGEST[name]]


def _found(number: int) -> Review:
    return reviews.get(number) or abort(404)


def _back() -> ResponseReturnValue:
    """To the list that the deed was done on."""
    state = request.form.get("state", "")
    return redirect(
        f"/staff/reviews?state={state}" if state in GROUPS and state else "/staff/reviews", 303
    )
