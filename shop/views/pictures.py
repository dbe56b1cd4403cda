"""Where the pictures of products are, and how large, so that pages do not move as they load."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import current_app

_STATIC = Path(__file__).resolve().parents[2] / "static"
_VIEW_BOX = re.compile(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class Picture:
    """A picture's address and its size in CSS pixels, for its shape."""

    url: str
    width: int
    height: int


def find(name: str | None) -> Picture | None:
    """The drawing of that name, or None while nobody has drawn it."""
    path = f"img/product/{name}.svg"
    size = _size(path) if name else None
    if size is None:
        return None
    asset = current_app.jinja_env.globals["asset"]
    return Picture(asset(path), *size)  # type: ignore[operator] # a function, see core.web.assets


@cache
def _size(path: str) -> tuple[int, int] | None:
    file = _STATIC / path
    found = _VIEW_BOX.search(file.read_text()) if file.is_file() else None
    return (round(float(found[1])), round(float(found[2]))) if found else None
