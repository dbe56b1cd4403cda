"""The search: orders by number or address, readers by address, posts by their titles."""

from collections.abc import Sequence

from flask import redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import load_only

from blog.models import Post
from core import db
from newsletter.models import Subscriber
from shop import order_search
from shop.models import Order
from shop.order_search import Wanted
from staff import access
from staff.frame import page
from staff.models import Role

desk = access.desk("search", __name__, Role.EDITOR, Role.FULFILMENT)

_MOST = 10


@desk.get("")
def index() -> ResponseReturnValue:
    """What was found on the desks that are open; a whole order number leads there at once."""
    words = request.args.get("q", "").strip()[:200]
    found = _orders(words) if words and access.may_use("orders") else []
    if len(found) == 1 and (found[0].number or "").lower() == words.lower():
        return redirect(f"/staff/orders/{found[0].id}", 303)
    return page(
        "search.html",
        words=words,
        orders=found,
        people=_people(words) if words and access.may_use("subscribers") else [],
        posts=_posts(words) if words and access.may_use("posts") else [],
    )


def _orders(words: str) -> Sequence[Order]:
    return order_search.find(Wanted(words=words), size=_MOST).rows


def _people(words: str) -> Sequence[Subscriber]:
    begins = Subscriber.email.startswith(words.lower(), autoescape=True)
    statement = select(Subscriber).where(begins).order_by(Subscriber.email).limit(_MOST)
    return db.session().scalars(statement).all()


def _posts(words: str) -> Sequence[Post]:
    titled = func.lower(Post.title).contains(words.lower(), autoescape=True)
    shown = load_only(Post.title, Post.published_at, Post.updated_at)
    statement = select(Post).where(titled).order_by(Post.updated_at.desc()).limit(_MOST)
    return db.session().scalars(statement.options(shown)).all()
