"""What every page of the back office has: its desks, what waits on them, and what was just done."""

import json
from typing import Any, TypedDict

from flask import Response, flash, render_template
from sqlalchemy import ScalarSelect, func, select, text

from blog.models import Comment
from core import db
from core.mail.models import Delivery
from shop.models import Order, Return, Review
from staff import access, health


class Undo(TypedDict):
    """A button that takes a deed back: where it sends, its label, and fields to send along."""

    to: str
    label: str
    fields: dict[str, str]


def page(template: str, *, counts: dict[str, Any] | None = None, **context: Any) -> str:
    """Render a desk's page; `counts` are what waits on each desk, where they are known already."""
    known = count(**waiting()) if counts is None else counts
    return render_template(
        f"staff/{template}",
        counts=known,
        troubles=health.troubles(known),
        me=access.member(),
        may_use=access.may_use,
        **context,
    )


def say(said: str, *, kind: str = "good", undo: str | None = None, **fields: str) -> None:
    """Tell on the next page what was done; `undo` is the address that takes it back.

    `kind` is good, info, warning or error. What is too long for a cookie cannot be taken back.
    """
    kept = undo is not None and len(json.dumps(fields)) <= _LONGEST_UNDO
    way: Undo | None = {"to": undo, "label": "Undo", "fields": fields} if undo and kept else None
    flash({"text": said, "undo": way}, kind)  # type: ignore[arg-type] # any JSON value may be told


def mail_part(html: str) -> Response:
    """An answer that shows a mail's HTML in a frame, with inline styles and nothing that acts."""
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    return response


def count(**numbers: ScalarSelect[Any]) -> dict[str, Any]:
    """All these numbers with one query."""
    if not numbers:
        return {}
    row = db.session().execute(select(*(each.label(name) for name, each in numbers.items())))
    return dict(row.mappings().one())


def waiting() -> dict[str, ScalarSelect[Any]]:
    """How to count what waits on each desk that is open to who is signed in."""
    mine = {name: number for name, number in _WAITING.items() if access.may_use(name)}
    return mine | health.questions()


# The preview is a letter, whose styles stand on its elements, in a frame of the editor's page.
EDITOR_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_LONGEST_UNDO = 2500  # characters; a browser keeps 4,096 in a cookie, and drops what is longer
_MAIL_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src 'self'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups"
)
# Written out, not bound: an index on some rows serves only a query that names the same rows.
_WAITING = {
    "orders": select(func.count(Order.id))
    .where(
        text("state IN ('paid', 'partly_refunded')"),
        text("progress IN ('unfulfilled', 'partly_fulfilled')"),
    )
    .scalar_subquery(),
    "comments": select(func.count(Comment.id))
    # The range makes SQLite search the index of those that wait, not walk another one.
    .where(text("state = 'pending'"), Comment.id > 0)
    .scalar_subquery(),
    "returns": select(func.count(Return.id))
    .where(text("state IN ('requested', 'received')"))
    .scalar_subquery(),
    "reviews": select(func.count(Review.id))
    .where(text("seen_at IS NULL"), Review.id > 0)
    .scalar_subquery(),
    "outbox": select(func.count(Delivery.id))
    .where(text("state IN ('failed', 'unknown')"), Delivery.id > 0)
    .scalar_subquery(),
}
