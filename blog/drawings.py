"""Drawings for posts and product pages: the thought of referral, the tool, what studies found.

Each drawing is inline SVG in the manner of the charts. The two that show the body as a
whole need ``charts.body_symbols()`` once on the page; a document of its own carries it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from types import MappingProxyType

from blog import body, curves, plates, studies, tool
from blog.plates import ACHE, INK, MUSCLE, PAPER, text

_SCHEMATIC = "Schematic, not to scale"


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
    """Every drawing there is: the thought of referral, the tool's views, what studies found."""
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
    found = (
        Drawing(each.name, each.title, each.description, (studies.WIDTH, each.height), each.draw)
        for each in studies.every()
    )
    return MappingProxyType({each.name: each for each in (*every, *found)})


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
        f'{tool.hatching(prefix)}<g transform="translate(56 208)">{tool.profile(prefix)}</g>'
        + _floor(208)
        + _leader("150,176 128,120 112,86")
        + text("ramp", 40, 48, 22, "start")
        + text("wide and sloped: weight rolls over it", 40, 74, 17, "start")
        + _leader("402,116 426,150 436,232")
        + text("trigger: narrow tip, presses one spot", 462, 250, 17, "end")
        + text(_SCHEMATIC, 56, 250, 14, "start")
    )


def _side(prefix: str) -> str:
    return (
        f'{tool.hatching(prefix)}<g transform="translate(56 146)">{tool.profile(prefix)}</g>'
        + _floor(146)
        + text("ramp", 120, 174, 18)
        + text("trigger", 396, 174, 18)
        + text(_SCHEMATIC, 240, 200, 14)
    )


def _top(prefix: str) -> str:
    """The outline from above, with lines of equal height as on a map."""
    levels = tool.levels(12, 24, 36, 46, 58, 74, 92)
    return (
        f'<g id="{prefix}-plan" transform="translate(56 92)">{tool.sheet(tool.plan())}'
        f'<path d="{levels}" class="chart-line" fill="none" stroke="{INK}" stroke-width=".8" '
        'opacity=".65"/></g>'
        + text("ramp", 120, 194, 18)
        + text("trigger", 400, 194, 18)
        + text(f"{_SCHEMATIC}. Lines of equal height.", 240, 226, 14)
    )


def _hero(prefix: str) -> str:
    return (
        f'<g transform="translate(96 304)">{tool.slices(prefix, 0, 0.7, 56)}</g>'
        + text("ramp", 66, 356, 20)
        + text("trigger", 424, 100, 20)
        + text(_SCHEMATIC, 240, 390, 14)
    )


def _trigger(prefix: str) -> str:
    return (
        f'<g transform="translate(-334 596) scale(2.1)">{tool.slices(prefix, 262, 0.36, 34)}</g>'
        + _arrow(222, 12, 54)
        + text("presses here", 242, 40, 19, "start")
        + text(_SCHEMATIC, 464, 384, 14, "end")
    )


def _scale(prefix: str) -> str:
    """Lying on the tool: from the side, where its end is seen, and from above, where it hides."""
    outline, lines = tool.lying()
    return (
        f'{tool.hatching(prefix)}<g transform="translate(30 214) scale(.66)">'
        f'<path class="chart-paper" d="{tool.END}" fill="{PAPER}"/><path class="chart-line" '
        f'd="{tool.END}" fill="url(#{prefix}-hatch)" stroke="{INK}" stroke-width="2"/>'
        f'{tool.sheet(outline, 2)}<path class="chart-ink" d="{lines}" fill="{INK}" '
        'opacity=".8"/></g>'
        f"{_floor(214)}{_leader('282,208 306,232 338,244')}"
        + text("the tool, end on", 346, 250, 20, "start")
        + f'<g transform="translate(18 422) rotate(-90) scale(.6)">{plates.ground("front")}'
        f'{plates.lines("front", 1.8)}<g transform="translate(92 390) scale(-.42 .42)">'
        f'<path class="chart-line" d="{tool.plan()}" fill="none" stroke="{INK}" '
        'stroke-width="4" stroke-dasharray="12 9"/></g></g>'
        + plates.cross(252, 455, 5)
        + _leader("252,455 262,520 290,550")
        + text("the trigger, under the soft gap of the sore side", 320, 572, 20)
        + text("From above, the tool lies beneath. Position, not size.", 320, 604, 18)
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
