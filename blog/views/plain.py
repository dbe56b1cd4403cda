"""Plain pages: terms, shipping, safety and their like."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from blog import pages as texts
from blog.models import Page
from blog.views import slots
from blog.views.answers import HOME, came_by, page, public

pages = Blueprint("plain", __name__)


@pages.get("/pages/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One page."""
    return public(draw(texts.by_slug(slug) or abort(404)))


def draw(text: Page) -> str:
    """The page of a text, also of one that is only a preview."""
    source = f"page:{text.slug}"
    return page(
        "blog/page.html",
        title=text.title,
        summary=text.summary,
        path=f"/pages/{text.slug}",
        way=[HOME],
        page=text,
        source=source,
        body=slots.fill(text.html, text.slots, source=came_by(source)),
    )
