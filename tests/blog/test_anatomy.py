"""The anatomy holds together, and the ranking keeps its rule."""

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog import anatomy
from blog.anatomy import Side

CONTENT = Path(anatomy.__file__).parent / "content" / "anatomy"
SIDES: list[Side | None] = ["left", "right", None]

choices = st.lists(
    st.tuples(st.sampled_from(sorted(anatomy.regions())), st.sampled_from(SIDES)), max_size=8
)


def test_there_are_68_regions_and_42_muscles_of_which_five_are_core() -> None:
    assert len(anatomy.regions()) == 68
    assert len(anatomy.muscles()) == 42
    assert [m.id for m in anatomy.muscles().values() if m.core] == [
        "quadratus-lumborum",
        "gluteus-medius",
        "piriformis",
        "psoas-major",
        "iliacus",
    ]


def test_every_region_and_source_a_muscle_names_exists() -> None:
    for muscle in anatomy.muscles().values():
        felt = muscle.referral
        named = {*felt.primary, *felt.secondary, *felt.local}
        named |= {zone.region for zone in muscle.trigger_zones}
        assert named <= set(anatomy.regions()), muscle.id
        assert set(muscle.refs) <= set(anatomy.sources()), muscle.id


def test_every_region_leads_to_at_least_one_muscle() -> None:
    for region in anatomy.regions():
        assert anatomy.rank([(region, None)]), region


def test_nothing_of_the_data_is_lost_on_the_way_in() -> None:
    raw = json.loads((CONTENT / "muscles.json").read_text(encoding="utf-8"))["muscles"]
    for entry in raw:
        muscle = anatomy.muscle(entry["id"])
        assert muscle.where_plain == entry["where_plain"]
        assert muscle.referral.primary == tuple(entry["referral"]["primary"])
        assert len(muscle.mimics) == len(entry["mimics"])
        assert (muscle.tool_use.seconds is None) == (entry["tool_use"]["seconds"] is None)


def test_every_muscle_says_how_it_feels_what_else_it_could_be_and_what_is_not_known() -> None:
    for muscle in anatomy.muscles().values():
        assert all((muscle.symptoms, muscle.aggravated_by, muscle.unknown)), muscle.id
        assert len(muscle.mimics) >= 3, muscle.id
        for mimic in muscle.mimics:
            assert len(mimic.how_to_tell.split()) >= 4, (muscle.id, mimic.condition)


def test_a_muscle_nobody_knows_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        anatomy.muscle("musculus-imaginarius")
    with pytest.raises(KeyError):
        anatomy.rank([("third-elbow", None)])


def test_six_muscles_must_not_meet_a_rigid_tool() -> None:
    forbidden = {m.id for m in anatomy.muscles().values() if not anatomy.may_be_pressed(m)}
    assert forbidden == {
        "rectus-abdominis",
        "obturator-internus",
        "pelvic-floor",
        "subscapularis",
        "scalenes",
        "sternocleidomastoid",
    }


def test_a_primary_zone_outranks_a_local_one_and_that_a_secondary_one() -> None:
    scores = {m.muscle.id: m.score for m in anatomy.rank([("front-hip", "left")])}
    assert scores["tensor-fasciae-latae"] == 3
    assert scores["adductor-longus-brevis"] == 1
    assert scores["iliacus"] == 2


def test_a_region_both_primary_and_local_counts_as_primary() -> None:
    (ql, *_) = anatomy.rank([("low-back", "right")])
    assert (ql.muscle.id, ql.score) == ("quadratus-lumborum", 3)


def test_the_side_of_the_ache_is_the_side_of_the_muscle() -> None:
    assert anatomy.rank([("buttock", "left")])[0].sides == ("left",)
    assert anatomy.rank([("buttock", "left"), ("low-back", "right")])[0].sides == ("left", "right")
    assert anatomy.rank([("sacrum", "left")])[0].sides == ()


def test_a_muscle_felt_on_both_sides_names_no_side() -> None:
    found = {m.muscle.id: m for m in anatomy.rank([("low-back", "left")])}
    assert found["rectus-abdominis"].sides == ()


@given(choices, st.randoms(use_true_random=False))
def test_the_order_of_choosing_does_not_matter(
    chosen: list[tuple[str, Side | None]], dice: random.Random
) -> None:
    shuffled = chosen.copy()
    dice.shuffle(shuffled)
    assert anatomy.rank(shuffled) == anatomy.rank(chosen)


@given(choices)
def test_a_body_seen_in_a_mirror_has_its_muscles_in_the_mirror(
    chosen: list[tuple[str, Side | None]],
) -> None:
    turned: dict[Side | None, Side | None] = {"left": "right", "right": "left", None: None}
    here = anatomy.rank(chosen)
    there = anatomy.rank([(region, turned[side]) for region, side in chosen])
    assert [(m.muscle.id, m.score, m.regions) for m in here] == [
        (m.muscle.id, m.score, m.regions) for m in there
    ]
    for match, mirrored in zip(here, there, strict=True):
        assert {turned[side] for side in match.sides} == set(mirrored.sides)


@given(choices, choices)
def test_one_more_region_never_lowers_a_score(
    chosen: list[tuple[str, Side | None]], more: list[tuple[str, Side | None]]
) -> None:
    before = {m.muscle.id: m.score for m in anatomy.rank(chosen)}
    after = {m.muscle.id: m.score for m in anatomy.rank([*chosen, *more])}
    assert all(after[muscle] >= score for muscle, score in before.items())


@given(choices)
def test_scores_fall_and_ties_stand_core_before_extended(
    chosen: list[tuple[str, Side | None]],
) -> None:
    for first, second in itertools.pairwise(anatomy.rank(chosen)):
        assert first.score >= second.score
        if first.score == second.score:
            assert first.muscle.core >= second.muscle.core


@given(choices)
def test_the_strongest_hit_counts_once(chosen: list[tuple[str, Side | None]]) -> None:
    for match in anatomy.rank(chosen):
        hits = [match.muscle.referral.hit(region) for region, _ in chosen]
        assert match.score == max(anatomy.WEIGHTS[hit] for hit in hits if hit)
