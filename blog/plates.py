"""What every drawing shares: its colors, the figure of the body, and lettering.

Colors come from classes (see ``static/css/site.css``); the presentation attributes beside
them serve where no stylesheet is, as in a document of its own.
"""

from collections.abc import Collection
from html import escape

from blog import body
from blog.anatomy import View

INK, PAPER, ACHE, MUSCLE = "#2b2622", "#fcf8ef", "#b3261e", "#b9770e"
"""What is drawn in where no stylesheet says otherwise."""


def body_symbols(views: Collection[View] = body.VIEWS, *, bones: bool = True) -> str:
    """The figures and softening that charts refer to: once a page, before them, unseen."""
    return (
        '<svg class="chart-symbols" width="0" height="0" aria-hidden="true" focusable="false">'
        f"{definitions(views, bones=bones)}</svg>"
    )


def definitions(views: Collection[View] = body.VIEWS, *, bones: bool = True) -> str:
    """The same, to stand inside a document of its own."""
    figures = "".join(_figure(view, bones=bones) for view in views)
    return f"<defs>{_softening()}{figures}</defs>"


def ground(view: View) -> str:
    """The body as a surface, rounded by shade; what is felt is painted on it."""
    return f'<use href="#body-{view}-ground"/>'


def lines(view: View, pen: float) -> str:
    """The body's lines, drawn with a pen of a width."""
    return (
        f'<use href="#body-{view}-outline" class="chart-line" fill="none" stroke="{INK}" '
        f'stroke-width="{pen * 1.3:.2f}" stroke-linejoin="round"/>'
        f'<use href="#body-{view}-lines" stroke-width="{pen * 0.7:.2f}"/>'
    )


def bones(view: View, pen: float) -> str:
    """The bones of trunk and hip, as if seen through."""
    return f'<use href="#body-{view}-bones" stroke-width="{pen * 0.8:.2f}"/>'


def inset(path: str, pen: float) -> str:
    """A part of the body that is drawn beside it."""
    return (
        f'<path class="chart-paper chart-line" d="{path}" fill="{PAPER}" stroke="{INK}" '
        f'stroke-width="{pen:.2f}"/>'
    )


def cross(x: float, y: float, arm: float) -> str:
    """A cross, with a halo that keeps it clear on any ground."""
    side = f"{arm * 2:.1f}"
    path = f"M{x - arm:.1f} {y - arm:.1f}l{side} {side}m0-{side}l-{side} {side}"
    strokes = (("chart-halo", PAPER, arm * 1.1), ("chart-cross", INK, arm * 0.5))
    return "".join(
        f'<path class="{name}" d="{path}" fill="none" stroke="{color}" '
        f'stroke-width="{width:.2f}" stroke-linecap="round"/>'
        for name, color, width in strokes
    )


def text(words: str, x: float, y: float, size: float, anchor: str = "middle") -> str:
    """Lettering that follows the page's own type."""
    return (
        f'<text class="chart-text" x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" '
        f'font-family="sans-serif" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'
    )


def _softening() -> str:
    fades = {"none": (0, 0), "above": (1, 0), "below": (0, 1), "both": (1, 1), "sides": (1, 1)}
    gradients = "".join(_fade(name, above, below) for name, (above, below) in fades.items())
    frame = 'filterUnits="userSpaceOnUse" x="-220" y="-20" width="440" height="1050"'
    return (
        f'{gradients}<filter id="chart-soft" {frame}><feGaussianBlur stdDeviation="4"/></filter>'
        f'<filter id="body-round" {frame}><feGaussianBlur stdDeviation="7"/></filter>'
    )


def _fade(name: str, above: int, below: int) -> str:
    run = 'y2="0"' if name == "sides" else 'x2="0" y2="1"'
    return (
        f'<linearGradient id="chart-fade-{name}" {run} gradientUnits="objectBoundingBox">'
        f'<stop stop-color="#fff" stop-opacity="{1 - above}"/>'
        '<stop offset=".08" stop-color="#fff"/><stop offset=".92" stop-color="#fff"/>'
        f'<stop offset="1" stop-color="#fff" stop-opacity="{1 - below}"/></linearGradient>'
    )


def _figure(view: View, *, bones: bool) -> str:
    drawn = body.figure(view)
    outline = f'<use href="#body-{view}-outline"'
    half = f"body-{view}-half"
    return (
        f'<path id="body-{view}-outline" d="{drawn.edge}"/>'
        f'<clipPath id="body-{view}-edge">{outline}/></clipPath>'
        f'<g id="body-{view}-ground"><g class="chart-paper" fill="{PAPER}">{outline}/></g>'
        f'<g clip-path="url(#body-{view}-edge)">{outline} class="chart-line" fill="none" '
        f'stroke="{INK}" stroke-width="15" opacity=".15" filter="url(#body-round)"/></g></g>'
        f'<g id="{half}"><path class="chart-ink" d="{drawn.contours}" fill="{INK}" opacity=".85"/>'
        f'<path d="{drawn.faint}" fill="none" opacity=".45"/></g>'
        f'<g id="body-{view}-lines" class="chart-line" stroke="{INK}" stroke-linecap="round" '
        f'stroke-linejoin="round"><use href="#{half}"/>'
        f'<use href="#{half}" transform="scale(-1 1)"/>'
        f'<path d="{drawn.middle}" fill="none" opacity=".5"/></g>'
        + (_bones(view, drawn.bones) if bones else "")
    )


def _bones(view: View, path: str) -> str:
    return (
        f'<g id="body-{view}-bones" class="chart-line" fill="none" stroke="{INK}" opacity=".55" '
        f'stroke-linecap="round" stroke-linejoin="round"><path id="body-{view}-bone" d="{path}"/>'
        f'<use href="#body-{view}-bone" transform="scale(-1 1)"/></g>'
    )
