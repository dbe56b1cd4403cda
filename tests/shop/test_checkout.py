"""The way to the payment page: one page a cart, stock held first, nothing held when it fails."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core import clock, config, db
from shop import checkout, fulfilment, orders
from shop.checkout import Purchase
from shop.models import OrderEvent, OrderState
from shop.stock import SoldOut
from tests.shop.running import (
    SKU,
    RunningShop,
    alerts,
    at_once,
    every_order,
    leave_on_shelf,
    letters,
    session_in,
    shelf,
    the_order,
)


def test_of_twenty_who_want_the_last_one_one_gets_a_payment_page(
    running_shop: RunningShop,
) -> None:
    leave_on_shelf(1)
    replies = at_once(20, lambda _: running_shop.visitor().post("/checkout", sku=SKU, quantity=1))
    assert sorted(reply.status for reply in replies) == [303] + [409] * 19
    assert all("Sold out" in reply.text for reply in replies if reply.status == 409)
    assert shelf() == (1, 1)
    assert len(running_shop.simulator.store.select("checkout.session")) == 1
    assert len(every_order()) == 1


def test_what_stripe_is_asked_for_is_what_the_page_showed(running_shop: RunningShop) -> None:
    session = running_shop.simulator.store.get(
        running_shop.buy(quantity=2, country="GB", email="chloe@example.com")
    )
    assert session["amount_subtotal"] == 17800
    assert session["amount_total"] == 17800 + 1900
    assert session["shipping_address_collection"] == {"allowed_countries": ["GB"]}
    assert session["customer_details"]["email"] == "chloe@example.com"
    assert session["client_reference_id"] == the_order().token
    assert session["adaptive_pricing"] == {"enabled": False}
    assert session["success_url"].endswith("/checkout/complete?session_id={CHECKOUT_SESSION_ID}")


@pytest.mark.parametrize("how", ["broken", "unreachable"])
def test_without_stripe_nothing_is_charged_and_nothing_held(
    running_shop: RunningShop, how: str
) -> None:
    here = config.current()
    if how == "broken":
        running_shop.simulator.fail_next(3)
    else:
        config.install(replace(here, stripe_api_base="http://127.0.0.1:9"))
    reply = running_shop.visitor().post("/checkout", sku=SKU, quantity=1)
    assert reply.status == 503
    assert "Nothing was charged" in reply.text
    assert f'name="sku" value="{SKU}"' in reply.text
    assert shelf() == (40, 0)
    assert the_order().state is OrderState.CANCELLED
    config.install(here)
    assert running_shop.buy()


def test_an_answer_that_is_lost_on_the_way_opens_no_second_page(
    running_shop: RunningShop,
) -> None:
    running_shop.simulator.fail_next(1, "lost")
    assert running_shop.buy()
    assert len(running_shop.simulator.store.select("checkout.session")) == 1


def test_starting_over_closes_the_page_opened_before(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    first = running_shop.buy(ada)
    second = running_shop.buy(ada, quantity=2)
    store = running_shop.simulator.store
    assert store.get(first)["status"] == "expired"
    assert store.get(second)["status"] == "open"
    # Stripe's word that the first has expired may be quicker than we are.
    before, now = [order.state for order in every_order()]
    assert before in (OrderState.CANCELLED, OrderState.EXPIRED)
    assert now is OrderState.PLACED
    assert shelf() == (40, 2)


def test_one_cart_sent_twice_at_once_can_be_paid_once(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    replies = at_once(4, lambda _: ada.post("/checkout"))
    assert {reply.status for reply in replies} <= {303, 409}
    running_shop.wait()
    open_pages = [
        each
        for each in running_shop.simulator.store.select("checkout.session")
        if each["status"] == "open"
    ]
    held = [order for order in every_order() if order.state is OrderState.PLACED]
    assert len(open_pages) <= 1
    assert [order.session_id for order in held] == [each["id"] for each in open_pages]
    assert shelf() == (40, len(held))


@pytest.mark.parametrize("told", [(), ("by webhook",)], ids=["unheard", "heard"])
@pytest.mark.parametrize(
    ("method", "state"), [("card", OrderState.PAID), ("debit", OrderState.AWAITING_PAYMENT)]
)
def test_whoever_paid_and_starts_over_is_shown_the_order(
    running_shop: RunningShop, told: tuple[str, ...], method: str, state: OrderState
) -> None:
    running_shop.simulator.pause()
    ada = running_shop.visitor()
    running_shop.simulator.pay(running_shop.buy(ada), {"method": method})
    if told:
        running_shop.simulator.resume()
        running_shop.wait()
    reply = ada.post("/checkout", sku=SKU, quantity=1)
    assert reply.status == 303
    assert reply.location == f"/orders/{the_order().token}"
    assert the_order().state is state
    assert len(every_order()) == 1
    assert ada.post("/checkout", sku=SKU, quantity=1).location != reply.location


def test_the_cart_is_kept_until_it_is_paid(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    assert ada.post("/cart/items", sku=SKU, quantity=2).status == 303
    assert ada.cookies["cart_count"] == "2"
    reply = ada.post("/checkout", country="DE", letters="1")
    assert reply.status == 303
    assert "QL Claw" in ada.get("/cart").text
    session = session_in(reply)
    running_shop.simulator.pay(session)
    running_shop.wait()
    ada.get(f"/checkout/complete?session_id={session}")
    assert ada.cookies["cart_count"] == ""
    assert "nothing in it" in ada.get("/cart").text
    assert (the_order().country, the_order().marketing_consent) == ("DE", True)


def test_the_sweep_lets_go_of_what_nobody_paid_in_time(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    assert checkout.sweep() == 0
    running_shop.simulator.pause()
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        assert checkout.sweep() == 1
    assert running_shop.simulator.store.get(session)["status"] == "expired"
    assert the_order().state is OrderState.EXPIRED
    assert shelf() == (40, 0)


def test_the_sweep_settles_what_was_paid_and_never_told(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        assert checkout.sweep() == 0
    assert the_order().state is OrderState.PAID
    assert letters() == [("shop.receipt", "ada@example.com")]


def test_the_sweep_leaves_everything_as_it_is_while_stripe_is_away(
    running_shop: RunningShop,
) -> None:
    running_shop.buy()
    running_shop.simulator.pause()
    running_shop.simulator.fail_next(3)
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        assert checkout.sweep() == 0
    assert shelf() == (40, 1)


def test_an_expired_page_frees_the_stock(running_shop: RunningShop) -> None:
    running_shop.simulator.expire(running_shop.buy())
    running_shop.wait()
    assert the_order().state is OrderState.EXPIRED
    assert shelf() == (40, 0)


def test_what_is_sold_out_holds_nothing_of_the_rest(running_shop: RunningShop) -> None:
    leave_on_shelf(1)
    with pytest.raises(SoldOut):
        checkout.place(Purchase(lines={SKU: 2}, country="US", cart="ben"))
    assert shelf() == (1, 0)
    assert every_order() == []


def test_an_order_remembers_what_happened_to_it(running_shop: RunningShop) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    fulfilment.ship(the_order().id, carrier="USPS", tracking="9400 1000", by="chloe@shop.example")
    with db.reading() as session:
        told = session.execute(select(OrderEvent.what, OrderEvent.who).order_by(OrderEvent.id))
        assert [tuple(row) for row in told] == [
            ("placed", "customer"),
            ("paid", "Stripe"),
            ("shipped", "chloe@shop.example"),
        ]
    assert letters()[-1] == ("shop.shipped", "ada@example.com")
    with pytest.raises(orders.NotPossible):
        fulfilment.ship(the_order().id, carrier="USPS", by="chloe@shop.example")
    assert alerts() == []


def test_whoever_asks_for_payment_pages_all_day_is_slowed_down(running_shop: RunningShop) -> None:
    eve = running_shop.visitor()
    statuses = [eve.post("/checkout", sku="NOTHING", quantity=1).status for _ in range(31)]
    assert statuses == [404] * 30 + [429]
