"""Referral charts and the pain finder's figure, as SVG drawn from the anatomy.

A page includes ``body_symbols()`` once, before any chart; the charts refer to it. Colors
come from classes (see ``static/css/charts.css``); the presentation attributes beside them
serve where no stylesheet is, as in a standalone document.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from blog import anatomy, body
from blog.anatomy import Muscle, Side, View
from blog.body import Shape

INK, PAPER, ACHE, MUSCLE = "#2b2622", "#fcf8ef", "#b3261e", "#b9770e"
"""What a chart is drawn in where no stylesheet says otherwise."""

_MARGIN = 26.0
_LEAST_HEIGHT = 210.0
_GAP = 16.0
_WHOLE = (-12.0, 1012.0)
_ARMS, _SHOULDERS, _TRUNK = 206.0, 150.0, 114.0
_SCREEN = 1.25
_VIEW_LABELS: dict[View, str] = {"front": "from the front", "back": "from behind"}
_LOCAL_NOTE = "The muscle itself may ache in"


def body_symbols(views: Collection[View] = body.VIEWS, *, bones: bool = True) -> str:
    """The figures, clip paths and softening that charts refer to; once a page, unseen."""
    parts = "".join(_figure_symbols(view, bones=bones) for view in views)
    return (
        '<svg class="chart-symbols" width="0" height="0" aria-hidden="true" focusable="false">'
        f"<defs>{_softening()}{parts}</defs></svg>"
    )


def referral_svg(muscle_id: str, *, id_prefix: str) -> str:
    """The chart of a muscle: where it lies, where its crosses are, where it is felt.

    The body's right muscle is drawn, as atlases do. Ids begin with the prefix, so that a
    page can hold several charts. KeyError when there is no such muscle.
    """
    return _svg(_Plan.of(anatomy.muscle(muscle_id)), id_prefix)


def referral_document(muscle_id: str) -> str:
    """The same chart as a document of its own, for feeds, mail and social cards."""
    plan = _Plan.of(anatomy.muscle(muscle_id))
    symbols = _softening() + "".join(
        _figure_symbols(view, bones=body.lies(muscle_id)[view].bones)
        if view in body.lies(muscle_id)
        else _figure_symbols(view, bones=False)
        for view in plan.views
    )
    return _svg(plan, "chart", symbols=f"<defs>{symbols}</defs>")


def caption(muscle: Muscle) -> str:
    """One sentence under the chart."""
    felt = _listed(_labels(muscle.referral.primary))
    return (
        f"{_short_name(muscle)}: the muscle in ochre, its trigger points as crosses, and in red "
        f"where it may be felt, above all in the {felt}. Zones vary between people."
    )


def text_alternative(muscle: Muscle) -> str:
    """What the chart shows, in words, for those who do not see it."""
    referral = muscle.referral
    crosses = _listed(
        [f"{_label(zone.region)} ({zone.note})" for zone in muscle.trigger_zones], "; "
    )
    parts = [
        f"Trigger points are marked in: {crosses}.",
        f"Strongest referred ache: {_listed(_labels(referral.primary))}.",
    ]
    if referral.secondary:
        parts.append(f"Sometimes also: {_listed(_labels(referral.secondary))}.")
    parts.append(f"{_LOCAL_NOTE}: {_listed(_labels(referral.local))}.")
    parts.append(f"Side: {referral.side.replace('-', ' ')}. Shown for the right muscle.")
    return " ".join(parts)


def finder_svg(
    link: Callable[[str, Side | None], str] | None = None,
    *,
    id_prefix: str = "finder",
    chosen: Collection[tuple[str, Side | None]] = (),
) -> str:
    """Front and back figure on which every region is a link.

    ``link`` gives the address for a region and a side; without it, links choose the region
    by ``?region=…&side=…``. A region seen on both figures is in the tab order once.
    """
    to = link or _chosen_by_query
    panels = "".join(
        f'<svg x="{x}" width="424" height="1024" viewBox="-212 -12 424 1024">'
        f"{_ground(view)}{_targets(view, to, id_prefix, chosen)}{_lines(view, 1.6)}</svg>"
        for view, x in zip(body.VIEWS, (0, 424), strict=True)
    )
    return (
        '<svg class="chart finder" viewBox="0 0 848 1064" role="group" '
        f'aria-label="Figure of the body from the front and from behind">{panels}'
        f"{_text('from the front', 212, 1050, 24)}{_text('from behind', 636, 1050, 24)}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Zone:
    """A region in which a muscle is felt, as drawn on one view."""

    region: str
    shape: Shape
    primary: bool
    both_sides: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a chart shows: its views and the part of the body they are cropped to."""

    muscle: Muscle
    views: tuple[View, ...]
    reach: float
    top: float
    bottom: float

    @classmethod
    def of(cls, muscle: Muscle) -> "_Plan":
        views = _views(muscle)
        boxes = [box for view in views for box in _boxes(muscle, view)]
        top, bottom = min(b[1] for b in boxes) - _MARGIN, max(b[3] for b in boxes) + _MARGIN
        lacking = max(0.0, _LEAST_HEIGHT - (bottom - top)) / 2
        top, bottom = max(_WHOLE[0], top - lacking), min(_WHOLE[1], bottom + lacking)
        return cls(muscle, views, _reach(boxes, top), top, bottom)

    @property
    def width(self) -> float:
        """The chart's width in units of the drawing."""
        return len(self.views) * self.reach * 2 + (len(self.views) - 1) * _GAP

    @property
    def pen(self) -> float:
        """The width of a line that looks alike in every chart, whatever its crop."""
        return self.width / 400

    @property
    def lefts(self) -> tuple[float, ...]:
        """Where each panel begins."""
        return tuple(i * (self.reach * 2 + _GAP) for i in range(len(self.views)))

    @property
    def height(self) -> float:
        """The height of a panel."""
        return self.bottom - self.top


def _views(muscle: Muscle) -> tuple[View, ...]:
    """The views that show the muscle, and those that some zone needs besides."""
    needed = set(body.lies(muscle.id))
    for region_id in (*muscle.referral.primary, *muscle.referral.secondary):
        region = anatomy.regions()[region_id]
        if not needed & set(region.views):
            needed.add(region.view)
    return tuple(view for view in body.VIEWS if view in needed)


def _boxes(muscle: Muscle, view: View) -> list[tuple[float, float, float, float]]:
    zones = [zone.shape.box for zone in _zones(muscle, view)]
    lie = body.lies(muscle.id).get(view)
    return zones + ([belly.outline.box for belly in lie.bellies] if lie else [])


def _zones(muscle: Muscle, view: View) -> list[_Zone]:
    shapes = body.regions(view)
    felt = muscle.referral
    return [
        _Zone(region, shape, region in felt.primary, felt.both_sides)
        for region, shape in shapes.items()
        if region in felt.primary or region in felt.secondary
    ]


def _reach(boxes: Iterable[tuple[float, float, float, float]], top: float) -> float:
    """How far out from the midline to show: arms and shoulders only where they matter."""
    if any(box[0] > 104 for box in boxes):
        return _ARMS
    return _SHOULDERS if top < 235 else _TRUNK


def _svg(plan: _Plan, prefix: str, symbols: str = "") -> str:
    size = plan.width * 0.034
    height = plan.height + size * 6.4
    title, words = f"Referral chart: {plan.muscle.name}", text_alternative(plan.muscle)
    panels = "".join(_panel(plan, view, x) for view, x in zip(plan.views, plan.lefts, strict=True))
    labels = "".join(
        _text(_VIEW_LABELS[view], x + plan.reach, plan.height + size, size)
        for view, x in zip(plan.views, plan.lefts, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {plan.width:g} {height:.0f}" width="{plan.width * _SCREEN:.0f}" '
        f'height="{height * _SCREEN:.0f}" aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(words)}</desc>{symbols}{_masks(plan, prefix)}'
        f'<g mask="url(#{prefix}-crop)">{panels}</g>{labels}{_legend(plan, size)}</svg>'
    )


def _masks(plan: _Plan, prefix: str) -> str:
    """The crop runs out softly wherever the body goes on beyond it."""
    frame = (
        f'maskUnits="userSpaceOnUse" x="0" y="0" width="{plan.width:g}" height="{plan.height:g}"'
    )
    ends = {(1, 1): "both", (1, 0): "above", (0, 1): "below", (0, 0): "none"}
    fade = ends[plan.top > 0, plan.bottom < 1000]
    sides = "none" if plan.reach == _ARMS else "sides"
    size = f'width="{plan.reach * 2:g}" height="{plan.height:g}"'
    panels = "".join(
        f'<rect x="{x:g}" {size} fill="url(#chart-fade-{sides})"/>' for x in plan.lefts
    )
    return (
        f'<mask id="{prefix}-fade" {frame}><rect width="{plan.width:g}" height="{plan.height:g}" '
        f'fill="url(#chart-fade-{fade})"/></mask>'
        f'<mask id="{prefix}-crop" {frame}><g mask="url(#{prefix}-fade)">{panels}</g></mask>'
    )


def _panel(plan: _Plan, view: View, x: float) -> str:
    turn = ' transform="scale(-1 1)"' if body.half_side(view) == "left" else ""
    lie = body.lies(plan.muscle.id).get(view)
    bones = _bones(view, plan.pen) if lie and lie.bones else ""
    muscle = f"<g{turn}>{_muscle(plan.muscle, lie, plan.pen)}</g>" if lie else ""
    return (
        f'<svg x="{x:g}" width="{plan.reach * 2:g}" height="{plan.height:g}" '
        f'viewBox="{-plan.reach:g} {plan.top:g} {plan.reach * 2:g} {plan.height:g}">'
        f"{_ground(view)}{_ache(plan.muscle, view, turn)}{bones}{_lines(view, plan.pen)}{muscle}"
        "</svg>"
    )


def _ache(muscle: Muscle, view: View, turn: str) -> str:
    zones = _zones(muscle, view)
    faint = "".join(_zone(zone, turn) for zone in zones if not zone.primary)
    strong = "".join(_zone(zone, turn) for zone in zones if zone.primary)
    return (
        f'<g clip-path="url(#body-{view}-edge)" fill="{ACHE}" class="chart-ache">'
        f'<g class="chart-sometimes" opacity=".3" filter="url(#chart-soft)">{faint}</g>'
        f'<g class="chart-mostly" opacity=".8" filter="url(#chart-soft)">{strong}</g></g>'
    )


def _zone(zone: _Zone, turn: str) -> str:
    strength = "felt strongly" if zone.primary else "sometimes felt"
    title = f"<title>{escape(_label(zone.region))}: {strength}</title>"
    drawn = f'<path d="{zone.shape.path}"{{}}>{title}</path>'
    if not anatomy.regions()[zone.region].paired:
        return drawn.format("")
    other = "" if turn else ' transform="scale(-1 1)"'
    return drawn.format(turn) + (drawn.format(other) if zone.both_sides else "")


def _muscle(muscle: Muscle, lie: body.Lie, pen: float) -> str:
    bellies = "".join(belly.outline.path for belly in lie.bellies)
    fibers = "".join(belly.fibers for belly in lie.bellies)
    return (
        f'<path class="chart-paper" d="{bellies}" fill="{PAPER}" opacity=".8"/>'
        f'<g class="chart-muscle" fill="{MUSCLE}" stroke="{MUSCLE}" stroke-linejoin="round">'
        f"<title>{escape(muscle.name)}</title>"
        f'<path d="{bellies}" fill-opacity=".72" stroke-width="{pen:.2f}"/>'
        f'<path class="chart-fibers" d="{fibers}" fill="none" stroke="#fff" '
        f'stroke-width="{pen * 0.6:.2f}" opacity=".6"/></g>'
        f"{''.join(_cross(point.x, point.y, pen * 3.4) for point in lie.crosses)}"
    )


def _legend(plan: _Plan, size: float) -> str:
    """Four swatches with their words, two in a row, below the panels."""
    y, half = plan.height + size * 3, plan.width / 2
    box = f'width="{size * 1.5:.1f}" height="{size * 0.8:.1f}" rx="{size * 0.25:.1f}"'
    entries = (
        (f'<rect {box} fill="{MUSCLE}" fill-opacity=".8" class="chart-muscle"/>', "the muscle"),
        (f'<rect {box} fill="{ACHE}" opacity=".8" class="chart-ache"/>', "felt strongly"),
        (_cross(size * 0.75, size * 0.4, size * 0.34), "trigger point"),
        (f'<rect {box} fill="{ACHE}" opacity=".3" class="chart-ache"/>', "sometimes felt"),
    )
    drawn = []
    for i, (swatch, words) in enumerate(entries):
        x, line = (i % 2) * half + half * 0.14, y + (i // 2) * size * 1.9
        drawn.append(
            f'<g transform="translate({x:.1f} {line:.1f})">{swatch}'
            f"{_text(words, size * 2.1, size * 0.75, size, anchor='start')}</g>"
        )
    return f'<g class="chart-legend">{"".join(drawn)}</g>'


def _cross(x: float, y: float, arm: float) -> str:
    side = f"{arm * 2:.1f}"
    path = f"M{x - arm:.1f} {y - arm:.1f}l{side} {side}m0-{side}l-{side} {side}"
    lines = (("chart-halo", PAPER, arm * 1.1), ("chart-cross", INK, arm * 0.5))
    return "".join(
        f'<path class="{name}" d="{path}" fill="none" stroke="{color}" '
        f'stroke-width="{width:.2f}" stroke-linecap="round"/>'
        for name, color, width in lines
    )


def _text(words: str, x: float, y: float, size: float, anchor: str = "middle") -> str:
    return (
        f'<text class="chart-text" x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" '
        f'font-family="sans-serif" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'
    )


def _targets(
    view: View,
    link: Callable[[str, Side | None], str],
    prefix: str,
    chosen: Collection[tuple[str, Side | None]],
) -> str:
    drawn = []
    for region_id, shape in body.regions(view).items():
        region = anatomy.regions()[region_id]
        here = body.half_side(view)
        there: Side = "right" if here == "left" else "left"
        sides: tuple[Side | None, ...] = (here, there) if region.paired else (None,)
        name = f"{prefix}-{view}-{region_id}"
        for side in sides:
            words = f"{region.label}, {side}" if side else region.label
            picture = (
                f'<use href="#{name}" transform="scale(-1 1)"/>'
                if side == there
                else f'<path id="{name}" d="{shape.path}"/>'
            )
            on = ' aria-current="true"' if (region_id, side) in chosen else ""
            again = ' tabindex="-1" aria-hidden="true"' if view != region.view else ""
            which = f' data-side="{side}"' if side else ""
            drawn.append(
                f'<a class="finder-region" href="{escape(link(region_id, side))}" '
                f'data-region="{region_id}"{which}{on}{again} aria-label="{escape(words)}">'
                f"<title>{escape(words)}</title>{picture}</a>"
            )
    return f'<g class="finder-regions" clip-path="url(#body-{view}-edge)">{"".join(drawn)}</g>'


def _chosen_by_query(region: str, side: Side | None) -> str:
    return "?" + urlencode({"region": region, **({"side": side} if side else {})})


def _ground(view: View) -> str:
    return f'<use href="#body-{view}-ground"/>'


def _lines(view: View, pen: float) -> str:
    return (
        f'<use href="#body-{view}-outline" class="chart-line" fill="none" stroke="{INK}" '
        f'stroke-width="{pen * 1.3:.2f}" stroke-linejoin="round"/>'
        f'<use href="#body-{view}-lines" stroke-width="{pen * 0.7:.2f}"/>'
    )


def _bones(view: View, pen: float) -> str:
    return f'<use href="#body-{view}-bones" stroke-width="{pen * 0.8:.2f}"/>'


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


def _figure_symbols(view: View, *, bones: bool) -> str:
    drawn = body.figure(view)
    outline = f'<use href="#body-{view}-outline"'
    half = f"body-{view}-half"
    insets = (
        f'<path d="{drawn.insets}{drawn.leader}" fill="none" opacity=".7"/>' if drawn.insets else ""
    )
    return (
        f'<path id="body-{view}-outline" d="{drawn.edge}"/>'
        f'<clipPath id="body-{view}-edge">{outline}/><path d="{drawn.insets}"/></clipPath>'
        f'<g id="body-{view}-ground"><g class="chart-paper" fill="{PAPER}">{outline}/>'
        f'<path d="{drawn.insets}"/></g><g clip-path="url(#body-{view}-edge)">{outline} '
        f'class="chart-line" fill="none" stroke="{INK}" stroke-width="15" opacity=".15" '
        'filter="url(#body-round)"/></g></g>'
        f'<g id="{half}"><path class="chart-ink" d="{drawn.contours}" fill="{INK}" opacity=".85"/>'
        f'<path d="{drawn.faint}" fill="none" opacity=".45"/></g>'
        f'<g id="body-{view}-lines" class="chart-line" stroke="{INK}" stroke-linecap="round" '
        f'stroke-linejoin="round"><use href="#{half}"/>'
        f'<use href="#{half}" transform="scale(-1 1)"/>'
        f'<path d="{drawn.middle}" fill="none" opacity=".5"/>{insets}</g>'
        + (_bone_symbols(view, drawn.bones) if bones else "")
    )


def _bone_symbols(view: View, bones: str) -> str:
    return (
        f'<g id="body-{view}-bones" class="chart-line" fill="none" stroke="{INK}" opacity=".55" '
        f'stroke-linecap="round" stroke-linejoin="round"><path id="body-{view}-bone" d="{bones}"/>'
        f'<use href="#body-{view}-bone" transform="scale(-1 1)"/></g>'
    )


def _short_name(muscle: Muscle) -> str:
    return muscle.name.split(" (")[0]


def _label(region_id: str) -> str:
    return anatomy.regions()[region_id].label


def _labels(region_ids: Iterable[str]) -> list[str]:
    return [_label(region_id) for region_id in region_ids]


def _listed(words: list[str], separator: str = ", ") -> str:
    if len(words) < 2 or separator != ", ":
        return separator.join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
