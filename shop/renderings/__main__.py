"""Render the pictures of the tool into `static/img/product`, for the shop to ship.

This runs apart from the shop, in a Python that has Blender: see `docs/architecture.md`.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import pictures
from shop.renderings import figure, scene, shapes
from shop.renderings.scene import Shot
from shop.renderings.shapes import Mesh, Point

_RESULTS = Path(__file__).resolve().parents[2] / "static" / "img" / "product"
_PAPER, _INK, _CLAY = "#f3ecdf", "#4a4238", "#ebe3d4"
_WIDTH, _HEIGHT = 1600, 1200


@dataclass(frozen=True)
class _View:
    """A picture to take: where the tool lies, turned by degrees, and who is beside it."""

    shot: Shot
    at: Point = (0, 0, 0)
    turned: float = 0
    somebody: Callable[[], Mesh] | None = None


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
        at=(-30, -58, 0),
        somebody=figure.resting,
    ),
    "lying": _View(
        Shot(camera=(-62, -270, 112), target=(-10, 0, 14), lens=68, light=(-50, 35, 60)),
        at=(-16, -27, 0),
        turned=90,
        somebody=lambda: figure.resting(on_tool=True),
    ),
}


def main() -> None:
    """Render all pictures, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m shop.renderings")
    parser.add_argument("names", nargs="*", help=", ".join(_VIEWS))
    parser.add_argument("--samples", type=int, default=96)
    given = parser.parse_args()
    tool = shapes.tool()
    for name in given.names or _VIEWS:
        _render(name, tool, given.samples)


def _render(name: str, tool: Mesh, samples: int) -> None:
    view = _VIEWS[name]
    scene.studio(_PAPER)
    scene.add(tool, scene.cast("tool", _INK, roughness=0.36), at=view.at, turned=view.turned)
    if view.somebody:
        scene.add(view.somebody(), scene.cast("figure", _CLAY, roughness=0.6))
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder, "taken.png")
        scene.take(view.shot, taken, width=_WIDTH, height=_HEIGHT, samples=samples)
        pictures.write(pictures.read(taken.read_bytes()), _RESULTS, name)


if __name__ == "__main__":
    main()
