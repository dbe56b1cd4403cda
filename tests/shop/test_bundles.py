"""A bundle is sold from the shelf of its parts, which never holds fewer than none."""

from itertools import count

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import clock, db
from shop import catalog, checkout, orders, prices, products, stock
from shop.checkout import Purchase
from shop.models import Order, OrderState, Reservation, ReservationState, Stock
from shop.stock import SoldOut
from tests.shop.running import SKU, at_once, moved, shelf

PAIR = "QL-CLAW-PAIR"
_numbers = count(1)


def available(sku: str) -> int:
    offer = catalog.offer(sku)
    assert offer is not None
    return offer.available


def variant(sku: str) -> int:
    offer = catalog.offer(sku)
    assert offer is not None
    return offer.variant_id


def thing(sku: str, units: int = 0, parts: dict[str, int] | None = None) -> str:
    """A variant with so many on the shelf, or made of others."""
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.save_variant(product, sku, title=sku, position=9)
    prices.set_price(sku, 5000, "USD")
    if parts:
        products.make_up(sku, parts)
    elif units:
        stock.receive(variant(sku), units, by="Ada")
    return sku


def place(lines: dict[str, int]) -> Order:
    return checkout.place(Purchase(lines=lines, country="US", cart=f"cart {next(_numbers)}"))


def held(sku: str) -> int:
    with db.reading() as session:
        mine = select(Reservation).where(
            Reservation.variant_id == variant(sku), Reservation.state == ReservationState.HELD
        )
        return sum(row.quantity for row in session.scalars(mine))


def test_the_sample_pair_is_there_as_often_as_two_tools_are(sample_shop: Flask) -> None:
    assert available(PAIR) == 20
    stock.receive(variant(SKU), -39, by="Ada", why="counted")
    assert (available(SKU), available(PAIR)) == (1, 0)
    with pytest.raises(SoldOut) as sold_out:
        place({PAIR: 1})
    assert sold_out.value.line.sku == PAIR
    assert shelf() == (1, 0)


def test_a_bundle_holds_takes_and_puts_back_its_parts(sample_shop: Flask) -> None:
    order = place({PAIR: 2, SKU: 1})
    assert shelf() == (40, 5)
    assert shelf(PAIR) == (0, 0)
    assert stock.take(order, by="test") == []
    assert stock.take(order, by="test") == []
    assert shelf() == (35, 0)
    pair = next(line for line in order.lines if line.sku == PAIR)
    stock.put_back(order, by="Chloe", units={pair.id: 1})
    assert shelf() == (37, 0)
    stock.put_back(order, by="Chloe", units={pair.id: 5})
    assert shelf() == (39, 0)
    stock.put_back(order, by="Chloe")
    stock.put_back(order, by="Chloe")
    assert shelf() == (40, 0)
    assert moved() == 40


def test_what_was_ordered_stays_what_it_was_when_the_bundle_changes(sample_shop: Flask) -> None:
    order = place({PAIR: 1})
    mat = thing("MAT", 3)
    products.make_up(PAIR, {SKU: 1, mat: 1})
    stock.release(order.id)
    assert (shelf(), shelf(mat)) == ((40, 0), (3, 0))
    stock.hold(order, clock.now())
    assert (shelf(), shelf(mat)) == ((40, 1), (3, 1))
    assert stock.take(order, by="test") == []
    assert (shelf(), shelf(mat)) == ((39, 0), (2, 0))


def test_a_bundle_paid_too_late_takes_all_of_its_parts_or_none(sample_shop: Flask) -> None:
    mat = thing("MAT", 1)
    thing("SET", parts={SKU: 1, mat: 1})
    order = place({"SET": 1, SKU: 1})
    stock.release(order.id)
    stock.receive(variant(mat), -1, by="Ada", why="lost")
    assert [line.sku for line in stock.take(order, by="test")] == ["SET"]
    assert (shelf(), shelf(mat)) == ((39, 0), (0, 0))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"NOTHING": 1}, "no NOTHING"),
        ({PAIR: 1}, "cannot hold a bundle"),
        ({"SET": 1}, "cannot hold a bundle"),
        ({SKU: 0}, "at least once"),
    ],
)
@pytest.mark.one_database
def test_a_bundle_that_cannot_be_is_refused(
    sample_shop: Flask, parts: dict[str, int], why: str
) -> None:
    thing("SET")
    with pytest.raises(ValueError, match=why):
        products.make_up("SET", parts)
    with pytest.raises(ValueError, match="part of another"):
        products.make_up(SKU, {"SET": 1})
    with pytest.raises(ValueError, match="count those"):
        stock.receive(variant(PAIR), 1, by="Ada")


steps = st.lists(
    st.tuples(
        st.sampled_from(["receive", "part", "bundle", "both", "expire", "take", "put back"]),
        st.integers(1, 5),
    ),
    max_size=25,
)


@given(steps=steps)
@settings(max_examples=10)
def test_whatever_is_bought_of_both_never_fewer_than_none_are_there(
    sample_shop: Flask, steps: list[tuple[str, int]]
) -> None:
    number = next(_numbers)
    part, bolt = thing(f"PART-{number}"), thing(f"BOLT-{number}")
    bundle = thing(f"BUNDLE-{number}", parts={part: 2, bolt: 1})
    placed: list[Order] = []
    for step, units in steps:
        order = placed[units % len(placed)] if placed else None
        match step:
            case "receive":
                stock.receive(variant(part), units, by="Ada")
                stock.receive(variant(bolt), 1, by="Ada")
            case "part" | "bundle" | "both":
                wanted = {"part": [part], "bundle": [bundle], "both": [bundle, part]}[step]
                _try(placed, dict.fromkeys(wanted, units))
            case "expire" if order:
                orders.close(order, OrderState.EXPIRED, by="test", why="")
            case "take" if order:
                stock.take(order, by="test")
            case "put back" if order:
                stock.put_back(order, by="test", units={line.id: units for line in order.lines})
        for sku in (part, bolt):
            on_hand, reserved = shelf(sku)
            assert 0 <= reserved <= on_hand
            assert on_hand == moved(sku)
            assert reserved == held(sku)
        assert available(bundle) == min(available(part) // 2, available(bolt))


def _try(placed: list[Order], lines: dict[str, int]) -> None:
    """Order, where each thing by itself is there often enough and both together are."""
    enough = all(available(sku) >= units for sku, units in lines.items())
    try:
        placed.append(place(lines))
    except SoldOut:
        enough = len(lines) == 1 and enough
        assert not enough
    else:
        assert enough


def test_buyers_of_bundle_and_part_at_once_get_what_is_there_and_none_is_leaked(
    sample_shop: Flask,
) -> None:
    mat = thing("MAT", 4)
    thing("A-SET", parts={SKU: 2, mat: 1})
    stock.receive(variant(SKU), -33, by="Ada", why="counted")

    def buy(number: int) -> Order | None:
        lines = [{"A-SET": 1}, {SKU: 1}, {mat: 1, SKU: 1}, {PAIR: 1}][number % 4]
        try:
            return place(lines)
        except SoldOut:
            return None

    bought = [order for order in at_once(16, buy) if order]
    assert bought
    assert shelf() == (7, held(SKU))
    assert shelf(mat) == (4, held(mat))
    at_once(len(bought), lambda n: bought[n].id % 2 and stock.take(bought[n], by="test"))
    with db.transaction() as session:
        session.execute(update(Reservation).values(expires_at=clock.now()))
    at_once(2, lambda _: checkout.sweep())
    with db.reading() as session:
        assert all(each.reserved == 0 for each in session.scalars(select(Stock)))
    assert (shelf()[0], shelf(mat)[0]) == (moved(), moved(mat))
