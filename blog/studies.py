"""What studies found, drawn from their numbers: estimates with intervals, bars, and counted dots.

Lettering is large and lines are few, since most will see it 300 pixels wide.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from blog.plates import INK, PAPER, text

WIDTH = 360

_DATA = Path(__file__).parent / "content" / "drawings" / "studies.toml"
_LABEL, _SMALL = 19, 16
_ROW = 66


@dataclass(frozen=True, slots=True)
class Study:
    """A figure's name, its title and what it shows in words, its height in units, its numbers."""

    name: str
    title: str
    description: str
    height: int
    numbers: dict[str, Any]

    def draw(self, prefix: str) -> str:
        """The figure's marks; it needs no ids, so the `prefix` is of no use to it."""
        del prefix
        if "intervals" in self.numbers:
            return _intervals(self.numbers["intervals"], self.numbers["axis"])
        if "bars" in self.numbers:
            return _bars(self.numbers["bars"], self.numbers["most"])
        return _dots(**self.numbers["dots"])


@cache
def every() -> tuple[Study, ...]:
    """Every figure, in the order of the file."""
    told = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(_study(name, dict(numbers)) for name, numbers in told.items())


def _study(name: str, numbers: dict[str, Any]) -> Study:
    rows = numbers.get("intervals") or numbers.get("bars")
    foot = _foot(numbers["axis"]) if "intervals" in numbers else -12
    height = len(rows) * _ROW + foot if rows else _height_of_dots(numbers["dots"]["of"])
    return Study(name, numbers.pop("title"), numbers.pop("description"), height, numbers)


def _foot(axis: dict[str, Any]) -> int:
    return 58 if "enough" in axis else 34


def _intervals(rows: Sequence[dict[str, Any]], axis: dict[str, Any]) -> str:
    """Estimates on one axis; a line where nothing is gained runs down behind them."""

    def at(value: float) -> float:
        share = (value - float(axis["low"])) / (float(axis["high"]) - float(axis["low"]))
        return 8 + share * (WIDTH - 16)

    end, zero = len(rows) * _ROW + 6, at(0)
    marks = []
    for number, row in enumerate(rows):
        y = number * _ROW + 46
        marks.append(_line(zero, y - 14, zero, y + 14, 1.2, dashed=True))
        label = f"{row['label']}: {row.get('said', row['value'])}"
        if "enough" in row:
            marks.append(_enough(at(row["enough"]), y))
        marks += [
            text(label, 0, y - 26, _LABEL, "start"),
            _line(at(row["low"]), y, at(row["high"]), y, 3),
            f'<circle class="chart-ink" cx="{at(row["value"]):.1f}" cy="{y}" r="7" fill="{INK}"/>',
        ]
    marks += [
        text(axis["nothing"], max(zero, 4), end + 18, _SMALL, "middle" if zero > 60 else "start"),
        text(f"{axis['better']} →", WIDTH - 4, end + 18, _SMALL, "end"),
    ]
    if "enough" in axis:
        marks += [_enough(12, end + 51), text(axis["enough"], 26, end + 42, _SMALL, "start")]
    return "".join(marks)


def _bars(rows: Sequence[dict[str, Any]], most: float) -> str:
    marks = []
    for number, row in enumerate(rows):
        y = number * _ROW
        width = row["value"] / most * (WIDTH - 92)
        opacity = ".85" if row.get("strong") else ".4"
        marks.append(text(row["label"], 0, y + 18, _LABEL, "start"))
        marks.append(
            f'<rect class="chart-ink" x="0" y="{y + 26}" width="{width:.1f}" height="22" '
            f'fill="{INK}" opacity="{opacity}"/>'
        )
        marks.append(text(row["said"], width + 8, y + 43, _LABEL, "start"))
    return "".join(marks)


_IN_A_ROW, _APART = 12, 29


def _height_of_dots(count: int) -> int:
    return -(-count // _IN_A_ROW) * _APART + 40


def _dots(*, filled: int, of: int, yes: str, no: str) -> str:
    marks = []
    for number in range(of):
        row, column = divmod(number, _IN_A_ROW)
        marks.append(_dot(16 + column * _APART, 14 + row * _APART, full=number < filled))
    y = _height_of_dots(of) - 18
    marks += [_dot(12, y, full=True), text(f"{filled} {yes}", 28, y + 6, _LABEL, "start")]
    marks += [_dot(178, y, full=False), text(f"{of - filled} {no}", 194, y + 6, _LABEL, "start")]
    return "".join(marks)


def _dot(x: float, y: float, *, full: bool) -> str:
    kind, fill = ("chart-ink", INK) if full else ("chart-paper", PAPER)
    return (
        f'<circle class="{kind}" cx="{x}" cy="{y}" r="9" fill="{fill}"/>'
        f'<circle class="chart-line" cx="{x}" cy="{y}" r="9" fill="none" stroke="{INK}" '
        'stroke-width="1.4"/>'
    )


def _enough(x: float, y: float) -> str:
    """A mark for what was asked for: an open triangle that points down at the line."""
    return (
        f'<path class="chart-line" d="M{x - 7:.1f} {y - 21:.1f}h14l-7 11z" fill="none" '
        f'stroke="{INK}" stroke-width="1.6" stroke-linejoin="round"/>'
    )


def _line(x: float, y: float, to_x: float, to_y: float, pen: float, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="3 4"' if dashed else ""
    return (
        f'<path class="chart-line" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" fill="none" '
        f'stroke="{INK}" stroke-width="{pen}" stroke-linecap="round"{dash}/>'
    )
