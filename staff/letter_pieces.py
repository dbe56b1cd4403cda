"""What an editor can put into a letter besides words, each as the text to insert."""

from collections.abc import Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blog import teasers
from blog.directives import written
from core.models import Medium
from staff.frame import page
from staff.pieces import Piece, products, quotations, uploads

pages = Blueprint("letter_pieces", __name__, url_prefix="/pieces")

_POSTS = 30


@pages.get("")
def index() -> ResponseReturnValue:
    """Every piece by its kind; the editor's script shows this list in a dialog."""
    groups = {
        "Blocks": _BLOCKS,
        "Products": products("With the price at that moment."),
        "Posts": _posts(),
        "Quotations": quotations(),
        "Pictures": uploads(_picture),
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


def _posts() -> Sequence[Piece]:
    return [
        Piece(each.title, written("post", slug=each.slug), each.summary)
        for each in teasers.latest(_POSTS)
    ]


def _picture(medium: Medium) -> str:
    return written("picture", name=medium.name, alt=medium.alt, caption="")
