"""The body as drawn: front and back figure, the shapes of regions, bellies and crosses.

Coordinates: 1000 units are the body's height, y runs down from the crown, x outwards from
the midline. Half shapes lie where x > 0: the body's left on the front figure, its right on
the back one.
"""

import itertools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from blog import anatomy, curves
from blog.anatomy import Side, View
from blog.curves import Line

VIEWS: tuple[View, ...] = ("front", "back")

Box = tuple[float, float, float, float]

_CONTENT = Path(__file__).parent / "content" / "anatomy"
_FIBERS = (0.2, 0.4, 0.6, 0.8)
_WHOLE_UNITS = 1.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One view of the body as path data; only ``edge`` and ``middle`` are whole, not half."""

    edge: str
    inset_frame: str
    contours: str
    faint: str
    bones: str
    middle: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Closed path data and the box around it: left, top, right, bottom.

    ``inset`` is drawn beside the figure, because a standing body hides it; what is hidden
    wholly has no other path.
    """

    path: str
    box: Box
    inset: str = ""


@dataclass(frozen=True, slots=True)
class Belly:
    """A muscle's belly: its outline and the fibers that run from origin to insertion."""

    outline: Shape
    fibers: str


@dataclass(frozen=True, slots=True)
class Lie:
    """How a muscle lies on one view: bellies, crosses, and whether bones explain it."""

    bellies: tuple[Belly, ...]
    crosses: Line
    bones: bool


@cache
def figure(view: View) -> Figure:
    """The figure seen from one side."""
    drawn = _load("figure.toml")[view]
    half = curves.read(drawn["outline"])[0]
    return Figure(
        edge=curves.shape([(*half, *curves.mirror(half)[1:-1])], grain=0.2),
        inset_frame=curves.shape(_lines(drawn.get("frame", "")))
        + curves.stroke(_lines(drawn.get("leader", ""))),
        contours="".join(_inked(line) for line in _lines(drawn["contours"])),
        faint=curves.stroke(_lines(drawn["faint"]), grain=0.5),
        bones=curves.stroke(_lines(drawn["bones"]), grain=0.5),
        middle=curves.stroke(_lines(drawn["middle"])),
    )


@cache
def regions(view: View) -> Mapping[str, Shape]:
    """The shapes of the regions seen on a view, in the order in which they lie on each other.

    A paired region is its half; a midline one is whole.
    """
    drawn: dict[str, str] = _load("regions.toml")[view]
    insets: dict[str, str] = _load("regions.toml")["insets"].get(view, {})
    beside = {region: _region(region, text) for region, text in insets.items()}
    shapes = {region: _region(region, text) for region, text in drawn.items()}
    for region, inset in beside.items():
        here = shapes.get(region, Shape("", inset.box))
        shapes[region] = replace(here, inset=inset.path)
    return MappingProxyType(shapes)


@cache
def lies(muscle_id: str) -> Mapping[View, Lie]:
    """How a muscle lies, on each view that shows it; KeyError where none is drawn."""
    drawn = _load("bellies.toml")[muscle_id]
    return MappingProxyType({view: _lie(drawn, view) for view in VIEWS if view in drawn})


@cache
def felt(muscle_id: str, view: View) -> Mapping[str, Shape]:
    """Regions of a view of which the muscle is felt only in a part, and that part's shape."""
    narrowed: dict[str, str] = _load("bellies.toml")[muscle_id].get("felt", {}).get(view, {})
    return MappingProxyType({region: _region(region, text) for region, text in narrowed.items()})


def half_side(view: View) -> Side:
    """The side of the body on which a view's half shapes lie."""
    return "left" if view == "front" else "right"


def _inked(line: Line) -> str:
    """A contour, the longer the bolder."""
    length = sum(math.dist((a.x, a.y), (b.x, b.y)) for a, b in itertools.pairwise(line))
    return curves.brush(line, min(1.8, 0.6 + length / 70))


def _lie(drawn: Mapping[str, Any], view: View) -> Lie:
    return Lie(
        bellies=tuple(_belly(text) for text in drawn[view]),
        crosses=curves.read(drawn["crosses"][view])[0],
        bones=drawn.get("bones", False),
    )


def _belly(text: str) -> Belly:
    one, other = (curves.read(edge)[0] for edge in text.split("|"))
    fibers = [curves.between(one, other, share) for share in _FIBERS]
    return Belly(outline=_shape([curves.band(one, other)], 0.5), fibers=curves.stroke(fibers, 0.5))


def _region(region: str, text: str) -> Shape:
    lines = curves.read(text)
    if not anatomy.regions()[region].paired:
        lines = tuple((*line, *curves.mirror(line)[1:-1]) for line in lines)
    return _shape(lines, _WHOLE_UNITS)


def _shape(lines: Sequence[Line], grain: float) -> Shape:
    xs, ys = [p.x for p in lines[0]], [p.y for p in lines[0]]
    return Shape(curves.shape(lines, grain), (min(xs), min(ys), max(xs), max(ys)))


def _lines(text: str) -> list[Line]:
    return [curves.read(line)[0] for line in text.strip().splitlines()]


@cache
def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((_CONTENT / name).read_text(encoding="utf-8"))
