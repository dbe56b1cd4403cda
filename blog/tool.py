"""The tool's shape on paper: from the side, from above, across, and beneath someone who lies on it.

All views come from the same few numbers, `content/drawings/tool.toml`, so that they agree.
"""

import itertools
import math
import tomllib
from functools import cache
from pathlib import Path

from blog import curves
from blog.curves import Line, Point
from blog.plates import INK, PAPER

END = "M346 0c4-10 14-14 22-16c4-10 8-14 16-15c10-1 14 5 18 15c10 2 22 6 26 16z"
"""The outline of the end, as the floor of a drawing hides its foot."""

_NUMBERS = Path(__file__).parent / "content" / "drawings" / "tool.toml"


def profile(prefix: str) -> str:
    """From the side, hatched; `hatching` with the same prefix stands before it."""
    outline = curves.shape(_read(_load()["side"]), 0.5)
    return (
        f"{sheet(outline)}"
        f'<path class="chart-line" d="{outline}" fill="url(#{prefix}-hatch)" stroke="{INK}" '
        'stroke-width="1.6" stroke-linejoin="round"/>'
    )


def plan() -> str:
    """The outline from above, as a path."""
    return _outline(_widths())


def levels(*heights: int) -> str:
    """Lines of equal height as on a map, one path for all."""
    return "".join(_level(height) for height in heights)


def slices(prefix: str, start: float, pen: float, count: int) -> str:
    """As slices across it, the farthest first, so that nearer ones hide it.

    A thick pass below gives the whole its outline, a thin one above the slices' edges.
    """
    end = _widths()[-1][0]
    steps = [end - (end - start) * i / (count - 1) for i in range(count)]
    slices = [_slice(x) for x in steps]
    paths = "".join(f'<path d="{curves.shape([each], 0.2)}"/>' for each in slices)
    base = [each[0] for each in slices] + [each[-1] for each in reversed(slices)]
    return (
        f'<g class="chart-line" stroke="{INK}" stroke-width="{pen * 5:g}" stroke-linejoin="round">'
        f'<g id="{prefix}-slices" class="chart-paper" fill="{PAPER}">{paths}</g></g>'
        f'<path class="chart-paper chart-line" d="{curves.shape([tuple(base)])}" fill="{PAPER}" '
        f'stroke="{INK}" stroke-width="{pen * 2:g}"/>'
        f'<use href="#{prefix}-slices" class="chart-line" stroke="{INK}" stroke-width="{pen:g}"/>'
    )


def lying() -> tuple[str, str]:
    """Someone who lies on it, from the side: the outline, and the lines drawn within it."""
    drawn = _load()
    outline = curves.shape([curves.read(" ".join(drawn["lying"].split()))[0]], 0.5)
    return outline, "".join(curves.brush(line, 2.2) for line in _read(drawn["lying_lines"]))


def sheet(path: str, pen: float = 1.6) -> str:
    """A path as paper with an edge."""
    return (
        f'<path class="chart-paper chart-line" d="{path}" fill="{PAPER}" stroke="{INK}" '
        f'stroke-width="{pen:g}" stroke-linejoin="round"/>'
    )


def hatching(prefix: str) -> str:
    """The pattern that `profile` and whatever is cut through is filled with."""
    return (
        f'<defs><pattern id="{prefix}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="chart-line" d="M0 0v7" '
        f'stroke="{INK}" stroke-width=".9" opacity=".55"/></pattern></defs>'
    )


def _level(height: float) -> str:
    """Where the surface is as high as that, seen from above."""
    reach = []
    for x in range(0, 363, 6):
        top = _at(_heights(), x)
        if top > height:
            share = (1 - (height / top) ** 2) ** (1 / 3)
            reach.append((float(x), _at(_widths(), x) * share))
        else:
            reach.append((float(x), 0.0))
    runs = [list(run) for high, run in itertools.groupby(reach, lambda p: p[1] > 0) if high]
    return "".join(_outline(run) for run in runs if len(run) > 2)


def _outline(stations: list[tuple[float, float]]) -> str:
    """A closed outline, alike on both sides of a long axis."""
    upper = [Point(x, -half) for x, half in stations]
    lower = [Point(x, half) for x, half in reversed(stations)]
    return curves.shape([(*upper, *lower)], 0.5)


def _slice(x: float) -> Line:
    """One cross-section as it is seen from above and from the side of the ramp."""
    half, height = _at(_widths(), x), _at(_heights(), x)
    points = []
    for i in range(-5, 6):
        y = half * math.sin(math.pi * i / 10)
        z = height * (1 - abs(y / half) ** 3) ** 0.5
        points.append(Point(0.76 * x + 0.7 * y, -0.4 * x + 0.3 * y - z, corner=abs(i) == 5))
    return tuple(points)


def _at(table: list[tuple[float, float]], x: float) -> float:
    """A value between the tabled ones."""
    for (x0, y0), (x1, y1) in itertools.pairwise(table):
        if x0 <= x <= x1:
            share = (x - x0) / (x1 - x0)
            return y0 + (y1 - y0) * share
    return table[-1][1]


@cache
def _widths() -> list[tuple[float, float]]:
    return [(point.x, point.y) for point in _read(_load()["stations"])[0]]


@cache
def _heights() -> list[tuple[float, float]]:
    return [(point.x, point.y) for point in _read(_load()["heights"])[0]]


def _read(block: str) -> list[Line]:
    return [curves.read(line)[0] for line in block.strip().splitlines()]


@cache
def _load() -> dict[str, str]:
    return tomllib.loads(_NUMBERS.read_text(encoding="utf-8"))
