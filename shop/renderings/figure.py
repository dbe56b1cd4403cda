"""Somebody of 172 cm, as artists' mannequins are: calm, of one stuff, without a face.

The figure lies on its back along x with the head at the left; y is its left, z is up.
"""

from shop.renderings.shapes import Limb, Lump, Mesh, Part, Point, body, chain

_BLEND = 4.5


def resting(*, on_tool: bool = False) -> Mesh:
    """On the back, knees bent, hands on the belly; `on_tool` lifts the low back."""
    waist, hips, chest = (4.6, 2.8, 1.6) if on_tool else (0.0, 0.0, 0.0)
    trunk: list[Limb | Lump] = [
        Lump((-77, 0, 11), (10.2, 7.7, 9.4)),
        Lump((-70, 0, 12.4), (7.2, 5.4, 6.6)),
        Limb((-68, 0, 9.5), (-56, 0, 9.5), 5.4, 6.4),
        Limb((-52.5, -13.5, 10 + chest), (-52.5, 13.5, 10 + chest), 6.2, 6.2),
        Lump((-42, 0, 11.5 + chest), (16, 15.8, 10.6)),
        Lump((-19, 0, 10.6 + waist), (17, 12.6, 8.4)),
        Lump((-1, 0, 10.4 + hips), (12, 16.4, 9.6)),
    ]
    alone: list[Part] = [[each] for each in trunk]
    return body([*alone, *_side(1, hips), *_side(-1, hips)], blend=_BLEND)


def _side(side: int, hips: float) -> list[Part]:
    """The limbs of one side: 1 is the left."""

    def at(x: float, y: float, z: float) -> Point:
        return (x, side * y, z)

    lift = 2.5 if side > 0 else 0  # one knee a little further up, as people lie
    leg = chain(
        (at(1, 9, 10.8 + hips), 9.4),
        (at(14, 9.6, 25 + hips / 2), 8.2),
        (at(31 - lift, 10.4, 43 + lift / 2), 5.6),
        (at(36.5 - lift, 10.4, 32), 5.7),
        (at(41.5 - lift, 10.5, 19), 4.8),
        (at(47 - lift, 10.6, 6.4), 3.5),
    )
    foot = chain(
        (at(45 - lift, 10.6, 4.4), 4.1), (at(57 - lift, 11.8, 3.4), 3.5), (at(67 - lift, 13, 2), 2)
    )
    arm = chain(
        (at(-51, 18.5, 10 + hips / 2), 5.6),
        (at(-41, 25, 8), 4.6),
        (at(-35, 31.5, 5.4), 3.8),
        (at(-28, 25.5, 11), 3.9),
        (at(-19, 14, 20 + hips), 2.7),
    )
    hand = [Lump(at(-14.5, 8, 20.2 + 1.4 * hips), (6.5, 5.5, 2.4))]
    seat = [Lump(at(4, 8.4, 8.4 + hips), (9, 8, 8))]
    return [leg, foot, arm, hand, seat]
