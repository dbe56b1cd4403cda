"""Referral charts and the pain finder's figure, as SVG drawn from the anatomy.

A page includes ``body_symbols()`` once, before any chart; the charts refer to it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from html import escape
from urllib.parse import urlencode

from blog import anatomy, body, crops, plates
from blog.anatomy import Muscle, Region, Side, View
from blog.body import Shape
from blog.crops import SOLE, Crop, Zone
from blog.plates import ACHE, MUSCLE, PAPER, body_symbols, text

__all__ = [
    "body_symbols",
    "caption",
    "finder_svg",
    "referral_document",
    "referral_svg",
    "text_alternative",
]

_VIEW_LABELS: dict[View, str] = {"front": "from the front", "back": "from behind"}
_SCREEN = 1.25


def referral_svg(muscle_id: str, *, id_prefix: str, legend: bool = True) -> str:
    """The chart of a muscle: where it lies, where its crosses are, where it is felt.

    The body's right muscle is drawn, as atlases do. Ids begin with the prefix, so that a
    page can hold several charts; a small one goes without its words. KeyError when there is no
    such muscle.
    """
    return _svg(Crop.of(anatomy.muscle(muscle_id)), id_prefix, legend=legend)


def referral_document(muscle_id: str) -> str:
    """The same chart as a document of its own, for feeds, mail and social cards."""
    crop = Crop.of(anatomy.muscle(muscle_id))
    bones = any(lie.bones for lie in body.lies(muscle_id).values())
    return _svg(crop, "chart", plates.definitions(crop.views, bones=bones))


def caption(muscle: Muscle) -> str:
    """One sentence under the chart."""
    felt = _listed(_labels(muscle.referral.primary))
    return (
        f"{_short_name(muscle)}: the muscle in ochre, its trigger points as crosses, and in red "
        f"where it may be felt, above all in the {felt}. The right side is shown; zones vary "
        "between people."
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
    parts.append(f"The muscle itself may ache in: {_listed(_labels(referral.local))}.")
    parts.append(f"Side: {referral.side.replace('-', ' ')}. Shown for the right muscle.")
    return " ".join(parts)


def finder_svg(
    link: Callable[[str, Side | None], str] | None = None,
    *,
    views: Sequence[View] = body.VIEWS,
    chosen: Collection[tuple[str, Side | None]] = (),
    id_prefix: str = "finder",
) -> str:
    """The figure on which every region is a link: front and back, or one of them.

    ``link`` gives the address for a region and a side; without it, links choose the region
    by ``?region=…&side=…``. A region seen on both figures is in the tab order once.
    """
    to = link or _chosen_by_query
    panels = "".join(
        f'<svg x="{x}" width="424" height="1024" viewBox="-212 -12 424 1024">'
        f"{plates.ground(view)}{_insets(view)}"
        f"{_targets(view, to, id_prefix, chosen, once=len(views) == 1)}"
        f'<g pointer-events="none">{plates.lines(view, 1.1)}</g></svg>'
        f"{text(_VIEW_LABELS[view], x + 212, 1050, 24)}"
        for x, view in zip(range(0, 848, 424), views, strict=False)
    )
    return (
        f'<svg class="chart finder" viewBox="0 0 {424 * len(views)} 1064" role="group" '
        f'aria-label="Figure of the body">{panels}</svg>'
    )


def _svg(crop: Crop, prefix: str, symbols: str = "", *, legend: bool = True) -> str:
    size = crop.width * 0.034
    height = crop.height + (size * 6.4 if legend else 0)
    title, words = f"Referral chart: {crop.muscle.name}", text_alternative(crop.muscle)
    panels = "".join(_panel(crop, view, x) for view, x in zip(crop.views, crop.lefts, strict=True))
    labels = "".join(
        text(_VIEW_LABELS[view], x + crop.panel / 2, crop.height + size, size)
        for view, x in zip(crop.views, crop.lefts, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {crop.width:g} {height:.0f}" width="{crop.width * _SCREEN:.0f}" '
        f'height="{height * _SCREEN:.0f}" aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(words)}</desc>{symbols}{_masks(crop, prefix)}'
        f'<g mask="url(#{prefix}-crop)">{panels}</g>'
        f"{labels + _legend(crop, size) if legend else ''}</svg>"
    )


def _masks(crop: Crop, prefix: str) -> str:
    """The crop runs out softly wherever the body goes on beyond it."""
    frame = (
        f'maskUnits="userSpaceOnUse" x="0" y="0" width="{crop.width:g}" height="{crop.height:g}"'
    )
    ends = {(1, 1): "both", (1, 0): "above", (0, 1): "below", (0, 0): "none"}
    fade = ends[crop.top > 0, crop.bottom < 1000]
    panels = "".join(_window(crop, view, x) for view, x in zip(crop.views, crop.lefts, strict=True))
    return (
        f'<mask id="{prefix}-fade" {frame}><rect width="{crop.width:g}" height="{crop.height:g}" '
        f'fill="url(#chart-fade-{fade})"/></mask>'
        f'<mask id="{prefix}-crop" {frame}><g mask="url(#{prefix}-fade)">{panels}</g></mask>'
    )


def _window(crop: Crop, view: View, x: float) -> str:
    middle = x + crop.midline(view)
    near_left = body.half_side(view) == "left"
    left = middle - (crop.clear if near_left else crop.far)
    size = f'width="{crop.clear + crop.far:g}" height="{crop.height:g}"'
    body_window = f'<rect x="{left:g}" {size} fill="url(#chart-fade-sides)"/>'
    if crop.clear == crop.near:
        return body_window
    x0, top, x1, bottom = SOLE
    at = middle - x1 if near_left else middle + x0
    return body_window + (
        f'<rect x="{at - 3:g}" y="{top - crop.top - 3:g}" width="{x1 - x0 + 6:g}" '
        f'height="{bottom - top + 6:g}" fill="#fff"/>'
    )


def _panel(crop: Crop, view: View, x: float) -> str:
    turn = ' transform="scale(-1 1)"' if body.half_side(view) == "left" else ""
    lie = body.lies(crop.muscle.id).get(view)
    bones = plates.bones(view, crop.pen) if lie and lie.bones else ""
    muscle = f"<g{turn}>{_muscle(crop.muscle, lie, crop.pen)}</g>" if lie else ""
    return (
        f'<svg x="{x:g}" width="{crop.panel:g}" height="{crop.height:g}" '
        f'viewBox="{-crop.midline(view):g} {crop.top:g} {crop.panel:g} {crop.height:g}">'
        f"{plates.ground(view)}{_ache(crop.muscle, view, turn, crop.pen)}{bones}"
        f"{plates.lines(view, crop.pen)}{muscle}</svg>"
    )


def _ache(muscle: Muscle, view: View, turn: str, pen: float) -> str:
    felt = crops.zones(muscle, view)
    both = muscle.referral.both_sides
    faint = [zone for zone in felt if not zone.primary]
    strong = [zone for zone in felt if zone.primary]
    beside = "".join(plates.inset(z.shape.inset, pen) for z in felt if not z.shape.path)
    return (
        f'<g{turn}>{beside}</g><g fill="{ACHE}" class="chart-ache">'
        f'<g class="chart-sometimes" opacity=".32">{_painted(faint, view, turn, both=both)}</g>'
        f'<g class="chart-mostly" opacity=".8">{_painted(strong, view, turn, both=both)}</g></g>'
    )


def _painted(zones: Sequence[Zone], view: View, turn: str, *, both: bool) -> str:
    """Zones whose edges fade on the body, and what of them is drawn beside it."""
    on = "".join(_zone(zone, turn, both=both) for zone in zones if zone.shape.path)
    beside = "".join(
        f'<path d="{zone.shape.inset}"{turn}>{_zone_title(zone)}</path>'
        for zone in zones
        if not zone.shape.path
    )
    return (
        f'<g clip-path="url(#body-{view}-edge)"><g filter="url(#chart-soft)">{on}</g></g>{beside}'
    )


def _zone(zone: Zone, turn: str, *, both: bool) -> str:
    title = _zone_title(zone)
    if not anatomy.regions()[zone.region].paired:
        return f'<path d="{zone.shape.path}">{title}</path>'
    turns = ("", ' transform="scale(-1 1)"') if both else (turn,)
    return "".join(f'<path d="{zone.shape.path}"{side}>{title}</path>' for side in turns)


def _zone_title(zone: Zone) -> str:
    strength = "felt strongly" if zone.primary else "sometimes felt"
    return f"<title>{escape(_label(zone.region))}: {strength}</title>"


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
        f"{''.join(plates.cross(point.x, point.y, pen * 3.4) for point in lie.crosses)}"
    )


def _legend(crop: Crop, size: float) -> str:
    """Four swatches with their words, two in a row, below the panels."""
    y, half = crop.height + size * 3, crop.width / 2
    box = f'width="{size * 1.5:.1f}" height="{size * 0.8:.1f}" rx="{size * 0.25:.1f}"'
    entries = (
        (f'<rect {box} fill="{MUSCLE}" fill-opacity=".8" class="chart-muscle"/>', "the muscle"),
        (f'<rect {box} fill="{ACHE}" opacity=".8" class="chart-ache"/>', "felt strongly"),
        (plates.cross(size * 0.75, size * 0.4, size * 0.34), "trigger point"),
        (f'<rect {box} fill="{ACHE}" opacity=".3" class="chart-ache"/>', "sometimes felt"),
    )
    drawn = []
    for i, (swatch, words) in enumerate(entries):
        x, line = (i % 2) * half + half * 0.14, y + (i // 2) * size * 1.9
        drawn.append(
            f'<g transform="translate({x:.1f} {line:.1f})">{swatch}'
            f"{text(words, size * 2.1, size * 0.75, size, anchor='start')}</g>"
        )
    return f'<g class="chart-legend">{"".join(drawn)}</g>'


def _insets(view: View) -> str:
    """What the figure hides, drawn beside it on both sides, for the finder."""
    soles = [s.inset for region, s in body.regions(view).items() if region == "sole"]
    drawn = "".join(plates.inset(sole, 0.8) for sole in soles)
    frame = body.figure(view).inset_frame
    return (
        f'<g class="finder-inset"><g transform="scale(-1 1)">{drawn}</g>{drawn}'
        f"{plates.inset(frame, 0.8) if frame else ''}</g>"
    )


def _targets(
    view: View,
    link: Callable[[str, Side | None], str],
    prefix: str,
    chosen: Collection[tuple[str, Side | None]],
    *,
    once: bool,
) -> str:
    here = body.half_side(view)
    there: Side = "right" if here == "left" else "left"
    drawn = []
    for region_id, shape in body.regions(view).items():
        region = anatomy.regions()[region_id]
        name = f"{prefix}-{view}-{region_id}"
        whole = _target_shape(name, shape, view)
        mirrored = f'<use href="#{name}" transform="scale(-1 1)"/>'
        sides: list[tuple[Side | None, str]] = [(None, whole)]
        if region.paired:
            sides = [(here, whole), (there, mirrored)]
        again = "" if once or view == region.view else ' tabindex="-1" aria-hidden="true"'
        for side, picture in sides:
            on = ' aria-current="true"' if (region_id, side) in chosen else ""
            kind = "finder-region finder-inset" if shape.inset else "finder-region"
            marks = f'class="{kind}"{on}{again}'
            drawn.append(_target(region, side, link(region_id, side), picture, marks))
    return (
        '<g class="finder-regions" fill="#fff" fill-opacity="0" stroke="#cfc6b4">'
        f"{''.join(drawn)}</g>"
    )


def _target_shape(name: str, shape: Shape, view: View) -> str:
    on = f'<path d="{shape.path}" clip-path="url(#body-{view}-edge)"/>' if shape.path else ""
    beside = f'<path d="{shape.inset}"/>' if shape.inset else ""
    return f'<g id="{name}">{on}{beside}</g>'


def _target(region: Region, side: Side | None, address: str, picture: str, marks: str) -> str:
    words = escape(f"{region.label}, {side}" if side else region.label)
    which = f' data-side="{side}"' if side else ""
    return (
        f'<a {marks} href="{escape(address)}" data-region="{region.id}"{which}'
        f' aria-label="{words}"><title>{words}</title>{picture}</a>'
    )


def _chosen_by_query(region: str, side: Side | None) -> str:
    return "?" + urlencode({"region": region, **({"side": side} if side else {})})


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
