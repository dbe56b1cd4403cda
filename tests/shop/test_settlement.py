"""An order follows its payment: once, whoever tells of it, in whatever order, or not at all."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from core import clock, db, settings
from core import events as core_events
from shop import checkout, orders, reconciler, refunds, settlement
from shop.events import OrderPaid
from shop.models import Order, OrderEvent, OrderState, Payment, StockMovement, StripeEvent
from shop.simulator.resources import coupons
from tests.shop.running import (
    SKU,
    RunningShop,
    alerts,
    at_once,
    every_order,
    leave_on_shelf,
    letters,
    moved,
    shelf,
    ship_to,
    the_order,
)

ADA = "ada@example.com"


def count(table: type[db.Base]) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_one_purchase_is_settled_by_its_webhook(running_shop: RunningShop) -> None:
    told: list[OrderPaid] = []
    core_events.listen(OrderPaid, told.append)
    session = running_shop.buy(None, **{"from": "post:psoas-trigger-points"})
    assert shelf() == (40, 1)
    assert running_shop.simulator.pay(session).status == "paid"
    running_shop.wait()
    order = the_order()
    assert (order.state, order.number, order.email) == (OrderState.PAID, "QL-1001", ADA)
    assert (order.goods_amount, order.shipping_amount, order.total_amount) == (8900, 700, 9600)
    assert order.address is not None
    assert order.address["country"] == "US"
    assert shelf() == (39, 0)
    assert moved() == 39
    assert letters() == [("shop.receipt", ADA)]
    assert [(each.source, each.amount, each.skus) for each in told] == [
        ("post:psoas-trigger-points", 9600, (SKU,))
    ]
    assert alerts() == []


def test_the_same_event_five_times_beside_the_return_page_settles_once(
    running_shop: RunningShop,
) -> None:
    simulator = running_shop.simulator
    simulator.pause()
    session = running_shop.buy()
    simulator.pay(session)
    event = simulator.events("checkout.session.completed")[0]["id"]
    replies: list[int] = []
    back = threading.Thread(
        target=lambda: replies.extend(
            reply.status
            for reply in at_once(
                3,
                lambda _: running_shop.visitor().get(f"/checkout/complete?session_id={session}"),
            )
        )
    )
    back.start()
    statuses = simulator.redeliver(event, 5)
    back.join()
    assert statuses == [200] * 5
    assert replies == [303] * 3
    assert the_order().state is OrderState.PAID
    assert the_order().number == "QL-1001"
    assert letters() == [("shop.receipt", ADA)]
    assert (count(Payment), count(StripeEvent)) == (1, 1)
    assert shelf() == (39, 0)
    with db.reading() as now:
        sold = select(func.count()).where(StockMovement.change < 0)
        assert now.scalar(sold) == 1


def test_the_return_page_settles_what_the_webhook_has_not(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    ada = running_shop.visitor()
    session = running_shop.buy(ada)
    running_shop.simulator.pay(session)
    assert the_order().state is OrderState.PLACED
    reply = ada.get(f"/checkout/complete?session_id={session}")
    assert reply.status == 303
    assert reply.location == f"/orders/{the_order().token}"
    assert the_order().state is OrderState.PAID
    assert "Thank you" in ada.get(reply.location).text


def test_the_reconciler_settles_where_no_webhook_ever_comes(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    found = reconciler.reconcile()
    assert found["paid"] == 1
    assert the_order().state is OrderState.PAID
    assert reconciler.reconcile()["orders"] == 0
    assert letters() == [("shop.receipt", ADA)]


def test_a_session_that_we_never_heard_back_about_is_settled_all_the_same(
    running_shop: RunningShop,
) -> None:
    running_shop.simulator.pause()
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(session_id=None))
    running_shop.simulator.pay(session)
    assert reconciler.reconcile()["paid"] == 1
    assert the_order().session_id == session


@pytest.mark.parametrize(
    "wrong",
    [{"goods_amount": 100}, {"shipping_amount": 0}, {"currency": "EUR"}, {"token": "another"}],
    ids=["amount", "shipping", "currency", "reference"],
)
def test_a_payment_that_does_not_fit_settles_nothing_and_alerts_staff(
    running_shop: RunningShop, wrong: dict[str, object]
) -> None:
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(**wrong))
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert the_order().state is OrderState.PLACED
    assert alerts() == ["mismatch"]
    assert letters() == []
    assert shelf() == (40, 1)


def test_a_payment_for_an_order_that_is_not_here_alerts_staff(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(token="another", session_id=None))
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert alerts() == ["unknown_order"]


def offer_for_nothing(shop: RunningShop) -> None:
    """Let the code FREE, which Stripe keeps, take all off the goods."""
    settings.change(stripe_promotion_codes=True)
    store = shop.simulator.store
    with store.transaction():
        coupon = coupons.create(store, {"percent_off": 100, "duration": "once"})
        promotion = {"type": "coupon", "coupon": coupon["id"]}
        coupons.create_code(store, {"promotion": promotion, "code": "FREE"})


def test_a_promotion_code_lowers_the_total_as_stripe_says(running_shop: RunningShop) -> None:
    offer_for_nothing(running_shop)
    session = running_shop.buy()
    assert running_shop.simulator.pay(session, {"promotion_code": "FREE"}).status == "paid"
    running_shop.wait()
    order = the_order()
    assert (order.state, order.discount_amount, order.total_amount) == (OrderState.PAID, 8900, 700)


def test_an_order_that_costs_nothing_is_settled_without_a_payment(
    running_shop: RunningShop,
) -> None:
    ship_to("US", 0)
    offer_for_nothing(running_shop)
    session = running_shop.buy()
    assert running_shop.simulator.pay(session, {"promotion_code": "FREE"}).status == "free"
    running_shop.wait()
    assert (the_order().state, the_order().total_amount) == (OrderState.PAID, 0)
    assert letters() == [("shop.receipt", ADA)]
    with pytest.raises(orders.NotPossible):
        refunds.refund(the_order().id, by="Chloe")


def test_what_is_called_off_is_not_called_off_again(running_shop: RunningShop) -> None:
    running_shop.buy()
    settlement.cancel(the_order().id, by="Fay", why="no stock")
    with pytest.raises(orders.NotPossible, match="already"):
        settlement.cancel(the_order().id, by="Ed", why="no stock")
    with db.reading() as session:
        told = select(OrderEvent.who).where(OrderEvent.what == OrderState.CANCELLED)
        assert session.scalars(told).all() == ["Fay"]


def test_a_bank_debit_waits_and_then_comes(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    session = running_shop.buy(ada)
    assert running_shop.simulator.pay(session, {"method": "debit"}).status == "processing"
    running_shop.wait()
    waiting = the_order()
    assert waiting.state is OrderState.AWAITING_PAYMENT
    assert shelf() == (40, 1)
    assert letters() == []
    with time_machine.travel(clock.now() + timedelta(days=4)):
        assert checkout.overdue() == []
    page = ada.get(ada.get(f"/checkout/complete?session_id={session}").location)
    assert "Your bank is at work" in page.text
    assert waiting.payment_intent is not None
    running_shop.simulator.settle(waiting.payment_intent)
    running_shop.wait()
    assert the_order().state is OrderState.PAID
    assert letters() == [("shop.receipt", ADA)]
    assert shelf() == (39, 0)


def test_a_bank_debit_that_fails_gives_the_stock_back_and_writes(
    running_shop: RunningShop,
) -> None:
    session = running_shop.buy()
    running_shop.simulator.pay(session, {"method": "debit"})
    running_shop.wait()
    intent = the_order().payment_intent
    assert intent is not None
    running_shop.simulator.settle(intent, succeeds=False)
    running_shop.wait()
    assert the_order().state is OrderState.FAILED
    assert shelf() == (40, 0)
    assert letters() == [("shop.payment_failed", ADA)]


def test_whoever_failed_to_pay_can_pay_again(running_shop: RunningShop) -> None:
    ada = running_shop.visitor()
    session = running_shop.buy(ada)
    running_shop.simulator.expire(session)
    running_shop.wait()
    order = the_order()
    assert (order.state, shelf()) == (OrderState.EXPIRED, (40, 0))
    again = ada.post(f"/orders/{order.token}/pay")
    assert again.status == 303
    second = again.location.rpartition("/")[2]
    assert second != session
    assert shelf() == (40, 1)
    settlement.settle(session)  # old news
    assert the_order().state is OrderState.PLACED
    running_shop.simulator.pay(second)
    running_shop.wait()
    assert the_order().state is OrderState.PAID
    assert shelf() == (39, 0)
    assert ada.post(f"/orders/{order.token}/pay").location == f"/orders/{order.token}"


def test_news_of_expiry_after_the_payment_changes_nothing(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    running_shop.wait()
    checkout.sweep()
    assert not orders.close(the_order(), OrderState.EXPIRED, by="a late event", why="")
    assert the_order().state is OrderState.PAID
    assert shelf() == (39, 0)


def test_a_success_after_the_release_takes_what_is_left(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    orders.close(the_order(), OrderState.EXPIRED, by="a wrong clock", why="")
    assert shelf() == (40, 0)
    running_shop.simulator.resume()
    running_shop.wait()
    assert the_order().state is OrderState.PAID
    assert shelf() == (39, 0)
    assert alerts() == []


def test_a_success_after_the_last_one_went_to_others_alerts_staff(
    running_shop: RunningShop,
) -> None:
    running_shop.simulator.pause()
    leave_on_shelf(1)
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    orders.close(the_order(), OrderState.EXPIRED, by="a wrong clock", why="")
    running_shop.buy(email="ben@example.com")
    running_shop.simulator.resume()
    running_shop.wait()
    assert [order.state for order in every_order()] == [OrderState.PAID, OrderState.PLACED]
    assert alerts() == ["oversold"]
    assert shelf() == (1, 1)


def test_numbers_have_no_gaps_whoever_gives_up(running_shop: RunningShop) -> None:
    sessions = [running_shop.buy() for _ in range(6)]
    for session in sessions[::2]:
        running_shop.simulator.expire(session)
    paid = sessions[1::2]
    at_once(len(paid), lambda each: running_shop.simulator.pay(paid[each]))
    running_shop.wait()
    numbers = sorted(order.number for order in every_order() if order.number)
    assert numbers == ["QL-1001", "QL-1002", "QL-1003"]
