"""Referral charts as pixels, for what shows no SVG: path data drawn by Pillow.

Path data is what `blog.curves` writes: `M`, relative `c`, and `z`, nothing else.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

from blog import anatomy, body, crops
from blog.anatomy import View
from blog.crops import Crop
from blog.plates import ACHE, INK, MUSCLE, PAPER

Polyline = list[tuple[float, float]]

_STEPS = 8  # straight pieces in place of a curve
_NUMBER = re.compile(r"-?\d*\.?\d+")
_PART = re.compile(r"([Mcz])([^Mcz]*)")
_SOFT, _ROUND = 4.0, 7.0  # the spread of an ache and of the shade that rounds the body


def chart(muscle_id: str, size: tuple[int, int], ground: str) -> Image.Image:
    """The referral chart of a muscle within `size`, on a ground of that color, without words.

    KeyError where there is no such muscle.
    """
    crop = Crop.of(anatomy.muscle(muscle_id))
    scale = min(size[0] / crop.width, size[1] / crop.height)
    sheet = Image.new("RGB", (round(crop.width * scale), round(crop.height * scale)), ground)
    for view, left in zip(crop.views, crop.lefts, strict=True):
        plate = _Plate(crop, view, scale, ground)
        sheet.paste(plate.drawn(), (round(left * scale), 0))
    return sheet


def flatten(path: str) -> list[Polyline]:
    """The lines of path data, as points that stand near enough to look smooth."""
    lines: list[Polyline] = []
    for command, text in _PART.findall(path):
        numbers = [float(number) for number in _NUMBER.findall(text)]
        if command == "M":
            lines.append([(numbers[0], numbers[1])])
        for at in range(0, len(numbers) if command == "c" else 0, 6):
            lines[-1] += _curve(lines[-1][-1], numbers[at : at + 6])
    return lines


def _curve(start: tuple[float, float], relative: Sequence[float]) -> Polyline:
    (x, y), (ax, ay, bx, by, cx, cy) = start, relative
    points = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        near, far, end = 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append((x + near * ax + far * bx + end * cx, y + near * ay + far * by + end * cy))
    return points


@dataclass(frozen=True)
class _Plate:
    """One view of a chart while it is drawn."""

    crop: Crop
    view: View
    scale: float
    ground: str

    @property
    def size(self) -> tuple[int, int]:
        return round(self.crop.panel * self.scale), round(self.crop.height * self.scale)

    @property
    def turn(self) -> int:
        """Where the right side of the body lies: on the side drawn, or mirrored."""
        return -1 if body.half_side(self.view) == "left" else 1

    def drawn(self) -> Image.Image:
        """The view on its ground: body, ache, bones, lines, muscle; its edges run out softly."""
        figure = body.figure(self.view)
        inside = self.filled(figure.edge)
        sheet = Image.new("RGB", self.size, self.ground)
        self.wash(sheet, PAPER, inside, 1)
        shade = self.blurred(self.stroked(figure.edge, 15), _ROUND)
        self.wash(sheet, INK, ImageChops.multiply(shade, inside), 0.15)
        self.add_ache(sheet, inside)
        self.add_lines(sheet, figure)
        self.add_muscle(sheet)
        return self.faded(sheet)

    def add_ache(self, sheet: Image.Image, inside: Image.Image) -> None:
        """Red where it is felt, weakly first."""
        both = self.crop.muscle.referral.both_sides
        felt = crops.zones(self.crop.muscle, self.view)
        for primary, opacity in ((False, 0.32), (True, 0.8)):
            mask = Image.new("L", self.size)
            for zone in (zone for zone in felt if zone.primary is primary):
                paired = anatomy.regions()[zone.region].paired
                for turn in (1, -1) if paired and both else (self.turn if paired else 1,):
                    on = self.blurred(self.filled(zone.shape.path, turn), _SOFT)
                    beside = self.filled(zone.shape.inset if not zone.shape.path else "", turn)
                    shown = ImageChops.lighter(ImageChops.multiply(on, inside), beside)
                    mask = ImageChops.lighter(mask, shown)
            self.wash(sheet, ACHE, mask, opacity)

    def add_lines(self, sheet: Image.Image, figure: body.Figure) -> None:
        """The body's lines, and its bones where they explain the muscle."""
        lie, pen = body.lies(self.crop.muscle.id).get(self.view), self.crop.pen
        for turn in (1, -1):
            self.wash(sheet, INK, self.filled(figure.contours, turn), 0.85)
            self.wash(sheet, INK, self.stroked(figure.faint, pen * 0.7, turn), 0.45)
            if lie and lie.bones:
                self.wash(sheet, INK, self.stroked(figure.bones, pen * 0.8, turn), 0.55)
        self.wash(sheet, INK, self.stroked(figure.middle, pen * 0.7), 0.5)
        self.wash(sheet, INK, self.stroked(figure.edge, pen * 1.3), 1)

    def add_muscle(self, sheet: Image.Image) -> None:
        """Bellies in ochre, their fibers, and the crosses."""
        lie, pen = body.lies(self.crop.muscle.id).get(self.view), self.crop.pen
        if lie is None:
            return
        bellies = "".join(belly.outline.path for belly in lie.bellies)
        fibers = "".join(belly.fibers for belly in lie.bellies)
        self.wash(sheet, PAPER, self.filled(bellies, self.turn), 0.8)
        self.wash(sheet, MUSCLE, self.filled(bellies, self.turn), 0.72)
        self.wash(sheet, MUSCLE, self.stroked(bellies, pen, self.turn), 1)
        self.wash(sheet, "#ffffff", self.stroked(fibers, pen * 0.6, self.turn), 0.6)
        arm = pen * 3.4
        for color, width in ((PAPER, arm * 1.1), (INK, arm * 0.5)):
            arms: list[Polyline] = []
            for point in lie.crosses:
                for way in (1, -1):
                    tip = (point.x - arm, point.y - arm * way)
                    arms.append([tip, (point.x + arm, point.y + arm * way)])
            self.wash(sheet, color, self._lines(arms, width, self.turn), 1)

    def wash(self, sheet: Image.Image, color: str, mask: Image.Image, opacity: float) -> None:
        """Lay a color on the sheet where the mask is light."""
        thin = mask.point([round(value * opacity) for value in range(256)])
        sheet.paste(ImageColor.getrgb(color), mask=thin)

    def filled(self, path: str, turn: int = 1) -> Image.Image:
        """A mask of closed outlines."""
        mask = Image.new("L", self.size)
        pen = ImageDraw.Draw(mask)
        for line in flatten(path):
            if len(line) > 2:
                pen.polygon(self._placed(line, turn), fill=255)
        return mask

    def stroked(self, path: str, width: float, turn: int = 1) -> Image.Image:
        """A mask of lines of a width, in units of the drawing."""
        return self._lines(flatten(path), width, turn)

    def blurred(self, mask: Image.Image, spread: float) -> Image.Image:
        """The mask with soft edges; the spread is in units of the drawing."""
        return mask.filter(ImageFilter.GaussianBlur(spread * self.scale))

    def faded(self, sheet: Image.Image) -> Image.Image:
        """Run out into the ground wherever the body goes on beyond the crop."""
        width, height = self.size
        across = _run(width, before=True, after=True).resize((width, height))
        down = _run(height, before=self.crop.top > 0, after=self.crop.bottom < 1000)
        mask = ImageChops.multiply(
            across, down.transpose(Image.Transpose.ROTATE_270).resize(self.size)
        )
        return Image.composite(sheet, Image.new("RGB", self.size, self.ground), mask)

    def _lines(self, lines: Iterable[Polyline], width: float, turn: int) -> Image.Image:
        mask = Image.new("L", self.size)
        pen, wide = ImageDraw.Draw(mask), max(1, round(width * self.scale))
        for line in lines:
            pen.line(self._placed(line, turn), fill=255, width=wide, joint="curve")
        return mask

    def _placed(self, line: Polyline, turn: int) -> Polyline:
        middle = self.crop.midline(self.view)
        return [
            ((x * turn + middle) * self.scale, (y - self.crop.top) * self.scale) for x, y in line
        ]


def _run(length: int, *, before: bool, after: bool) -> Image.Image:
    """One row of a mask that is dark at its ends, where told, and light between."""
    edge = max(1, round(length * 0.08))
    row = Image.new("L", (length, 1), 255)
    for at in range(edge):
        value = round(255 * at / edge)
        if before:
            row.putpixel((at, 0), value)
        if after:
            row.putpixel((length - 1 - at, 0), value)
    return row
