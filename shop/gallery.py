"""The gallery of a product: its pictures and videos in their order, each with its words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Select, func, or_, select

from core import db
from core.web import pictures
from core.web.pictures import Picture
from shop.models import Exhibit, Product

_FILM = re.compile(r"/media/[0-9a-f]{20}\.(?:mp4|webm)")
_CAPTIONS = re.compile(r"/media/[0-9a-f]{20}\.vtt")
_LONGEST = 500
SMALLEST = 500
"""Pixels that Google asks of a product's picture either way from January 31, 2027 on.

https://support.google.com/merchants/answer/6324350
"""


@dataclass(frozen=True, kw_only=True)
class Label:
    """What stands with a picture: its words, and where it is a poster, the video's addresses."""

    alt: str
    video: str | None = None
    captions: str | None = None


def of(product: Product) -> Sequence[Exhibit]:
    """What the gallery shows, the first picture first."""
    with db.reading() as session:
        return session.scalars(_in_order(product.id)).all()


def is_small(picture: Picture) -> bool:
    """Whether Google will show it no more."""
    return min(picture.width, picture.height) < SMALLEST


def small_ones() -> Sequence[str]:
    """The titles of published products with a picture that is too small for Google."""
    shown = (
        select(Product.title, Exhibit.picture)
        .join(Exhibit, Exhibit.product_id == Product.id)
        .where(Product.published)
        .order_by(Product.id, Exhibit.position)
    )
    with db.reading() as session:
        named = [(title, pictures.find(name)) for title, name in session.execute(shown)]
    return list(dict.fromkeys(title for title, found in named if found and is_small(found)))


def find(number: int) -> Exhibit | None:
    """One exhibit by its number."""
    with db.reading() as session:
        return session.get(Exhibit, number)


def add(product: Product, picture: str, label: Label, *, position: int | None = None) -> Exhibit:
    """Show a picture too, at the end or at a position. Raises `ValueError` as `change` does."""
    _examine(label)
    with db.transaction() as session:
        last = select(func.count()).where(Exhibit.product_id == product.id)
        exhibit = Exhibit(product_id=product.id, picture=picture, position=session.scalar(last))
        _write(exhibit, label)
        session.add(exhibit)
        session.flush()
        if position is not None:
            move(exhibit.id, position)
    return exhibit


def change(number: int, label: Label) -> None:
    """Let other words stand with a picture, or another video.

    Raises `ValueError` with a sentence for people: where there are no words, or where an address is
    neither in the library nor an https page.
    """
    _examine(label)
    with db.transaction() as session:
        _write(session.get_one(Exhibit, number), label)


def move(number: int, position: int) -> None:
    """Let a picture come first (0), second (1) and so on; the others close up."""
    with db.transaction() as session:
        moved = session.get_one(Exhibit, number)
        others = [each for each in session.scalars(_in_order(moved.product_id)) if each != moved]
        others.insert(max(0, position), moved)
        _number(others)


def remove(number: int) -> None:
    """Show a picture no more; it stays in the library."""
    with db.transaction() as session:
        gone = session.get_one(Exhibit, number)
        session.delete(gone)
        session.flush()
        _number(session.scalars(_in_order(gone.product_id)).all())


def showing(name: str) -> Sequence[str]:
    """The titles of the products whose gallery shows an upload, as picture, video or captions."""
    named = or_(
        Exhibit.picture == name, Exhibit.video.contains(name), Exhibit.captions.contains(name)
    )
    statement = select(Product.title).join(Exhibit, Exhibit.product_id == Product.id).where(named)
    with db.reading() as session:
        return session.scalars(statement.distinct()).all()


def _in_order(product_id: int) -> Select[Exhibit]:
    statement = select(Exhibit).where(Exhibit.product_id == product_id)
    return statement.order_by(Exhibit.position, Exhibit.id)


def _number(exhibits: Sequence[Exhibit]) -> None:
    for position, exhibit in enumerate(exhibits):
        exhibit.position = position


def _examine(label: Label) -> None:
    if not label.alt.strip():
        raise ValueError("Say in a few words what it shows, for people who cannot see it.")
    if label.video and not (_FILM.fullmatch(label.video) or _is_page(label.video)):
        raise ValueError("A video is a file of the media library or a page that begins https://.")
    if label.captions and not _CAPTIONS.fullmatch(label.captions):
        raise ValueError("Captions are a VTT file of the media library.")


def _is_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.hostname) and len(address) <= 300


def _write(exhibit: Exhibit, label: Label) -> None:
    exhibit.alt = " ".join(label.alt.split())[:_LONGEST]
    exhibit.video, exhibit.captions = label.video or None, label.captions or None
