"""What an editor can put into a letter besides words, each as the text to insert."""

from collections.abc import Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blog import teasers
from blog.directives import written
from core import media
from core.web import pictures
from shop import catalog, testimonials
from staff.frame import page
from staff.pieces import Piece

pages = Blueprint("letter_pieces", __name__, url_prefix="/pieces")

_LIBRARY = 48
"""How many of the last uploads are offered."""
_POSTS = 30
_QUOTATIONS = 20


@pages.get("")
def index() -> ResponseReturnValue:
    """Every piece by its kind; the editor's script shows this list in a dialog."""
    groups = {
        "Blocks": _BLOCKS,
        "Products": _products(),
        "Posts": _posts(),
        "Quotations from reviews": _quotations(),
        "Pictures": _pictures(),
    }
    return page("letter_pieces.html", groups=groups)


_BLOCKS = (
    Piece("Button", written("button", href="", label=""), "A link that stands out."),
    Piece(
        "Newest posts",
        written("posts", count="3"),
        "The last that were published when the letter is frozen.",
    ),
    Piece(
        "Two columns",
        "::columns\n\nOn the left.\n\n::column\n\nOn the right.\n\n::end",
        "Side by side, one below the other on a phone.",
    ),
    Piece("The reader's name", "Hello {{ name }},", "“there” for whoever gave none."),
)


def _products() -> Sequence[Piece]:
    return [
        Piece(each.title, written("product", slug=each.slug), "With the price at that moment.")
        for each in catalog.every()
        if each.published
    ]


def _posts() -> Sequence[Piece]:
    return [
        Piece(each.title, written("post", slug=each.slug), each.summary)
        for each in teasers.latest(_POSTS)
    ]


def _quotations() -> Sequence[Piece]:
    return [
        Piece(
            f"{each.name}, {each.stars} of 5",
            written("testimonial", review=str(each.id)),
            f"“{each.picked_quote}”",
        )
        for each in testimonials.picked(_QUOTATIONS)
    ]


def _pictures() -> Sequence[Piece]:
    return [
        Piece(
            each.title,
            written("picture", name=each.name, alt=each.alt, caption=""),
            each.alt,
            picture=pictures.of(each),
        )
        for each in media.newest(_LIBRARY)
        if each.is_picture
    ]
