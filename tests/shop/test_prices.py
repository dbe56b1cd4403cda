"""A reduction names the lowest price of the 30 days before it, and nothing that was made up."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from shop import catalog, prices, products
from shop.models import Price
from tests.shop.running import SKU

NOW = clock.now()
MAT = "MAT"


@pytest.fixture
def mat(sample_shop: Flask) -> str:
    """A mat that has no price yet."""
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.save_variant(product, MAT, title="Mat", position=9)
    return MAT


def cost(*history: tuple[int, int]) -> tuple[int, int | None, int | None]:
    """What the mat costs, its earlier price and the percentage, after prices of days ago."""
    for days, amount in history:
        prices.set_price(MAT, amount, "USD", at=clock.now() - timedelta(days=days))
    offer = catalog.offer(MAT)
    assert offer is not None
    return offer.amount, offer.earlier_amount, offer.reduction


def test_a_reduction_is_compared_with_the_lowest_price_of_the_thirty_days_before(mat: str) -> None:
    assert cost((90, 3000), (20, 2500), (10, 2800), (1, 2000)) == (2000, 2500, 20)


def test_what_was_raised_just_before_is_no_reduction(mat: str) -> None:
    assert cost((90, 2000), (2, 4000), (0, 2000)) == (2000, None, None)


def test_a_price_that_rose_is_no_reduction(mat: str) -> None:
    assert cost((90, 3000), (20, 1500), (1, 2000)) == (2000, None, None)


def test_what_has_not_been_sold_for_thirty_days_has_nothing_to_be_compared_with(mat: str) -> None:
    assert cost((29, 3000), (0, 2000)) == (2000, None, None)


def test_after_thirty_days_a_reduction_is_simply_the_price(mat: str) -> None:
    assert cost((90, 3000), (31, 2000)) == (2000, None, None)
    assert cost((29, 1900)) == (1900, 2000, 5)


def test_the_same_price_again_does_not_begin_a_reduction_anew(mat: str) -> None:
    assert cost((90, 3000), (31, 2000), (3, 2000)) == (2000, None, None)


def test_a_price_to_come_changes_nothing_yet_and_can_be_called_off(sample_shop: Flask) -> None:
    prices.set_price(SKU, 6900, "USD", at=clock.now() + timedelta(days=1), why="Winter", who="Ada")
    offer = catalog.offer(SKU)
    assert offer is not None
    assert (offer.amount, offer.earlier_amount) == (8900, None)
    planned, current = prices.history(offer.variant_id)
    assert (planned.amount, planned.why, planned.who) == (6900, "Winter", "Ada")
    assert prices.call_off(planned.id)
    assert not prices.call_off(current.id)
    assert len(prices.history(offer.variant_id)) == 1


def test_two_prices_cannot_begin_at_the_same_moment(sample_shop: Flask) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    prices.set_price(SKU, 6900, "USD", at=tomorrow)
    with pytest.raises(ValueError, match="already"):
        prices.set_price(SKU, 5900, "USD", at=tomorrow)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 50)), min_size=1, max_size=8))
def test_nobody_paid_less_in_the_thirty_days_before_than_the_price_that_is_named(
    history: list[tuple[int, int]],
) -> None:
    rows = _rows(dict(history))
    named = prices._compared(rows, NOW)
    if named is None:
        return
    current = rows[-1].amount
    began = max(row.valid_from for row in rows if row.amount != current)
    began = min(row.valid_from for row in rows if row.valid_from > began)
    hours = [began - timedelta(hours=hour) for hour in range(1, 30 * 24)]
    assert named == min(_charged(rows, hour) for hour in hours)
    assert named > current


def _rows(history: dict[int, int]) -> list[Price]:
    return [
        Price(amount=amount, currency="USD", valid_from=NOW - timedelta(days=days))
        for days, amount in sorted(history.items(), reverse=True)
    ]


def _charged(rows: list[Price], moment: datetime) -> int:
    return [row.amount for row in rows if row.valid_from <= moment][-1]
