"""A cotton bag that lies on the floor with the tool in it, drawn shut by a cord.

Its long axis is x, as the tool's is; the mouth is to the right.
"""

from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from shop.renderings.shapes import Limb, Lump, Mesh, Point, body, chain

_NECK, _END = 41.0, 48.5  # where the cord ties it, and where the hem is
_AROUND, _ALONG = 540, 420
# How far along, half as wide, how high, and how high its middle lies, in centimeters.
_SHAPE = np.array(
    [
        (-2.2, 7.2, 0.0, 0.5),
        (-2.0, 7.5, 0.5, 0.5),
        (-1.2, 7.9, 1.6, 0.8),
        (0.0, 8.2, 3.0, 1.4),
        (2.0, 8.3, 4.4, 2.1),
        (10.0, 8.2, 6.0, 2.9),
        (18.0, 7.7, 6.6, 3.2),
        (26.0, 7.3, 8.6, 4.2),
        (32.0, 6.9, 10.2, 5.0),
        (36.0, 5.6, 8.4, 4.6),
        (39.0, 3.4, 5.4, 3.9),
        (41.0, 0.9, 2.2, 3.4),
        (43.0, 3.3, 4.6, 3.1),
        (46.0, 5.0, 5.4, 3.0),
        (48.5, 5.6, 5.6, 3.0),
    ]
)


def bag() -> Mesh:
    """The cloth, from the seam at the left to the open hem behind the cord."""
    x = np.concatenate(
        [np.linspace(-2.2, -1.0, 60), np.linspace(-1.0, _END, _ALONG)[1:]]
    )  # the seam is round
    turn = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    along, around = np.meshgrid(x, turn, indexing="ij")
    wide, high, middle = (_smooth(along, column) for column in (1, 2, 3))
    fold = 1 + _folds(along, around)
    y = wide * _squared(np.cos(around), 0.86) * fold
    z = middle + high / 2 * _squared(np.sin(around), 0.9) * fold
    corners = np.stack([along, y, np.maximum(z, 0.12)], axis=-1).reshape(-1, 3)
    return Mesh(corners, _triangles(len(x), _AROUND))


def cord() -> Mesh:
    """The cord around the neck, and its two ends, knotted, on the floor before the bag."""
    rings = [part for at in (_NECK, _NECK + 0.75) for part in _ring(at)]
    ends = [
        *_strand((0.2, -1.7, 3.2), (-0.6, -3.6, 1.6), (-2.4, -6.2, 0.45), (-6.5, -9.4, 0.4),
                 (-11.0, -10.4, 0.4)),
        *_strand((0.7, -1.8, 3.2), (1.2, -4.2, 1.2), (1.6, -6.6, 0.45), (-0.2, -10.2, 0.4),
                 (-3.6, -12.8, 0.4)),
    ]  # fmt: skip
    knots = [
        Lump((_NECK + 0.4, -2.2, 3.1), (0.8, 0.7, 0.8)),
        Lump((_NECK - 11.2, -10.4, 0.55), (0.75, 0.55, 0.55)),
        Lump((_NECK - 3.9, -13.0, 0.55), (0.65, 0.65, 0.55)),
    ]
    parts: list[Limb | Lump] = [*rings, *ends, *knots]
    return body([[each] for each in parts], blend=0.12, cell=0.1)


def _strand(*points: Point) -> list[Limb]:
    """A bent cord through these points; along it they count from the neck."""
    bend = CubicSpline(range(len(points)), points)
    fine = bend(np.linspace(0, len(points) - 1, 33)) + np.array([_NECK, 0, 0])
    return chain(*(((float(x), float(y), max(float(z), 0.36)), 0.36) for x, y, z in fine))


def _ring(at: float) -> list[Limb]:
    """The cord once around the cloth, whose folds it presses together."""
    wide, high, middle = (float(_smooth(np.array(at), column)) for column in (1, 2, 3))
    turn = np.linspace(0, 2 * np.pi, 25)
    y, z = 1.12 * wide * np.cos(turn), middle + 1.12 * high / 2 * np.sin(turn)
    return chain(*(((at, float(a), float(b)), 0.36) for a, b in zip(y, z, strict=True)))


def _folds(x: Any, turn: Any) -> Any:
    """How far the cloth stands out or falls in: deep folds at the neck that end in the body."""
    near = np.exp(-(((x - _NECK) / np.where(x < _NECK, 7.5, 5.5)) ** 2))
    deep = np.where(x < _NECK, 0.16, 0.2) * near + np.where(x > _NECK, 0.13 * (1 - near), 0)
    drift = 0.35 * np.sin(x / 5.1) + 0.2 * np.sin(x / 2.3 + 1)
    gathers = 0.62 * np.cos(15 * turn + drift) + 0.38 * np.cos(23 * turn - 2 * drift + 0.7)
    slack = 0.02 * np.sin(0.42 * x + 3 * turn) + 0.016 * np.sin(0.8 * x - 5 * turn + 2)
    slack += 0.012 * np.sin(1.3 * x + 2 * turn + np.sin(0.5 * x)) * np.exp(-(((x - 24) / 14) ** 2))
    return deep * gathers + slack * (1 - near)


def _smooth(x: Any, column: int) -> Any:
    """The tabled values, without corners but where the seam is."""
    fine = np.linspace(-2.2, _END, 2000)
    values = np.interp(fine, _SHAPE[:, 0], _SHAPE[:, column])
    width = 241
    padded = np.pad(values, width // 2, mode="edge")
    window = np.hanning(width)
    soft = np.convolve(padded, window / window.sum(), mode="valid")
    share = np.clip((fine + 2.2) / 5, 0, 1) ** 0.7
    return np.interp(x, fine, values * (1 - share) + soft * share)


def _squared(wave: Any, power: float) -> Any:
    """A rounder rectangle than an ellipse would be."""
    return np.sign(wave) * np.abs(wave) ** power


def _triangles(along: int, around: int) -> Any:
    i, j = np.meshgrid(np.arange(along - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    c, d = a + around, b + around
    pairs = np.stack([a, c, b], axis=-1), np.stack([b, c, d], axis=-1)
    return np.concatenate([each.reshape(-1, 3) for each in pairs])
