"""What part of the body a referral chart shows, so that it is readable on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

from blog import anatomy, body
from blog.anatomy import Muscle, View
from blog.body import Box, Shape

_MARGIN = 26.0
_LEAST_HEIGHT = 210.0
_GAP = 16.0
_WHOLE = (-12.0, 1012.0)
_ARM, _SHOULDER, _TRUNK, _HEAD, _HALF, _INSET = 206.0, 150.0, 114.0, 84.0, 14.0, 140.0

SOLE = body.regions("back")["sole"].box
"""Where the sole is drawn beside the foot."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A region in which a muscle is felt, as drawn on one view."""

    region: str
    shape: Shape
    primary: bool


@dataclass(frozen=True, slots=True)
class Crop:
    """The views of a chart and how much of the body they show, in units of the drawing.

    ``near`` is how far the crop reaches on the muscle's side, ``far`` on the other one,
    ``clear`` how far the body is shown at all; beyond it stands at most the sole's inset.
    """

    muscle: Muscle
    views: tuple[View, ...]
    near: float
    far: float
    clear: float
    top: float
    bottom: float

    @classmethod
    def of(cls, muscle: Muscle) -> "Crop":
        """The crop that holds a muscle and everywhere it is felt."""
        views = _views(muscle)
        boxes = [box for view in views for box in _boxes(muscle, view)]
        top, bottom = min(b[1] for b in boxes) - _MARGIN, max(b[3] for b in boxes) + _MARGIN
        lacking = max(0.0, _LEAST_HEIGHT - (bottom - top)) / 2
        top, bottom = max(_WHOLE[0], top - lacking), min(_WHOLE[1], bottom + lacking)
        body_boxes = [box for box in boxes if box != SOLE]
        near, far = _reach(body_boxes, top, bottom)
        wide = max(near, _INSET) if len(body_boxes) < len(boxes) else near
        return cls(muscle, views, wide, far, near, top, bottom)

    @property
    def panel(self) -> float:
        """The width of a panel, in units of the drawing."""
        return self.near + self.far

    @property
    def width(self) -> float:
        """The width of the chart."""
        return len(self.views) * self.panel + (len(self.views) - 1) * _GAP

    @property
    def pen(self) -> float:
        """The width of a line that looks alike in every chart, whatever its crop."""
        return self.width / 400

    @property
    def lefts(self) -> tuple[float, ...]:
        """Where each panel begins."""
        return tuple(i * (self.panel + _GAP) for i in range(len(self.views)))

    def midline(self, view: View) -> float:
        """How far from a panel's left edge the body's midline lies."""
        return self.near if body.half_side(view) == "left" else self.far

    @property
    def height(self) -> float:
        """The height of a panel."""
        return self.bottom - self.top


def zones(muscle: Muscle, view: View) -> list[Zone]:
    """The regions of a view in which a muscle is felt away from its crosses."""
    referral = muscle.referral
    shapes = {**body.regions(view), **body.felt(muscle.id, view)}
    return [
        Zone(region, shape, region in referral.primary)
        for region, shape in shapes.items()
        if region in referral.primary or region in referral.secondary
    ]


def _views(muscle: Muscle) -> tuple[View, ...]:
    """The views that show the muscle, and those that some zone needs besides."""
    needed = set(body.lies(muscle.id))
    for region_id in (*muscle.referral.primary, *muscle.referral.secondary):
        region = anatomy.regions()[region_id]
        if not needed & set(region.views):
            needed.add(region.view)
    return tuple(view for view in body.VIEWS if view in needed)


def _boxes(muscle: Muscle, view: View) -> list[Box]:
    felt = [zone.shape.box for zone in zones(muscle, view)]
    lie = body.lies(muscle.id).get(view)
    return felt + ([belly.outline.box for belly in lie.bellies] if lie else [])


def _reach(boxes: Sequence[Box], top: float, bottom: float) -> tuple[float, float]:
    """How far to show the muscle's side and the other: arms and shoulders where they matter."""
    inner, outer = min(box[0] for box in boxes), max(box[2] for box in boxes)
    if any(box[0] > 104 for box in boxes):
        return _ARM, (_HALF if inner > 90 else _TRUNK)
    if bottom < 220:
        return (_HEAD, _HEAD) if outer < 60 else (_SHOULDER, _SHOULDER if outer > 80 else _TRUNK)
    return (_SHOULDER, _SHOULDER) if top < 235 else (_TRUNK, _TRUNK)
