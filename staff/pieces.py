"""What a writer can put into a text besides words: pieces of posts, and those letters share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blog import anatomy, drawings
from blog.directives import written
from core import media
from core.models import Medium
from core.web import pictures
from core.web.pictures import Picture
from shop import catalog, testimonials
from staff.frame import page

pages = Blueprint("pieces", __name__, url_prefix="/pieces")

_LIBRARY = 48
"""How many of the last uploads are offered."""

_QUOTATIONS = 20


@dataclass(frozen=True)
class Piece:
    """Something to insert: its name, the Markdown for it, what it is, and how it looks."""

    label: str
    text: str
    about: str = ""
    picture: Picture | None = None
    drawing: str = ""


@pages.get("")
def index() -> ResponseReturnValue:
    """Every piece by its kind; the editor's script shows this list in a dialog."""
    groups = {
        "Boxes and forms": _BLOCKS,
        "Products": products("With today’s price and stock."),
        "Quotations": quotations(),
        "Pictures": uploads(figure),
        "Drawings": _drawings(),
        "Charts": _charts(),
    }
    return page("post_pieces.html", groups=groups)


def products(about: str) -> Sequence[Piece]:
    """Every product that has a page, as its card; `about` says what the card shows."""
    return [
        Piece(each.title, written("product", slug=each.slug), about)
        for each in catalog.every()
        if each.published
    ]


def quotations() -> Sequence[Piece]:
    """The last picked words of all, then each by its number; their writers agreed to be quoted."""
    return _LAST_QUOTATION, *(
        Piece(
            f"{each.name}, {each.stars} of 5",
            written("testimonial", review=str(each.id)),
            f"“{each.picked_quote}”",
        )
        for each in testimonials.picked(_QUOTATIONS)
    )


def uploads(write: Callable[[Medium], str]) -> Sequence[Piece]:
    """The last pictures uploaded, each as `write` puts it."""
    return [
        Piece(each.title, write(each), each.alt, picture=pictures.of(each))
        for each in media.newest(_LIBRARY)
        if each.is_picture
    ]


def figure(medium: Medium, *, decorative: bool = False) -> str:
    """The directive that shows an uploaded picture, its caption yet to be written."""
    alt = "" if decorative else medium.alt
    return written("figure", name=medium.name, caption="", alt=alt)


_BLOCKS = (
    Piece(
        "See a doctor",
        ':::callout{kind="doctor" title="See a doctor if…"}\n\n:::',
        "The signs that need more than a massage. A post about the body must have one.",
    ),
    Piece("Note", ':::callout{kind="note" title=""}\n\n:::', "A framed remark."),
    Piece(
        "Evidence",
        ':::callout{kind="evidence" title="What the studies say"}\n\n:::',
        "What is known, and how well.",
    ),
    Piece("Steps", ':::steps{title=""}\n1. \n2. \n:::', "What to do, one after the other."),
    Piece("Pain finder", written("finder"), "The way into the pain finder."),
    Piece("Newsletter", written("newsletter", heading=""), "The sign-up form, with a heading."),
    Piece("Button", written("button", href="", label=""), "A link that stands out."),
)

_LAST_QUOTATION = Piece(
    "The last quotation",
    written("testimonial"),
    "What staff picked last from a review; nothing while there is none.",
)


def _drawings() -> Sequence[Piece]:
    found = [drawings.drawing(name) for name in drawings.names()]
    return [
        Piece(
            each.title,
            written("figure", name=each.name, caption="", alt=each.description),
            each.description,
            drawing=each.name,
        )
        for each in found
    ]


def _charts() -> Sequence[Piece]:
    return [
        Piece(
            each.name,
            written("muscle-chart", muscle=each.id),
            f"Chart of where {each.latin} is felt.",
        )
        for each in anatomy.muscles().values()
    ]
