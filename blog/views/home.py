"""The home page: the thought, the figure, the tool, and what is known."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blog import teasers, wording
from blog.views.answers import page, public

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The first page."""
    words = wording.home()
    html = page(
        "home.html",
        title=words["title"],
        summary=words["summary"],
        path="/",
        source="home",
        words=words,
        posts=teasers.named(words["posts"]["slugs"]),
    )
    return public(html)
