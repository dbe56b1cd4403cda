"""Whether one of two crowds did better by more than chance, and what difference could be found."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from math import comb, sqrt
from statistics import NormalDist

POWER = 0.8
"""How often a difference that `detectable` names is found."""


@lru_cache(maxsize=256)
def chance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How likely so great a difference of sums is where both crowds are alike, from 0 to 1.

    Each crowd comes as the counts of parts of one size that were drawn by lot. Fisher's exact
    permutation test over all ways to deal the parts out (Pitman: Supplement to the Journal of the
    Royal Statistical Society 4 (1937), page 119; Ernst: Statistical Science 19 (2004), page 676).
    It takes for granted that the parts were drawn by lot and nothing else: not that counts are of
    different people, and no distribution.
    """
    if len(one) != len(other):
        raise ValueError("both crowds must have as many parts")
    low, high = sorted((sum(one), sum(other)))
    return _as_far_apart(one, other, low, high) / comb(2 * len(one), len(one))


def best(crowds: Sequence[tuple[int, ...]], level: float) -> tuple[int | None, float]:
    """Which crowd did better than every other, and the chance of that; None where none did.

    All pairs together err with a probability of `level` at most (Bonferroni), wherever none of a
    pair is better.
    """
    sums = [sum(crowd) for crowd in crowds]
    leader = sums.index(max(sums))
    others = [crowd for number, crowd in enumerate(crowds) if number != leader]
    pairs = len(crowds) * (len(crowds) - 1) // 2
    likeliest = max(chance(crowds[leader], other) for other in others)
    return (leader if likeliest <= level / pairs else None), min(1.0, likeliest * pairs)


def detectable(readers: int, base: float, level: float) -> float | None:
    """The share that is told from `base` in `POWER` of all cases, of two crowds of `readers` each.

    None where not even everybody would do. By the normal approximation for two shares (Fleiss,
    Levin, Paik: Statistical Methods for Rates and Proportions, 2003, section 4.2), so about right.
    """
    normal = NormalDist()
    sure, found = normal.inv_cdf(1 - level / 2), normal.inv_cdf(POWER)

    def shows(share: float) -> bool:
        middle = (base + share) / 2
        alike = sure * sqrt(2 * middle * (1 - middle))
        apart = found * sqrt(base * (1 - base) + share * (1 - share))
        return (share - base) * sqrt(readers) >= alike + apart

    low, high = base, 1.0
    if not readers or not shows(high):
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def _as_far_apart(one: tuple[int, ...], other: tuple[int, ...], low: int, high: int) -> int:
    """In how many ways to deal out the parts a side gets `low` or less, or `high` or more.

    Both halves of the parts are dealt out by themselves and their sums, in order, met in the middle
    (Horowitz, Sahni: Journal of the ACM 21 (1974), page 277): of two times ten parts that is a
    thousand look-ups instead of 184,756 sums.
    """
    if low == high:
        return comb(2 * len(one), len(one))
    ways = 0
    for taken in range(len(one) + 1):
        rest = sorted(map(sum, combinations(other, len(one) - taken)))
        for part in map(sum, combinations(one, taken)):
            ways += bisect_right(rest, low - part) + len(rest) - bisect_left(rest, high - part)
    return ways
