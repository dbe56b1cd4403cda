"""What led to an order is read from links, checked, and never more than a link can say."""

import pytest

from shop import attribution
from shop.attribution import Step


@pytest.mark.parametrize(
    "source",
    [
        "home",
        "restock",
        "post:psoas-trigger-points",
        "post:psoas-trigger-points:card-2",
        "newsletter:12",
        "sequence:3:1",
        "newsletter:12,post:the-ql:text-1",
    ],
)
def test_what_our_links_say_is_read_as_it_is(source: str) -> None:
    assert attribution.read(source) == source


@pytest.mark.parametrize("source", [None, "", "elsewhere:x", "post:", "post:<b>", "newsletter:x"])
def test_what_no_link_of_ours_says_is_nothing(source: str | None) -> None:
    assert attribution.read(source) is None


def test_no_part_of_anybody_s_body_is_kept() -> None:
    assert attribution.read("newsletter:12,muscle:psoas-major") == "newsletter:12,muscles"
    assert attribution.read("region:low-back:card-2") == "finder"
    assert attribution.steps("muscle:psoas-major") == [Step(kind="muscles")]


def test_an_unknown_step_is_left_out_and_a_long_way_loses_its_beginning() -> None:
    assert attribution.read("spam:1,post:the-ql") == "post:the-ql"
    long = ",".join(f"post:{'a' * 40}-{n}" for n in range(9))
    kept = attribution.read(long)
    assert kept is not None
    assert len(kept) <= attribution.MOST
    assert long.startswith("post:")


def test_a_letter_that_led_to_a_post_stays_on_the_way() -> None:
    way = attribution.via("newsletter:12", "post:the-ql")
    assert way == "newsletter:12,post:the-ql"
    assert attribution.via(way, "post:the-ql") == way
    assert attribution.steps(way) == [
        Step(kind="newsletter", name="12"),
        Step(kind="post", name="the-ql"),
    ]
