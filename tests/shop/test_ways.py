"""A page's links tell what led to it, and nothing else of the page changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import attribution, ways
from shop.ways import Goal

STEPS = st.sampled_from(
    [
        "newsletter:12",
        "sequence:3:1",
        "post:the-ql",
        "post:psoas:card-2",
        "muscles",
        "finder",
        "home",
    ]
)


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("/products/ql-claw", "/products/ql-claw?from=post:x"),
        (
            "/products/ql-claw?variant=QL-CLAW-PAIR#buy",
            "/products/ql-claw?variant=QL-CLAW-PAIR&amp;from=post:x#buy",
        ),
        ("/products/ql-claw#buy", "/products/ql-claw?from=post:x#buy"),
        ("/muscles/psoas-major#tool", "/muscles/psoas-major?from=post:x#tool"),
        ("/pain-finder", "/pain-finder?from=post:x"),
        ("/pain-finder/low-back", "/pain-finder/low-back?from=post:x"),
        ("/blog/topics/evidence", "/blog/topics/evidence?from=post:x"),
        ("/", "/?from=post:x"),
    ],
)
def test_a_link_to_a_page_that_leads_on_tells_the_way(link: str, led: str) -> None:
    assert ways.carry(f'<a href="{link}">it</a>', "post:x") == f'<a href="{led}">it</a>'


@pytest.mark.parametrize(
    "link",
    [
        *("/blog/feed.xml", "/blog/psoas/card.jpg", "/products/ql-claw/reviews", "/cart", "#notes"),
        *("/pages/safety", "/static/site.css", "https://elsewhere.example/blog/psoas"),
        "/products/ql-claw?from=post:x:card-2",
    ],
)
def test_any_other_link_stays_as_it_is(link: str) -> None:
    assert ways.carry(f'<a href="{link}">it</a>', "post:y") == f'<a href="{link}">it</a>'


def test_a_way_is_told_to_the_goals_that_are_asked_for() -> None:
    html = '<a href="/blog/a">a</a><a class="b" href="/products/b">b</a>'
    told = ways.carry(html, "post:x", {Goal.PRODUCT})
    assert told == html.replace("/products/b", "/products/b?from=post:x")


@given(st.lists(STEPS, min_size=1, max_size=30))
def test_a_way_keeps_its_first_and_its_last_step_however_long_it_was(passed: list[str]) -> None:
    way = ""
    for step in passed:
        way = attribution.via(way, step)
    told = way.split(",")
    assert (told[0], told[-1]) == (passed[0], passed[-1])
    assert len(way) <= attribution.MOST
    assert attribution.read(way) == way
    between = told[1:-1]
    assert len(between) == len(set(between) - {told[0], told[-1]})
