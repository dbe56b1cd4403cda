"""Render the pictures of the tool into `static/img/product`, for the shop to ship.

This runs apart from the shop, in a Python that has Blender: see `docs/architecture.md`.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import pictures
from shop.renderings import bag, figure, scene, shapes
from shop.renderings.scene import Shot
from shop.renderings.shapes import Mesh, Point

_RESULTS = Path(__file__).resolve().parents[2] / "static" / "img" / "product"
_PAPER, _INK, _CLAY, _COTTON = "#f3ecdf", "#4a4238", "#ebe3d4", "#cdbfa6"
_WIDTH, _HEIGHT = 1600, 1200


@dataclass(frozen=True)
class _Solid:
    """Something to show: its shape, and the stuff that it is made of."""

    name: str
    shape: Callable[[], Mesh]
    color: str
    roughness: float


_TOOL = _Solid("tool", shapes.tool, _INK, roughness=0.36)


@dataclass(frozen=True)
class _View:
    """A picture to take: what is shown, and where the first of it lies, turned by degrees."""

    shot: Shot
    shown: tuple[_Solid, ...] = (_TOOL,)
    at: Point = (0, 0, 0)
    turned: float = 0


_SOMEBODY = _Solid("figure", figure.resting, _CLAY, roughness=0.6)
_LYING = _Solid("figure", lambda: figure.resting(on_tool=True), _CLAY, roughness=0.6)
_BAG = _Solid("bag", bag.bag, _COTTON, roughness=0.85)
_CORD = _Solid("cord", bag.cord, _INK, roughness=0.8)

_VIEWS = {
    "hero": _View(
        Shot(
            camera=(-40, -68, 42),
            target=(18.4, 0, 3.0),
            lens=74,
            light=(-55, 30, 52),
            sharp=(12, -4, 4),
            opening=11,
        )
    ),
    "side": _View(
        Shot(camera=(18.6, -120, 17), target=(18.6, 0, 3.4), lens=86, light=(-60, -10, 60))
    ),
    "top": _View(
        Shot(camera=(18.6, -0.01, 120), target=(18.6, 0, 0), lens=84, light=(-70, 50, 48))
    ),
    "trigger": _View(
        Shot(
            camera=(64, -52, 32),
            target=(27.5, 0, 4.4),
            lens=74,
            light=(-45, 20, 60),
            sharp=(33, -1.5, 9),
            opening=6,
        )
    ),
    "scale": _View(
        Shot(camera=(-45, -300, 170), target=(-8, -14, 10), lens=74, light=(-50, 35, 60)),
        shown=(_TOOL, _SOMEBODY),
        at=(-30, -58, 0),
    ),
    "lying": _View(
        Shot(camera=(-62, -270, 112), target=(-10, 0, 14), lens=68, light=(-50, 35, 60)),
        shown=(_TOOL, _LYING),
        at=(-16, -27, 0),
        turned=90,
    ),
    "bag": _View(
        Shot(camera=(-16, -92, 50), target=(22.5, -1.5, 3.0), lens=70, light=(-55, 30, 52)),
        shown=(_BAG, _CORD),
    ),
}


def main() -> None:
    """Render all pictures, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m shop.renderings")
    parser.add_argument("names", nargs="*", help=", ".join(_VIEWS))
    parser.add_argument("--samples", type=int, default=96)
    given = parser.parse_args()
    for name in given.names or _VIEWS:
        _render(name, given.samples)


def _render(name: str, samples: int) -> None:
    view = _VIEWS[name]
    scene.studio(_PAPER)
    first, *others = view.shown
    scene.add(first.shape(), _stuff(first), at=view.at, turned=view.turned)
    for solid in others:
        scene.add(solid.shape(), _stuff(solid))
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder, "taken.png")
        scene.take(view.shot, taken, width=_WIDTH, height=_HEIGHT, samples=samples)
        pictures.write(pictures.read(taken.read_bytes()), _RESULTS, name)


def _stuff(solid: _Solid) -> Any:
    return scene.cast(solid.name, solid.color, roughness=solid.roughness)


if __name__ == "__main__":
    main()
