"""Whatever happens to the shelf, nothing is held or sold that is not there."""

from itertools import count

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import db, money
from core.clock import now
from shop import cart, catalog, checkout, orders, prices, products, stock
from shop.cart import Cart
from shop.checkout import Purchase
from shop.models import Order, OrderState, Reservation, ReservationState
from shop.stock import SoldOut
from tests.shop.running import SKU, at_once, moved, shelf, ship_to

_numbers = count(1)

# Each example has a product of its own, so that it begins with an empty shelf.
on_one_database = settings(max_examples=30)

steps = st.lists(
    st.tuples(
        st.sampled_from(["receive", "order", "release", "take", "put back", "lose"]),
        st.integers(1, 6),
    ),
    max_size=25,
)


def variant(sku: str) -> int:
    offer = catalog.offer(sku)
    assert offer is not None
    return offer.variant_id


def new_sku(currency: str = "USD", amount: int = 8900) -> str:
    sku = f"THING-{next(_numbers)}"
    product = catalog.by_slug("ql-claw")
    assert product is not None
    products.save_variant(product, sku, title=sku, position=9)
    prices.set_price(sku, amount, currency)
    return sku


def held(order: Order) -> list[Reservation]:
    with db.transaction() as session:
        mine = select(Reservation).where(
            Reservation.order_id == order.id, Reservation.state == ReservationState.HELD
        )
        return list(session.scalars(mine))


@given(steps=steps)
@on_one_database
def test_never_fewer_than_none_and_the_movements_add_up(
    sample_shop: Flask, steps: list[tuple[str, int]]
) -> None:
    sku = new_sku()
    placed: list[Order] = []
    for step, number in steps:
        do(step, number, sku, placed)
        on_hand, reserved = shelf(sku)
        assert 0 <= reserved <= on_hand
        assert on_hand == moved(sku)
        assert reserved == sum(each.quantity for order in placed for each in held(order))


@given(
    there=st.integers(0, 7),
    wishes=st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["pay", "leave", "call off", "pay twice"])),
        min_size=2,
        max_size=8,
    ),
)
@example(there=5, wishes=[(3, "leave"), (2, "pay twice"), (2, "pay"), (1, "call off")])
@example(there=3, wishes=[(3, "call off"), (3, "pay"), (3, "leave"), (3, "pay")])
@settings(max_examples=15)
def test_buyers_at_once_hold_what_is_there_and_what_they_leave_is_free_again(
    sample_shop: Flask, there: int, wishes: list[tuple[int, str]]
) -> None:
    sku = new_sku()
    if there:
        stock.receive(variant(sku), there, by="Ada")

    def buy(number: int) -> int:
        """Go one of the ways; how many units were paid for."""
        units, way = wishes[number]
        try:
            order = checkout.place(
                Purchase(lines={sku: units}, country="US", cart=f"{sku}:{number}")
            )
        except SoldOut:
            return 0
        if way == "call off":
            orders.close(order, OrderState.CANCELLED, by="test", why="")
        elif way.startswith("pay"):
            for _ in range(1 + (way == "pay twice")):
                stock.take(order, by="test")
        return units if way.startswith("pay") else 0

    paid = sum(at_once(len(wishes), buy))
    assert paid <= there
    with db.transaction() as session:
        session.execute(update(Reservation).values(expires_at=now()))
    at_once(2, lambda _: checkout.sweep())
    assert shelf(sku) == (there - paid, 0)
    assert moved(sku) == there - paid
    if there > paid:
        checkout.place(Purchase(lines={sku: there - paid}, country="US", cart=f"{sku}:last"))
    with pytest.raises(SoldOut):
        checkout.place(Purchase(lines={sku: 1}, country="US", cart=f"{sku}:more"))


def do(step: str, number: int, sku: str, placed: list[Order]) -> None:
    order = placed[number % len(placed)] if placed else None
    match step:
        case "receive":
            stock.receive(variant(sku), number, by="Ada")
        case "lose":
            if shelf(sku)[0] - shelf(sku)[1] >= number:
                stock.receive(variant(sku), -number, by="Ada", why="broken")
            else:
                with pytest.raises(ValueError, match="hold"):
                    stock.receive(variant(sku), -number, by="Ada", why="broken")
        case "order":
            purchase = Purchase(lines={sku: number}, country="US", cart=f"{sku}:{len(placed)}")
            if shelf(sku)[0] - shelf(sku)[1] >= number:
                placed.append(checkout.place(purchase))
            else:
                with pytest.raises(SoldOut):
                    checkout.place(purchase)
        case "release" if order:
            orders.close(order, OrderState.EXPIRED, by="test", why="")
        case "take" if order and order.id not in taken(placed):
            stock.take(order, by="test")
        case "put back" if order:
            stock.put_back(order, by="test")


def taken(placed: list[Order]) -> set[int]:
    with db.transaction() as session:
        mine = select(Reservation.order_id).where(
            Reservation.order_id.in_([order.id for order in placed]),
            Reservation.state == ReservationState.TAKEN,
        )
        return set(session.scalars(mine))


@given(
    amount=st.integers(1, 4 * 10**5),
    quantity=st.integers(1, 20),
    postage=st.integers(0, 10**6),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
@on_one_database
def test_the_total_shown_is_the_total_asked_for_in_whole_minor_units(
    sample_shop: Flask, amount: int, quantity: int, postage: int, currency: str
) -> None:
    amount *= money.step(currency)
    sku = new_sku(currency, amount)
    stock.receive(variant(sku), quantity, by="Ada")
    ship_to("NZ", postage, currency)
    bill = cart.bill(Cart(id="c", lines={sku: quantity}, country="NZ"))
    order = checkout.place(Purchase(lines={sku: quantity}, country="NZ", cart=sku))
    assert bill.total == order.total_amount == amount * quantity + postage
    assert order.currency == currency
    shown = money.to_decimal(order.total_amount, currency)
    assert int(shown.scaleb(money.decimals(currency))) == order.total_amount


def test_more_than_stripe_charges_at_once_is_told_and_nothing_is_held(sample_shop: Flask) -> None:
    sku = new_sku("USD", money.MOST)
    stock.receive(variant(sku), 100, by="Ada")
    with pytest.raises(checkout.NotSold, match="order fewer"):
        checkout.place(Purchase(lines={sku: 2}, country="US", cart="c"))
    assert shelf(sku) == (100, 0)


def test_things_in_two_currencies_cannot_be_bought_together(sample_shop: Flask) -> None:
    sku = new_sku("JPY")
    stock.receive(variant(sku), 1, by="Ada")
    with pytest.raises(checkout.NotSold):
        checkout.place(Purchase(lines={sku: 1, SKU: 1}, country="US", cart="c"))


def test_a_parcel_put_back_can_be_sold_again(sample_shop: Flask) -> None:
    order = checkout.place(Purchase(lines={SKU: 2}, country="US", cart="c"))
    assert order.expires_at > now()
    assert stock.take(order, by="test") == []
    assert shelf() == (38, 0)
    stock.put_back(order, by="Chloe")
    stock.put_back(order, by="Chloe")
    assert shelf() == (40, 0)
    assert [each.change for each in stock.movements(variant(SKU))] == [2, -2, 40]
