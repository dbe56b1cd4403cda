"""The search: orders by number or address, readers by address, posts by their titles."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, String, cast, func, null, select, union_all

from blog.models import Post
from core import db
from core.db import UtcDateTime
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
    people, posts = _others(words) if words else ([], [])
    return page("search.html", words=words, orders=found, people=people, posts=posts)


def _orders(words: str) -> Sequence[Order]:
    return order_search.find(Wanted(words=words), size=_MOST, lines=False).rows


def _others(words: str) -> tuple[list[Subscriber], list[Post]]:
    """Readers and posts of the desks that are open, as much of each as is shown; one query."""
    found = {"subscribers": _people(words.lower()), "posts": _posts(words.lower())}
    mine = [select(each.subquery()) for name, each in found.items() if access.may_use(name)]
    rows = db.session().execute(union_all(*mine)).all() if mine else []
    return (
        [
            Subscriber(id=row.id, email=row.title, name=row.name, standing=row.standing)
            for row in rows
            if row.standing
        ],
        [
            Post(id=row.id, title=row.title, published_at=row.published_at, updated_at=row.at)
            for row in rows
            if not row.standing
        ],
    )


def _people(words: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Subscriber.id,
            Subscriber.email.label("title"),
            Subscriber.name,
            Subscriber.standing,
            cast(null(), UtcDateTime).label("published_at"),
            Subscriber.created_at.label("at"),
        )
        .where(Subscriber.email.startswith(words, autoescape=True))
        .order_by(Subscriber.email)
        .limit(_MOST)
    )


def _posts(words: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Post.id,
            Post.title,
            cast(null(), String).label("name"),
            cast(null(), Subscriber.standing.type).label("standing"),
            Post.published_at,
            Post.updated_at.label("at"),
        )
        .where(func.lower(Post.title).contains(words, autoescape=True))
        .order_by(Post.updated_at.desc())
        .limit(_MOST)
    )
