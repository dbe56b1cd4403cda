"""The tool and somebody lying beside it, as smooth solids in centimeters.

A solid is a grid of signed distances, negative inside, and becomes a mesh where they are zero.
"""

import itertools
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes

Grid = Any  # numpy's arrays; numpy is not among what the shop needs
Point = tuple[float, float, float]

# The line drawings are made from the same numbers, so that the tool looks the same everywhere.
_DRAWN = Path(__file__).resolve().parents[2] / "blog" / "content" / "drawings" / "tool.toml"
_CELL = 0.14


@dataclass(frozen=True)
class Mesh:
    """The skin of a solid: its corners, and the triangles between them."""

    corners: Grid
    triangles: Grid


@dataclass(frozen=True)
class Limb:
    """A rounded bar from one joint to the next, as thick as each of them (radii)."""

    start: Point
    end: Point
    thick: float
    thin: float


@dataclass(frozen=True)
class Lump:
    """An ellipsoid: its middle and its half axes."""

    middle: Point
    axes: Point


Part = Sequence[Limb | Lump]
"""What belongs together, such as an arm: between its pieces there are no folds."""


def tool() -> Mesh:
    """The tool on the floor: its long axis is x, the ramp to the left, the trigger to the right."""
    heights, widths = _table("heights"), _table("stations")
    x, y, z = _axes((-1.5, 39.5), (-8.5, 8.5), (-1.2, 12.5), _CELL)
    high = np.maximum(_along(heights, x), 0.05)
    wide = np.maximum(_along(widths, x), 0.05)
    slim = 1 / (
        1 + np.exp((20 - x) / 2.5)
    )  # 0 at the ramp, which is broad and flat, 1 at the trigger
    foot = wide + slim * 0.8 * np.exp(-np.maximum(z, 0) / 1.8)
    power = 5 - 2.8 * slim
    share = (np.abs(y) / foot) ** power + (np.maximum(z, 0) / high) ** (3 - 0.8 * slim)
    surface = share ** (1 / (3 - 0.8 * slim)) - 1
    distance = surface / np.maximum(_steepness(surface, _CELL), 1e-3)
    ends = np.maximum(-x - 0.1, x - 37.4)
    field = np.maximum(np.maximum(np.clip(distance, -1, 1), -z), np.clip(ends, -1, 1))
    return _skin(gaussian_filter(field, 2.2), (x, y, z), _CELL)


def body(parts: Sequence[Part], *, blend: float, cell: float = 0.8) -> Mesh:
    """A figure of clay: its parts flow into each other over `blend` centimeters."""
    every = [solid for part in parts for solid in part]
    low = np.min([_bound(solid, -1) for solid in every], axis=0) - 3
    high = np.max([_bound(solid, 1) for solid in every], axis=0) + 3
    axes = _axes(*zip(low, high, strict=True), cell)
    joined = (_joined([_distance(solid, axes) for solid in part], 0.4) for part in parts)
    return _skin(gaussian_filter(_joined(joined, blend), 1.1), axes, cell)


def chain(*joints: tuple[Point, float]) -> list[Limb]:
    """Limbs from joint to joint, each joint with its radius."""
    return [
        Limb(start, end, thick, thin) for (start, thick), (end, thin) in itertools.pairwise(joints)
    ]


def _table(name: str) -> list[tuple[float, float]]:
    """Pairs of how far along the tool and what is there, from the drawings' millimeters."""
    drawn = tomllib.loads(_DRAWN.read_text(encoding="utf-8"))[name]
    pairs = (pair.split(",") for pair in drawn.split())
    return [(float(at) / 10, float(value) / 10) for at, value in pairs]


def _along(table: list[tuple[float, float]], x: Grid) -> Grid:
    """The tabled values, without corners."""
    fine = np.linspace(-2, 40, 841)
    at, values = zip(*table, strict=True)
    smooth = gaussian_filter(np.interp(fine, at, values), 12, mode="nearest")
    return np.interp(x, fine, smooth)


def _axes(*spans: Any) -> tuple[Grid, Grid, Grid]:
    """Three open grids that span a box."""
    *spans, cell = spans  # type: ignore[assignment] # the last is the cell's size
    lines = [np.arange(low, high, cell) for low, high in spans]
    x, y, z = np.meshgrid(*lines, indexing="ij", sparse=True)
    return x, y, z


def _steepness(field: Grid, cell: float) -> Grid:
    return np.sqrt(sum(part**2 for part in np.gradient(field, cell)))


def _skin(field: Grid, axes: tuple[Grid, Grid, Grid], cell: float) -> Mesh:
    corners, triangles, _, _ = marching_cubes(field, 0.0, spacing=(cell, cell, cell))
    origin = np.array([axis.min() for axis in axes])
    return Mesh(corners + origin, triangles[:, ::-1])


def _joined(fields: Iterable[Grid], blend: float) -> Grid:
    """All of them, with a fillet between (Quilez's polynomial smooth minimum)."""
    joined, *others = fields
    for other in others:
        share = np.clip(0.5 + 0.5 * (other - joined) / blend, 0, 1)
        joined = other * (1 - share) + joined * share - blend * share * (1 - share)
    return joined


def _distance(part: Limb | Lump, axes: tuple[Grid, Grid, Grid]) -> Grid:
    measure: Callable[..., Grid] = _to_limb if isinstance(part, Limb) else _to_lump
    return measure(part, *axes)


def _to_limb(limb: Limb, x: Grid, y: Grid, z: Grid) -> Grid:
    start, along = np.array(limb.start), np.array(limb.end) - np.array(limb.start)
    reach = (x - start[0]) * along[0] + (y - start[1]) * along[1] + (z - start[2]) * along[2]
    share = np.clip(reach / (along @ along), 0, 1)
    away = [axis - start[i] - share * along[i] for i, axis in enumerate((x, y, z))]
    return np.sqrt(sum(each**2 for each in away)) - (limb.thick + (limb.thin - limb.thick) * share)


def _to_lump(lump: Lump, x: Grid, y: Grid, z: Grid) -> Grid:
    scaled = [
        (axis - middle) / half
        for axis, middle, half in zip((x, y, z), lump.middle, lump.axes, strict=True)
    ]
    steep = [each / half for each, half in zip(scaled, lump.axes, strict=True)]
    near = np.sqrt(sum(each**2 for each in scaled))
    slope = np.sqrt(sum(each**2 for each in steep)) + 1e-6
    return near * (near - 1) / slope


def _bound(part: Limb | Lump, side: int) -> Grid:
    if isinstance(part, Lump):
        return np.array(part.middle) + side * np.array(part.axes)
    ends = np.array([part.start, part.end])
    most = ends.max(axis=0) if side > 0 else ends.min(axis=0)
    return most + side * max(part.thick, part.thin)
