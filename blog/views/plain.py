"""Plain pages: terms, shipping, safety and their like."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from blog import pages as texts
from blog.views import slots
from blog.views.answers import HOME, page, public

pages = Blueprint("plain", __name__)


@pages.get("/pages/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One page."""
    found = texts.by_slug(slug) or abort(404)
    html = page(
        "blog/page.html",
        title=found.title,
        summary=found.summary,
        path=f"/pages/{slug}",
        way=[HOME],
        page=found,
        body=slots.fill(found.html, found.slots, source=f"page:{slug}"),
    )
    return public(html)
