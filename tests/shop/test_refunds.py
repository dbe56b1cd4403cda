"""Money that goes back is mirrored from Stripe, whoever began it, and counted once."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core import db
from shop import orders, payments, reconciler, refunds
from shop.models import OrderState, Refund
from tests.shop.running import RunningShop, alerts, letters, shelf, the_order

OWNER = "owner@shop.example"


@pytest.fixture
def charge(running_shop: RunningShop) -> str:
    """The charge of an order that Ada paid."""
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    intent = running_shop.simulator.store.get(the_order().payment_intent or "")
    return str(intent["latest_charge"])


def rows() -> list[tuple[str | None, int, str]]:
    with db.reading() as session:
        found = session.execute(
            select(Refund.stripe_id, Refund.amount, Refund.status).order_by(Refund.id)
        )
        return [(name, amount, status) for name, amount, status in found]


def test_a_refund_made_in_the_dashboard_appears(running_shop: RunningShop, charge: str) -> None:
    made = running_shop.simulator.refund(charge, 2000)
    running_shop.wait()
    assert rows() == [(made["id"], 2000, "succeeded")]
    assert (the_order().state, the_order().refunded_amount) == (OrderState.PARTLY_REFUNDED, 2000)
    running_shop.simulator.refund(charge)
    running_shop.wait()
    assert (the_order().state, the_order().refunded_amount) == (OrderState.REFUNDED, 9600)
    assert [letter for letter, _ in letters()] == ["shop.receipt", "shop.refund", "shop.refund"]


def test_a_refund_made_in_the_dashboard_appears_without_any_webhook(
    running_shop: RunningShop, charge: str
) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.refund(charge)
    assert reconciler.reconcile()["refunds"] == 1
    assert the_order().state is OrderState.REFUNDED
    assert reconciler.reconcile()["refunds"] == 0


def test_staff_refund_part_and_then_the_rest(running_shop: RunningShop, charge: str) -> None:
    order = the_order()
    part = refunds.refund(order.id, 600, by=OWNER, why="late")
    assert (part.status, part.amount, part.who) == ("succeeded", 600, OWNER)
    rest = refunds.refund(order.id, by=OWNER, restock=True)
    running_shop.wait()
    assert rest.amount == 9000
    assert len(rows()) == 2
    assert the_order().state is OrderState.REFUNDED
    assert shelf() == (40, 0)
    assert [letter for letter, _ in letters()] == ["shop.receipt", "shop.refund", "shop.refund"]


def test_no_more_is_refunded_than_was_paid(running_shop: RunningShop, charge: str) -> None:
    order = the_order()
    for amount in (0, -1, 9601):
        with pytest.raises(orders.NotPossible):
            refunds.refund(order.id, amount, by=OWNER)
    refunds.refund(order.id, by=OWNER)
    with pytest.raises(orders.NotPossible):
        refunds.refund(order.id, 1, by=OWNER)


def test_a_refund_whose_answer_was_lost_is_made_once(
    running_shop: RunningShop, charge: str
) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.fail_next(3, "lost")
    with pytest.raises(payments.Unavailable):
        refunds.refund(the_order().id, 500, by=OWNER)
    assert the_order().state is OrderState.PAID
    assert reconciler.reconcile()["refunds_made"] == 1
    running_shop.simulator.resume()
    running_shop.wait()
    assert [(amount, status) for _, amount, status in rows()] == [(500, "succeeded")]
    assert the_order().refunded_amount == 500


def test_a_refund_that_comes_back_is_taken_off_again_and_staff_see_it(
    running_shop: RunningShop, charge: str
) -> None:
    made = running_shop.simulator.refund(charge)
    running_shop.wait()
    running_shop.simulator.fail_refund(made["id"])
    running_shop.wait()
    assert rows() == [(made["id"], 9600, "failed")]
    assert (the_order().state, the_order().refunded_amount) == (OrderState.PAID, 0)
    assert alerts() == ["refund_failed"]


def test_news_that_was_read_before_later_news_changes_nothing(
    running_shop: RunningShop, charge: str
) -> None:
    made = running_shop.simulator.refund(charge)
    running_shop.wait()
    now = payments.read_refund(made["id"])
    assert refunds.mirror(replace(now, status="pending"))
    assert rows() == [(made["id"], 9600, "succeeded")]


def test_a_refund_that_is_told_before_the_payment_finds_its_order(
    running_shop: RunningShop,
) -> None:
    simulator = running_shop.simulator
    simulator.pause()
    session = running_shop.buy()
    simulator.pay(session)
    intent = simulator.store.get(simulator.store.get(session)["payment_intent"])
    simulator.refund(intent["latest_charge"])
    told = simulator.events("refund.created")[0]["id"]
    assert simulator.redeliver(told) == [200]
    assert the_order().state is OrderState.REFUNDED
    simulator.resume()
    running_shop.wait()
    assert the_order().state is OrderState.REFUNDED
    assert len(rows()) == 1
