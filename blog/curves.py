"""Smooth lines through points, as SVG path data: the pen that every drawing here uses.

A line is written as ``x,y`` points with spaces between; it runs smoothly through all of
them, except where ``x,y*`` marks a corner. ``/`` lifts the pen.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Point:
    """A point that a line runs through; at a corner it may turn sharply."""

    x: float
    y: float
    corner: bool = False

    @property
    def mirrored(self) -> "Point":
        """The same point on the other side of the midline."""
        return replace(self, x=-self.x)


Line = tuple[Point, ...]


def read(text: str) -> tuple[Line, ...]:
    """The lines that a notation describes; ValueError where it is malformed."""
    return tuple(tuple(_point(word) for word in part.split()) for part in text.split("/"))


def mirror(line: Line) -> Line:
    """The line on the other side of the midline, running the other way."""
    return tuple(point.mirrored for point in reversed(line))


def stroke(lines: Iterable[Line], grain: float = 0.1) -> str:
    """Path data of open lines, rounded to a grain."""
    return "".join(_path(line, grain, closed=False) for line in lines)


def shape(lines: Iterable[Line], grain: float = 0.1) -> str:
    """Path data of closed outlines, rounded to a grain."""
    return "".join(_path(line, grain, closed=True) for line in lines)


def brush(line: Line, width: float) -> str:
    """Path data of an open line drawn with a pen that swells to a width and tapers off."""
    tips = _offsets(line, width / 2)
    left = [Point(p.x + dx, p.y + dy, p.corner) for p, (dx, dy) in zip(line, tips, strict=True)]
    right = [Point(p.x - dx, p.y - dy, p.corner) for p, (dx, dy) in zip(line, tips, strict=True)]
    return shape([(*_with_corner_ends(left), *_with_corner_ends(right[::-1]))])


def between(one: Line, other: Line, share: float) -> Line:
    """The line that runs at a share (0 to 1) of the way from one line to another.

    Both must have equally many points.
    """
    return tuple(
        Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share, a.corner)
        for a, b in zip(one, other, strict=True)
    )


def band(one: Line, other: Line) -> Line:
    """The closed outline between two edges that run the same way."""
    return (*_with_corner_ends(one), *_with_corner_ends(other[::-1]))


def _point(word: str) -> Point:
    x, y = word.removesuffix("*").split(",")
    return Point(float(x), float(y), word.endswith("*"))


def _with_corner_ends(line: Sequence[Point]) -> Line:
    ends = {0, len(line) - 1}
    return tuple(replace(p, corner=True) if i in ends else p for i, p in enumerate(line))


def _path(line: Line, grain: float, *, closed: bool) -> str:
    knots = (*line, line[0]) if closed else line
    slopes = _slopes(line, closed=closed)
    slopes = [*slopes, slopes[0]] if closed else slopes
    here = _tenths(knots[0].x, knots[0].y, grain)
    parts = ["M", *map(_number, here), "c"]
    for (a, slope_a), (b, slope_b) in zip(
        zip(knots, slopes, strict=True), zip(knots[1:], slopes[1:], strict=True), strict=False
    ):
        reach = math.dist((a.x, a.y), (b.x, b.y)) / 3
        for x, y in (
            (a.x + slope_a[0] * reach, a.y + slope_a[1] * reach),
            (b.x - slope_b[0] * reach, b.y - slope_b[1] * reach),
            (b.x, b.y),
        ):
            there = _tenths(x, y, grain)
            parts += [_number(there[0] - here[0]), _number(there[1] - here[1])]
        here = _tenths(b.x, b.y, grain)
    return _join(parts) + ("z" if closed else "")


def _slopes(line: Line, *, closed: bool) -> list[tuple[float, float]]:
    """The direction of the line at each point: nothing at corners and open ends."""
    count = len(line)
    slopes = []
    for i, point in enumerate(line):
        if point.corner or (not closed and i in (0, count - 1)):
            slopes.append((0.0, 0.0))
        else:
            slopes.append(_tangent(line[i - 1], point, line[(i + 1) % count]))
    return slopes


def _tangent(before: Point, here: Point, after: Point) -> tuple[float, float]:
    """The unit direction at a point, leaning to the nearer neighbor as a circle would."""
    a = math.dist((before.x, before.y), (here.x, here.y)) or 1.0
    b = math.dist((here.x, here.y), (after.x, after.y)) or 1.0
    dx = (here.x - before.x) / a * b + (after.x - here.x) / b * a
    dy = (here.y - before.y) / a * b + (after.y - here.y) / b * a
    length = math.hypot(dx, dy) or 1.0
    return dx / length, dy / length


def _offsets(line: Line, most: float) -> list[tuple[float, float]]:
    """How far the pen's edge lies from each point: none at the ends, most in the middle."""
    run = [0.0]
    for a, b in itertools.pairwise(line):
        run.append(run[-1] + math.dist((a.x, a.y), (b.x, b.y)))
    offsets = []
    for i, at in enumerate(run):
        before, after = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        dx, dy = after.x - before.x, after.y - before.y
        length = math.hypot(dx, dy) or 1.0
        swell = most * math.sin(math.pi * at / run[-1]) ** 0.8 if 0 < at < run[-1] else 0.0
        offsets.append((-dy / length * swell, dx / length * swell))
    return offsets


def _tenths(x: float, y: float, grain: float) -> tuple[int, int]:
    return round(round(x / grain) * grain * 10), round(round(y / grain) * grain * 10)


def _number(tenths: int) -> str:
    text = f"{tenths / 10:g}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _join(parts: list[str]) -> str:
    """Numbers need a space between them only where no minus sign parts them."""
    text = ""
    for part in parts:
        glued = not text or text[-1].isalpha() or part[0] == "-" or part[0].isalpha()
        text += part if glued else f" {part}"
    return text
