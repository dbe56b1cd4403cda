"""The search: orders by number or address, readers by address, what has a title by that."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    Row,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from blog.models import Page, Post, PostState
from core import db
from core.db import UtcDateTime
from newsletter.models import Newsletter, Subscriber
from shop import order_search
from shop.models import Order, Product, Variant
from shop.order_search import Wanted
from staff import access
from staff.frame import page
from staff.models import Role

desk = access.desk("search", __name__, Role.EDITOR, Role.FULFILMENT)

_MOST = 10

_Found = Select[*tuple[Any, ...]]


@desk.get("")
def index() -> ResponseReturnValue:
    """What was found on the desks that are open; a whole order number leads there at once."""
    words = request.args.get("q", "").strip()[:200]
    found = _orders(words) if words and access.may_use("orders") else []
    if len(found) == 1 and (found[0].number or "").lower() == words.lower():
        return redirect(f"/staff/orders/{found[0].id}", 303)
    others = _others(words) if words else {}
    return page("search.html", words=words, orders=found, others=others, state_of=_state)


def _orders(words: str) -> Sequence[Order]:
    return order_search.find(Wanted(words=words), size=_MOST, lines=False).rows


def _state(post: Row[*tuple[Any, ...]]) -> PostState:
    """Who may read a post that was found."""
    return Post(published_at=post.published_at).state


def _others(words: str) -> dict[str, list[Row[*tuple[Any, ...]]]]:
    """What the desks that are open have, by desk, as much of each as is shown; one query."""
    mine = [
        select(find(words.lower()).subquery())
        for name, find in _DESKS.items()
        if access.may_use(name)
    ]
    rows = db.session().execute(union_all(*mine)).all() if mine else []
    return {name: [row for row in rows if row.desk == name] for name in _DESKS}


def _people(words: str) -> _Found:
    begins = Subscriber.email.startswith(words, autoescape=True)
    person = _columns("subscribers", Subscriber, Subscriber.email, Subscriber.created_at)
    person = person.add_columns(
        Subscriber.name, Subscriber.standing, cast(null(), UtcDateTime).label("published_at")
    )
    return person.where(begins).order_by(Subscriber.email).limit(_MOST)


def _posts(words: str) -> _Found:
    post = _columns("posts", Post, Post.title, Post.updated_at)
    post = post.add_columns(*_NOBODY, Post.published_at)
    return _titled(post, Post.title, Post.updated_at, words)


def _products(words: str) -> _Found:
    """By title, or by the SKU of a variant."""
    sku = func.lower(Variant.sku).contains(words, autoescape=True)
    of_a_variant = exists().where(Variant.product_id == Product.id, sku)
    titled = func.lower(Product.title).contains(words, autoescape=True)
    product = _plain("products", Product, Product.title)
    return product.where(or_(titled, of_a_variant)).order_by(Product.updated_at.desc()).limit(_MOST)


def _letters(words: str) -> _Found:
    letter = _plain("newsletters", Newsletter, Newsletter.subject)
    return _titled(letter, Newsletter.subject, Newsletter.updated_at, words)


def _pages(words: str) -> _Found:
    return _titled(_plain("pages", Page, Page.title), Page.title, Page.updated_at, words)


_NOBODY = (
    cast(null(), String).label("name"),
    cast(null(), Subscriber.standing.type).label("standing"),
)


def _plain(desk: str, table: Any, title: Any) -> _Found:
    unpublished = cast(null(), UtcDateTime).label("published_at")
    return _columns(desk, table, title, table.updated_at).add_columns(*_NOBODY, unpublished)


def _columns(desk: str, table: Any, title: Any, at: Any) -> _Found:
    key = table.slug if table is Page else cast(table.id, String)
    shown = literal(desk).label("desk"), key.label("key"), title.label("title"), at.label("at")
    return select(*shown)


def _titled(found: _Found, title: Any, at: Any, words: str) -> _Found:
    says = func.lower(title).contains(words, autoescape=True)
    return found.where(says).order_by(at.desc()).limit(_MOST)


_DESKS: dict[str, Callable[[str], _Found]] = {
    "subscribers": _people,
    "posts": _posts,
    "products": _products,
    "newsletters": _letters,
    "pages": _pages,
}
