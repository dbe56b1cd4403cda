"""Chance is told from a difference by dealing out anew, whatever the counts are of."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import significance

pytestmark = pytest.mark.one_database


def test_the_chance_is_that_of_dealing_out_anew() -> None:
    # Of 20 ways to deal out six parts, two are as far apart as 1, 2, 3 from 4, 5, 6.
    assert significance.chance((1, 2, 3), (4, 5, 6)) == pytest.approx(2 / 20)
    assert significance.chance((5, 5, 5), (5, 5, 5)) == 1
    with pytest.raises(ValueError, match="as many"):
        significance.chance((1,), (1, 2))


@given(st.lists(st.integers(0, 9), min_size=8, max_size=8))
@settings(max_examples=60)
def test_every_way_to_deal_out_counts_once(counts: list[int]) -> None:
    apart = [abs(2 * sum(side) - sum(counts)) for side in combinations(counts, 4)]
    seen = abs(sum(counts[:4]) - sum(counts[4:]))
    expected = sum(each >= seen for each in apart) / len(apart)
    assert significance.chance(tuple(counts[:4]), tuple(counts[4:])) == pytest.approx(expected)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8), st.randoms())
@settings(max_examples=60)
def test_no_order_and_no_side_changes_the_chance(counts: list[int], shuffle: random.Random) -> None:
    one, other = counts[:4], counts[4:]
    seen = significance.chance(tuple(one), tuple(other))
    shuffle.shuffle(one)
    assert significance.chance(tuple(other), tuple(one)) == seen
    assert 0 < seen <= 1


def test_the_best_is_better_than_every_other_or_there_is_none() -> None:
    low, high = (1,) * 10, (9,) * 10
    assert significance.best([low, high, low], 0.05)[0] == 1
    assert significance.best([low, high, high], 0.05)[0] is None
    assert significance.best([low, low], 0.05) == (None, 1.0)


def test_the_difference_that_can_be_found_is_the_published_one() -> None:
    # Fleiss, Levin, Paik (2003), table A.4: 199 of each for 0.25 and 0.40, without their correction
    # 152, at 5% and a power of 80%.
    assert significance.detectable(152, 0.25, 0.05) == pytest.approx(0.40, abs=0.001)
    many, few = (significance.detectable(readers, 0.02, 0.05) for readers in (10_000, 500))
    assert many
    assert few
    assert many < few
    assert significance.detectable(1, 0.5, 0.05) is None
    assert significance.detectable(0, 0.5, 0.05) is None


def outcome(rates: tuple[float, ...], chance: random.Random) -> list[tuple[int, ...]]:
    """Clicks of 30 readers in each tenth. Some open ten links, and scanners all: they cluster."""

    def clicks(rate: float) -> int:
        return sum(
            chance.choice((1, 1, 2, 10)) for _ in range(30) if chance.random() < rate
        ) + 7 * (chance.random() < 0.1)

    return [tuple(clicks(rate) for _ in range(10)) for rate in rates]


@pytest.mark.parametrize(("subjects", "looks"), [(2, 1), (3, 4)])
def test_of_subjects_that_are_alike_one_is_called_better_as_seldom_as_stated(
    subjects: int, looks: int
) -> None:
    chance, trials, error = random.Random(7), 150, 0.1
    called = 0
    for _ in range(trials):
        crowds: list[tuple[int, ...]] = [(0,) * 10] * subjects
        for _ in range(looks):
            more = outcome((0.05,) * subjects, chance)
            crowds = [
                tuple(map(sum, zip(*both, strict=True))) for both in zip(crowds, more, strict=True)
            ]
            if significance.best(crowds, error / looks)[0] is not None:
                called += 1
                break
    # More than 26 of 150 would come by chance in one of 400 runs, were it 10%.
    assert called <= 26


def test_a_subject_that_is_really_better_is_found() -> None:
    chance = random.Random(7)
    found = [significance.best(outcome((0.05, 0.25), chance), 0.05)[0] for _ in range(40)]
    assert found.count(1) >= 32
    assert found.count(0) == 0
