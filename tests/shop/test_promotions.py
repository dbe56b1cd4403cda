"""Promotion codes: what they take off, whom they are for, and never one use too many."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings, strategies

from core import clock, db, money
from core import settings as store
from shop import cart, checkout, orders, prices, promotions, redemptions, settlement, shipping
from shop.checkout import Purchase
from shop.models import Order, OrderState, Promotion, PromotionPrice, ShippingZone
from shop.promotions import Terms, Worth
from shop.redemptions import NotUsable
from tests.shop.running import (
    SKU,
    Browser,
    RunningShop,
    alerts,
    at_once,
    every_order,
    session_in,
    shelf,
    ship_to,
    the_order,
)


def offer(code: str = "SPRING", **terms: Any) -> Promotion:
    usual: dict[str, Any] = {"percent": 10, "worth": {}}
    return promotions.make(Terms(code=code, **usual | terms), by="Olivia")


def counted(code: str = "SPRING") -> tuple[int, int]:
    """How often it was used, and is held."""
    found = promotions.find(code)
    assert found is not None
    return found.used, found.held


def want(code: str | None = "SPRING", *, email: str | None = None, cart: str = "c") -> Purchase:
    return Purchase(lines={SKU: 1}, country="US", cart=cart, code=code, email=email)


def with_code(shop: RunningShop, code: str = "SPRING") -> Browser:
    """A visitor with one tool and a code in the cart."""
    visitor = shop.visitor()
    visitor.post("/cart/items", sku=SKU, quantity=1)
    assert visitor.post("/cart/code", code=code).status == 303
    return visitor


def test_of_ten_with_a_code_for_one_use_one_gets_it(running_shop: RunningShop) -> None:
    offer(most_uses=1)
    visitors = [with_code(running_shop) for _ in range(10)]
    replies = at_once(10, lambda number: visitors[number].post("/checkout"))
    assert [reply.status for reply in replies].count(303) == 1
    assert all(reply.status in (400, 409) for reply in replies if reply.status != 303)
    assert counted() == (0, 1)
    assert shelf() == (40, 1)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        checkout.sweep()
        running_shop.wait()
        assert counted() == (0, 0)
        assert shelf() == (40, 0)
        assert with_code(running_shop).post("/checkout").status == 303


def test_stripe_asks_for_exactly_what_the_cart_showed(running_shop: RunningShop) -> None:
    offer(percent=15)
    ada = with_code(running_shop, " spring ")
    shown = ada.get("/cart").text
    assert "Discount, SPRING" in shown
    assert "−$13.35" in shown
    assert "$82.65" in shown
    session = running_shop.simulator.store.get(session_in(ada.post("/checkout", email="a@b.test")))
    assert session["amount_total"] == 8265
    assert not session["allow_promotion_codes"]
    running_shop.simulator.pay(session["id"])
    running_shop.wait()
    order = the_order()
    assert (order.state, order.discount_amount, order.total_amount) == (
        OrderState.PAID, 1335, 8265,
    )  # fmt: skip
    assert counted() == (1, 0)
    assert "Discount, SPRING" in ada.get(f"/orders/{order.token}").text
    assert alerts() == []
    takings = promotions.takings()[promotions.every()[0].id]
    assert [(each.orders, each.revenue, each.discount) for each in takings] == [(1, 8265, 1335)]


def test_a_session_with_another_discount_settles_nothing(running_shop: RunningShop) -> None:
    offer()
    session = session_in(with_code(running_shop).post("/checkout"))
    with db.transaction() as ours:
        ours.get_one(Order, the_order().id).discount_amount = 0
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert the_order().state is OrderState.PLACED
    assert "mismatch" in alerts()
    assert counted() == (0, 1)


def test_stripes_own_codes_are_asked_for_only_where_the_store_says_so(
    running_shop: RunningShop,
) -> None:
    sessions = running_shop.simulator.store
    assert not sessions.get(running_shop.buy())["allow_promotion_codes"]
    store.change(stripe_promotion_codes=True)
    assert sessions.get(running_shop.buy())["allow_promotion_codes"]
    offer()
    with_ours = sessions.get(session_in(with_code(running_shop).post("/checkout")))
    assert not with_ours["allow_promotion_codes"]
    assert with_ours["total_details"]["amount_discount"] == 890


def test_who_pays_after_all_uses_the_code_once(running_shop: RunningShop) -> None:
    offer(most_uses=1)
    session = session_in(with_code(running_shop).post("/checkout", email="ada@example.com"))
    running_shop.simulator.pay(session)
    running_shop.wait()
    settlement.settle(session)
    assert counted() == (1, 0)
    ben = running_shop.visitor()
    ben.post("/cart/items", sku=SKU, quantity=1)
    assert "This code is used up." in ben.post("/cart/code", code="SPRING").text


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"ends_at": -1}, "This code ended on"),
        ({"starts_at": 1}, "This code begins on"),
        ({"worth": {"USD": Worth(minimum=10000)}}, "goods of $100.00 or more: $11.00 to go"),
        ({"worth": {"EUR": Worth(minimum=1)}}, "not for prices in USD"),
        ({"most_uses": 0}, "This code is used up"),
    ],
    ids=["over", "to come", "too little", "another currency", "used up"],
)
def test_a_code_that_takes_nothing_off_says_why(
    sample_shop: Flask, terms: dict[str, Any], told: str
) -> None:
    moments = {
        name: clock.now() + timedelta(days=value)
        for name, value in terms.items()
        if isinstance(value, int) and name.endswith("_at")
    }
    offer(**terms | moments)
    with pytest.raises(NotUsable, match=told.replace("$", r"\$")):
        checkout.place(want())
    assert every_order() == []
    assert shelf() == (40, 0)


def test_an_unknown_and_a_paused_code_say_so(sample_shop: Flask) -> None:
    with pytest.raises(NotUsable, match="do not know"):
        checkout.place(want("SUMMER"))
    promotions.pause(offer().id)
    with pytest.raises(NotUsable, match="not in use"):
        checkout.place(want())


def test_a_code_for_first_orders_is_for_one_order_of_an_address(sample_shop: Flask) -> None:
    offer(first_order=True)
    with pytest.raises(NotUsable, match="e-mail"):
        checkout.place(want())
    order = checkout.place(want(email="ada@example.com", cart="first"))
    with pytest.raises(NotUsable, match="once"):
        checkout.place(want(email="ada@example.com", cart="second"))
    orders.close(order, OrderState.CANCELLED, by="Ada", why="thought again")
    paid = checkout.place(want(None, email="ada@example.com", cart="third"))
    with db.transaction() as session:
        session.get_one(Order, paid.id).state = OrderState.PAID
    with pytest.raises(NotUsable, match="first order"):
        checkout.place(want(email="ada@example.com", cart="fourth"))
    assert counted() == (0, 0)
    checkout.place(want(email="ben@example.com", cart="fifth"))


def test_of_one_customers_ten_tries_at_once_two_hold_a_code_for_two(sample_shop: Flask) -> None:
    offer(most_each=2)

    def place(number: int) -> bool:
        with sample_shop.app_context():
            try:
                checkout.place(want(email="ada@example.com", cart=f"cart {number}"))
            except NotUsable:
                return False
            return True

    assert sum(at_once(10, place)) == 2
    assert counted() == (0, 2)
    assert shelf() == (40, 2)


def test_shipping_is_free_from_what_is_left_of_the_goods(sample_shop: Flask) -> None:
    offer(worth={"USD": Worth(amount=2000)}, percent=None)
    zone = next(each for each in shipping.zones() if each.countries[0].country == "US")
    with db.transaction() as session:
        session.get_one(ShippingZone, zone.id).free_from = 8000
    assert checkout.place(want(None)).shipping_amount == 0
    order = checkout.place(want(cart="another"))
    assert (order.discount_amount, order.total_amount) == (2000, 8900 - 2000 + 700)
    bill = cart.bill(cart.Cart(id="c", lines={SKU: 1}, country="US", code="SPRING"))
    assert (bill.discount, bill.total) == (2000, order.total_amount)


@settings(max_examples=200)
@given(
    lines=strategies.lists(
        strategies.tuples(strategies.integers(1, 10**6), strategies.integers(1, 20)),
        min_size=1, max_size=6,
    ),
    percent=strategies.integers(1, 100) | strategies.none(),
    off=strategies.integers(1, 10**7),
    currency=strategies.sampled_from(["USD", "EUR", "JPY", "KWD", "ISK"]),
)  # fmt: skip
def test_a_discount_is_a_charge_that_the_goods_can_bear(
    lines: list[tuple[int, int]], percent: int | None, off: int, currency: str
) -> None:
    step = money.step(currency)
    goods = sum(unit * step * count for unit, count in lines)
    price = PromotionPrice(currency=currency, amount=None if percent else off * step, minimum=0)
    promotion = Promotion(percent=percent, prices=[price])
    taken = redemptions.discount(promotion, goods=goods, currency=currency)
    assert isinstance(taken, int)
    assert 0 <= taken <= goods
    assert taken % step == 0
    if percent:
        assert abs(taken * 100 - goods * percent) <= 50 * step
    else:
        assert taken == min(goods, off * step)


@settings(max_examples=8)
@given(
    unit=strategies.integers(100, 10**5),
    quantity=strategies.integers(1, 3),
    percent=strategies.integers(1, 100),
    parcel=strategies.tuples(
        strategies.integers(0, 5000), strategies.sampled_from(["USD", "JPY", "KWD"])
    ),
)
def test_an_orders_lines_less_discount_and_with_shipping_are_its_total(
    sample_shop: Flask, unit: int, quantity: int, percent: int, parcel: tuple[int, str]
) -> None:
    shipping, currency = parcel
    step = money.step(currency)
    prices.set_price(SKU, unit * step, currency)
    ship_to("US", shipping * step, currency)
    code = secrets.token_hex(8)
    offer(code, percent=percent)
    wanted = Purchase(lines={SKU: quantity}, country="US", cart=code, code=code)
    order = checkout.place(wanted)
    lines = sum(line.amount for line in order.lines)
    assert order.currency == currency
    assert order.total_amount == lines - order.discount_amount + order.shipping_amount
    assert order.total_amount % step == 0
    bill = cart.bill(cart.Cart(id="c", lines={SKU: quantity}, country="US", code=code))
    assert (bill.discount, bill.total) == (order.discount_amount, order.total_amount)
    orders.close(order, OrderState.CANCELLED, by="Ada", why="thought again")
    assert counted(code) == (0, 0)


def test_who_tries_again_when_the_code_is_used_up_is_told_so(running_shop: RunningShop) -> None:
    offer(most_uses=1)
    session = session_in(with_code(running_shop).post("/checkout", email="ada@example.com"))
    running_shop.simulator.expire(session)
    running_shop.wait()
    other = session_in(with_code(running_shop).post("/checkout", email="ben@example.com"))
    running_shop.simulator.pay(other)
    running_shop.wait()
    (adas,) = [order for order in every_order() if order.email == "ada@example.com"]
    answer = running_shop.visitor().post(f"/orders/{adas.token}/pay")
    assert answer.status == 409
    assert "This code is used up." in answer.text
    assert orders.get(adas.id).state is OrderState.EXPIRED


def test_what_is_bought_at_once_has_the_code_of_the_cart(running_shop: RunningShop) -> None:
    offer(percent=15)
    ada = with_code(running_shop)
    session = session_in(ada.post("/checkout", sku=SKU, quantity=2))
    assert running_shop.simulator.store.get(session)["total_details"]["amount_discount"] == 2670
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert (the_order().state, the_order().discount_amount) == (OrderState.PAID, 2670)
    assert counted() == (1, 0)
    assert alerts() == []


def test_a_code_that_does_not_count_is_told_before_anybody_pays(running_shop: RunningShop) -> None:
    offer(most_each=1)
    ada = with_code(running_shop)
    asked = ada.post("/checkout", sku=SKU, quantity=3, country="GB")
    assert asked.status == 400
    assert "SPRING cannot be used for this. It counts by customer" in asked.text
    assert 'name="quantity" type="number" value="3"' in asked.text or 'value="3"' in asked.text
    assert every_order() == []
    first = ada.post("/checkout", sku=SKU, quantity=3, country="GB", email="ada@example.com")
    assert first.status == 303
    assert the_order().discount_amount == 2670
    running_shop.simulator.pay(session_in(first))
    running_shop.wait()
    again = with_code(running_shop)
    told = again.post("/checkout", sku=SKU, quantity=1, email="ada@example.com")
    assert told.status == 409
    assert "can be used once" in told.text
    assert 'value="ada@example.com"' in told.text
    plain = again.post("/checkout", sku=SKU, quantity=1, without_code="1")
    assert plain.status == 303
    assert every_order()[-1].discount_amount == 0
