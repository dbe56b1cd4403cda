"""Drawings for posts and product pages: the thought of referral, and the tool as a schematic.

Each drawing is inline SVG in the manner of the charts. The two that show the body as a
whole need ``charts.body_symbols()`` once on the page; a document of its own carries it.
"""

import itertools
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from types import MappingProxyType

from blog import body, curves, plates
from blog.curves import Line, Point
from blog.plates import ACHE, INK, MUSCLE, PAPER, text

_CONTENT = Path(__file__).parent / "content" / "drawings"
_SCHEMATIC = "Schematic, not to scale"
_TOOL_END = "M346 0c4-10 14-14 22-16c4-10 8-14 16-15c10-1 14 5 18 15c10 2 22 6 26 16z"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing's title, what it shows in words, and its size in units."""

    name: str
    title: str
    description: str
    size: tuple[int, int]
    draw: Callable[[str], str]
    with_body: bool = False


def names() -> tuple[str, ...]:
    """Every drawing there is: the thought of referral first, then the tool's views."""
    return tuple(_drawings())


def drawing(name: str) -> Drawing:
    """One drawing with its words; KeyError when there is none of that name."""
    return _drawings()[name]


def svg(name: str, *, id_prefix: str) -> str:
    """A drawing to stand in a page; ids begin with the prefix."""
    return _svg(drawing(name), id_prefix)


def document(name: str) -> str:
    """A drawing as a document of its own, for files, feeds and mail."""
    shown = drawing(name)
    return _svg(shown, "drawing", plates.definitions(bones=False) if shown.with_body else "")


@cache
def _drawings() -> Mapping[str, Drawing]:
    every = (
        Drawing(
            "referral-principle",
            "An ache here, its muscle there",
            "The low back and hip from behind. A red ache in the buttock; a line leads from it to "
            "a muscle beside the low spine, drawn in ochre, with a cross where a trigger point "
            "is described.",
            (440, 330),
            _referral_principle,
            with_body=True,
        ),
        Drawing(
            "tool-schematic",
            "The tool and its two ends",
            "Side view of a low floor tool: a wide end that slopes up from the floor, the ramp, "
            f"and a narrow raised tip, the trigger. {_SCHEMATIC}.",
            (480, 270),
            _tool_schematic,
        ),
        Drawing(
            "hero",
            "The tool, seen from the ramp",
            "The tool on the floor in a slanted view: the wide sloped ramp in front, the narrow "
            f"raised trigger behind. {_SCHEMATIC}.",
            (480, 400),
            _hero,
        ),
        Drawing(
            "side",
            "The tool from the side",
            "The tool's outline from the side: low, sloped at one end, raised to a tip at the "
            f"other. {_SCHEMATIC}.",
            (480, 210),
            _side,
        ),
        Drawing(
            "top",
            "The tool from above",
            "The tool from above: wide at the ramp, narrow at the trigger, with lines of equal "
            f"height as on a map. {_SCHEMATIC}.",
            (480, 240),
            _top,
        ),
        Drawing(
            "trigger",
            "The trigger, up close",
            f"The narrow raised tip up close, with an arrow where it presses. {_SCHEMATIC}.",
            (480, 400),
            _trigger,
        ),
        Drawing(
            "scale",
            "Where the tool lies",
            "Someone lying on the back with knees bent, from the side and from above. The tool "
            "lies under the low back at right angles to the spine, its trigger under the soft "
            "gap between the last rib and the hip bone. It shows the position, not the size.",
            (640, 620),
            _scale,
            with_body=True,
        ),
    )
    return MappingProxyType({each.name: each for each in every})


def _svg(shown: Drawing, prefix: str, definitions: str = "") -> str:
    width, height = shown.size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart drawing" role="img" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{escape(shown.title)}</title>'
        f'<desc id="{prefix}-desc">{escape(shown.description)}</desc>{definitions}'
        f"{shown.draw(prefix)}</svg>"
    )


def _referral_principle(prefix: str) -> str:
    """An ache in the buttock, and the line that leads to the muscle it may come from."""
    buttock = body.regions("back")["buttock"].path
    lie = body.lies("quadratus-lumborum")["back"]
    here = lie.crosses[1]
    belly = lie.bellies[0]
    return (
        f'<mask id="{prefix}-ends" maskUnits="userSpaceOnUse" x="-140" y="262" width="280" '
        f'height="330">{_faded("both")}</mask>'
        f'<mask id="{prefix}-sides" maskUnits="userSpaceOnUse" x="-140" y="262" width="280" '
        f'height="330"><g mask="url(#{prefix}-ends)">{_faded("sides")}</g></mask>'
        '<svg width="440" height="330" viewBox="-126 262 440 330">'
        f'<g mask="url(#{prefix}-sides)">{plates.ground("back")}'
        f'<g clip-path="url(#body-back-edge)"><path class="chart-ache" d="{buttock}" '
        f'fill="{ACHE}" opacity=".8" filter="url(#chart-soft)"/></g>{plates.lines("back", 1.1)}'
        f'<g class="chart-muscle" fill="{MUSCLE}" stroke="{MUSCLE}"><path d="{belly.outline.path}" '
        f'fill-opacity=".8"/><path class="chart-fibers" d="{belly.fibers}" fill="none" '
        'stroke="#fff" stroke-width=".7" opacity=".6"/></g></g>'
        + plates.cross(here.x, here.y, 4.5)
        + _leader("58,482 104,476 132,452 132,428 104,408 70,404")
        + _arrowhead(67, 403.6)
        + text("an ache here", 142, 484, 19, "start")
        + text("may come from", 142, 396, 19, "start")
        + text("a muscle there", 142, 418, 19, "start")
        + "</svg>"
    )


def _faded(how: str) -> str:
    reach = 114
    return (
        f'<rect x="-{reach}" y="262" width="{reach * 2}" height="330" '
        f'fill="url(#chart-fade-{how})"/>'
    )


def _tool_schematic(prefix: str) -> str:
    return (
        f'{_hatching(prefix)}<g transform="translate(56 208)">{_profile(prefix)}</g>{_floor(208)}'
        + _leader("150,176 128,120 112,86")
        + text("ramp", 40, 48, 22, "start")
        + text("wide and sloped: weight rolls over it", 40, 74, 17, "start")
        + _leader("402,116 426,150 436,232")
        + text("trigger: narrow tip, presses one spot", 462, 250, 17, "end")
        + text(_SCHEMATIC, 56, 250, 14, "start")
    )


def _side(prefix: str) -> str:
    return (
        f'{_hatching(prefix)}<g transform="translate(56 146)">{_profile(prefix)}</g>{_floor(146)}'
        + text("ramp", 120, 174, 18)
        + text("trigger", 396, 174, 18)
        + text(_SCHEMATIC, 240, 200, 14)
    )


def _top(prefix: str) -> str:
    """The outline from above, with lines of equal height as on a map."""
    levels = "".join(_level(height) for height in (12, 24, 36, 46, 58, 74, 92))
    return (
        f'<g id="{prefix}-plan" transform="translate(56 92)">{_sheet(_outline(_widths()))}'
        f'<path d="{levels}" class="chart-line" fill="none" stroke="{INK}" stroke-width=".8" '
        'opacity=".65"/></g>'
        + text("ramp", 120, 194, 18)
        + text("trigger", 400, 194, 18)
        + text(f"{_SCHEMATIC}. Lines of equal height.", 240, 226, 14)
    )


def _hero(prefix: str) -> str:
    return (
        f'<g transform="translate(96 304)">{_slices(prefix, 0, 0.7, 56)}</g>'
        + text("ramp", 66, 356, 20)
        + text("trigger", 424, 100, 20)
        + text(_SCHEMATIC, 240, 390, 14)
    )


def _trigger(prefix: str) -> str:
    return (
        f'<g transform="translate(-334 596) scale(2.1)">{_slices(prefix, 262, 0.36, 34)}</g>'
        + _arrow(222, 12, 54)
        + text("presses here", 242, 40, 19, "start")
        + text(_SCHEMATIC, 464, 384, 14, "end")
    )


def _scale(prefix: str) -> str:
    """Lying on the tool: from the side, where its end is seen, and from above, where it hides."""
    drawn = _load()
    outline = curves.shape([curves.read(" ".join(drawn["lying"].split()))[0]], 0.5)
    lines = "".join(curves.brush(line, 2.2) for line in _read(drawn["lying_lines"]))
    return (
        f'{_hatching(prefix)}<g transform="translate(30 214) scale(.66)">'
        f'<path class="chart-paper" d="{_TOOL_END}" fill="{PAPER}"/><path class="chart-line" '
        f'd="{_TOOL_END}" fill="url(#{prefix}-hatch)" stroke="{INK}" stroke-width="2"/>'
        f'{_sheet(outline, 2)}<path class="chart-ink" d="{lines}" fill="{INK}" opacity=".8"/></g>'
        f"{_floor(214)}{_leader('282,208 306,232 338,244')}"
        + text("the tool, end on", 346, 250, 20, "start")
        + f'<g transform="translate(18 422) rotate(-90) scale(.6)">{plates.ground("front")}'
        f'{plates.lines("front", 1.8)}<g transform="translate(92 390) scale(-.42 .42)">'
        f'<path class="chart-line" d="{_outline(_widths())}" fill="none" stroke="{INK}" '
        'stroke-width="4" stroke-dasharray="12 9"/></g></g>'
        + plates.cross(252, 455, 5)
        + _leader("252,455 262,520 290,550")
        + text("the trigger, under the soft gap of the sore side", 320, 572, 20)
        + text("From above, the tool lies beneath. Position, not size.", 320, 604, 18)
    )


def _slices(prefix: str, start: float, pen: float, count: int) -> str:
    """The tool as slices across it, the farthest first, so that nearer ones hide it.

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


def _slice(x: float) -> Line:
    """One cross-section as it is seen from above and from the side of the ramp."""
    half, height = _at(_widths(), x), _at(_heights(), x)
    points = []
    for i in range(-5, 6):
        y = half * math.sin(math.pi * i / 10)
        z = height * (1 - abs(y / half) ** 3) ** 0.5
        points.append(Point(0.76 * x + 0.7 * y, -0.4 * x + 0.3 * y - z, corner=abs(i) == 5))
    return tuple(points)


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


def _profile(prefix: str) -> str:
    outline = curves.shape(_read(_load()["side"]), 0.5)
    return (
        f"{_sheet(outline)}"
        f'<path class="chart-line" d="{outline}" fill="url(#{prefix}-hatch)" stroke="{INK}" '
        'stroke-width="1.6" stroke-linejoin="round"/>'
    )


def _sheet(path: str, pen: float = 1.6) -> str:
    return (
        f'<path class="chart-paper chart-line" d="{path}" fill="{PAPER}" stroke="{INK}" '
        f'stroke-width="{pen:g}" stroke-linejoin="round"/>'
    )


def _hatching(prefix: str) -> str:
    return (
        f'<defs><pattern id="{prefix}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="chart-line" d="M0 0v7" '
        f'stroke="{INK}" stroke-width=".9" opacity=".55"/></pattern></defs>'
    )


def _floor(y: float) -> str:
    return (
        f'<path class="chart-line" d="M24 {y:g}h592" stroke="{INK}" stroke-width="1.2" '
        'stroke-linecap="round" opacity=".6"/>'
    )


def _leader(points: str) -> str:
    """A thin line from a thing to its name, with a dot on the thing."""
    line = curves.read(points)[0]
    return (
        f'<g class="chart-leader"><path class="chart-line" d="{curves.stroke([line])}" fill="none" '
        f'stroke="{INK}" stroke-width="1.1" stroke-linecap="round"/>'
        f'<circle class="chart-ink" cx="{line[0].x:g}" cy="{line[0].y:g}" r="2.4" '
        f'fill="{INK}"/></g>'
    )


def _arrowhead(x: float, y: float) -> str:
    """Points to the left."""
    return (
        f'<path class="chart-line" d="M{x + 8:g} {y - 4:g}l-8 4l8 5" fill="none" stroke="{INK}" '
        'stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _arrow(x: float, top: float, bottom: float) -> str:
    return (
        f'<path class="chart-line" d="M{x:g} {top:g}V{bottom:g}m-7-9l7 9l7-9" fill="none" '
        f'stroke="{INK}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>'
    )


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
    return tomllib.loads((_CONTENT / "tool.toml").read_text(encoding="utf-8"))
