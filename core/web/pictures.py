"""Pictures on pages, shipped with the shop or uploaded, and the addresses of uploaded media."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, send_from_directory
from PIL import Image

from core import media, videos
from core import pictures as formats
from core.models import Medium

pages = Blueprint("media", __name__)

_IMAGES = Path(__file__).resolve().parents[2] / "static" / "img"
_NAME = re.compile(r"[0-9a-f]{20}(?:-\d{1,4}\.(?:avif|webp)|\.(?:jpg|mp4|webm|vtt))")
_TYPES = {"jpg": "image/jpeg", **formats.TYPES, **videos.TYPES}
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What a page needs to show a picture well.

    `url` is its JPEG, for feeds, mail, and browsers that know nothing better; `sources` are pairs
    of a MIME type and a `srcset`, the best first. `schematic` marks what is no photograph.
    """

    url: str
    width: int
    height: int
    sources: tuple[tuple[str, str], ...] = ()
    alt: str = ""
    schematic: bool = False


def init_app(app: Flask) -> None:
    """Serve `/media/`, and lend templates `find_picture(name)`."""
    app.register_blueprint(pages)
    app.jinja_env.globals["find_picture"] = find


@pages.get("/media/<name>")
def serve(name: str) -> Response:
    """A file of the library, which never changes; nothing in it can act (RFC 8246)."""
    if not _NAME.fullmatch(name):
        abort(404)
    kind = _TYPES[name.rpartition(".")[2]]
    response = send_from_directory(media.folder(), name, mimetype=kind, max_age=_YEAR)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def find(name: str | None) -> Picture | None:
    """The picture of that name, or None where there is none.

    A name is that of an upload, or the path of a shipped picture below `static/img`, such as
    `product/hero`.
    """
    if not name:
        return None
    if _UPLOADED.fullmatch(name):
        medium = media.find(name)
        return of(medium) if medium is not None and medium.is_picture else None
    return _shipped(name)


def is_shipped(name: str) -> bool:
    """Whether a picture of that name comes with the shop, such as `product/hero`."""
    return bool(_SHIPPED.fullmatch(name)) and _measured(name) is not None


def at(address: str) -> Picture | None:
    """The uploaded picture that a text refers to as `/media/<name>.jpg`."""
    found = re.fullmatch(r"/media/([0-9a-f]{20})\.jpg", address)
    return find(found[1]) if found else None


def of(medium: Medium) -> Picture:
    """An uploaded picture."""
    sources = _sources(medium.widths, lambda file: f"/media/{medium.name}-{file}")
    width, height = medium.width or 1, medium.height or 1
    return Picture(url=medium.url, width=width, height=height, sources=sources, alt=medium.alt)


_UPLOADED = re.compile(r"[0-9a-f]{20}")
_SHIPPED = re.compile(r"[a-z-]+(?:/[a-z-]+)*")


def _shipped(name: str) -> Picture | None:
    size = _measured(name) if _SHIPPED.fullmatch(name) else None
    if size is None:
        return None
    asset: Callable[[str], str] = current_app.jinja_env.globals["asset"]  # type: ignore[assignment] # see core.web.assets
    width, height, widths = size
    sources = _sources(list(widths), lambda file: asset(f"img/{name}-{file}"))
    shown = Picture(url=asset(f"img/{name}.jpg"), width=width, height=height, schematic=True)
    return replace(shown, sources=sources)


@cache
def _measured(name: str) -> tuple[int, int, tuple[int, ...]] | None:
    """The size of a shipped picture's JPEG, and the widths that there are."""
    file = _IMAGES / f"{name}.jpg"
    if not file.is_file():
        return None
    found = (path.stem.rpartition("-")[2] for path in file.parent.glob(f"{file.stem}-*.avif"))
    with Image.open(file) as image:
        return (
            image.width,
            image.height,
            tuple(sorted(int(each) for each in found if each.isdigit())),
        )


def _sources(widths: list[int], address: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (kind, ", ".join(f"{address(f'{width}.{ending}')} {width}w" for width in widths))
        for ending, kind in formats.TYPES.items()
    )
