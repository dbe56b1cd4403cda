"""Money that an order did not ask for is seen by staff, counts nowhere, and goes back once."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from core import db
from core import settings as store
from shop import orders, payments, reconciler, refunds, settlement, strays
from shop.models import Order, OrderState, StrayPayment, StrayState
from tests.shop.running import RunningShop, alerts, at_once, moved, the_order

pytestmark = pytest.mark.one_database


@pytest.fixture
def twice(running_shop: RunningShop) -> RunningShop:
    """Ada left the page, took it up twice, and paid twice."""
    store.change(checkout_reminders=True)
    left = running_shop.buy()
    running_shop.simulator.expire(left)
    running_shop.wait()
    for session in [str(running_shop.simulator.recover(left)["id"]) for _ in range(2)]:
        assert running_shop.simulator.pay(session).status == "paid"
        running_shop.wait()
    return running_shop


def the_stray() -> StrayPayment:
    (stray,) = strays.of_order(the_order().id)
    return stray


def happened() -> list[str]:
    return [each.what for each in orders.get(the_order().id).timeline]


def returned(shop: RunningShop) -> list[int]:
    """What went back at Stripe."""
    return [each["amount"] for each in shop.simulator.store.select("refund")]


def test_a_second_payment_is_seen_and_counts_nowhere(twice: RunningShop, fay: FlaskClient) -> None:
    stray = the_stray()
    assert (stray.amount, stray.currency, stray.state) == (9600, "USD", StrayState.KEPT)
    assert (the_order().total_amount, the_order().refunded_amount, moved()) == (9600, 0, 39)
    assert stray.payment_intent != the_order().payment_intent
    assert stray.problem == "Another payment page of this order was paid before."
    assert happened().count("another payment came") == 1
    assert alerts() == ["mismatch"]
    page = fay.get(f"/staff/orders/{the_order().id}").text
    assert "Paid once more." in page
    assert "Give $96.00 back" in page
    assert reconciler.reconcile()["unmatched"] == 2
    money = fay.get("/staff/money").text
    assert "Money that no order asked for" in money
    assert "Give $96.00 back" in money
    assert happened().count("another payment came") == 1


def test_staff_give_it_back_with_one_deed(twice: RunningShop, fay: FlaskClient) -> None:
    stray, order = the_stray(), the_order()
    deed = f"/staff/orders/{order.id}/strays/{stray.id}/give-back"
    assert fay.post(deed).location == f"/staff/orders/{order.id}"
    twice.wait()
    assert returned(twice) == [9600]
    assert the_stray().state is StrayState.RETURNED
    assert "$96.00 go back to the customer." in fay.get(f"/staff/orders/{order.id}").text
    assert happened()[-2:] == ["return of another payment requested", "another payment returned"]
    assert (the_order().state, the_order().refunded_amount) == (OrderState.PAID, 0)
    page = fay.get(f"/staff/orders/{order.id}").text
    assert "Given back by fay@shop.example." in page
    assert "Money that no order asked for" not in fay.get("/staff/money").text
    assert reconciler.reconcile()["unmatched"] == 0
    settlement.settle(stray.session_id)
    fay.post(deed)
    assert "It went back already" in fay.get(f"/staff/orders/{order.id}").text
    assert returned(twice) == [9600]
    assert refunds.refund(order.id, by="Fay").amount == 9600, "the first is still to be had"


def test_two_of_staff_at_once_give_it_back_once(twice: RunningShop) -> None:
    stray, order = the_stray(), the_order()

    def give(number: int) -> bool:
        with twice.app.app_context():
            try:
                strays.give_back(order.id, stray.id, by=f"staff {number}")
            except orders.NotPossible:
                return False
        return True

    assert sorted(at_once(3, give)) == [False, False, True]
    assert returned(twice) == [9600]


def test_an_answer_that_is_lost_is_asked_for_again_and_given_back_once(
    twice: RunningShop,
) -> None:
    twice.simulator.pause()
    twice.simulator.fail_next(3)
    with pytest.raises(payments.Unavailable):
        strays.give_back(the_order().id, the_stray().id, by="Fay")
    assert the_stray().state is StrayState.REQUESTED
    with pytest.raises(orders.NotPossible):
        strays.give_back(the_order().id, the_stray().id, by="Fay")
    reconciler.reconcile()
    assert the_stray().state is StrayState.RETURNED
    assert returned(twice) == [9600]


def test_what_was_given_back_in_stripes_dashboard_is_known_here(twice: RunningShop) -> None:
    charges = twice.simulator.store.select("charge")
    mine = next(
        each for each in charges if each["payment_intent"] == the_stray().payment_intent
    )  # fmt: skip
    twice.simulator.refund(mine["id"])
    twice.wait()
    assert (the_stray().state, the_stray().who) == (StrayState.RETURNED, "Stripe")
    assert the_order().refunded_amount == 0


def test_what_did_not_reach_the_customer_is_told_and_can_be_tried_again(
    twice: RunningShop,
) -> None:
    strays.give_back(the_order().id, the_stray().id, by="Fay")
    twice.wait()
    twice.simulator.fail_refund(str(the_stray().stripe_id))
    twice.wait()
    assert the_stray().state is StrayState.FAILED
    assert "refund_failed" in alerts()
    assert [stray.id for stray, _ in strays.waiting()] == [the_stray().id]


def test_a_payment_that_does_not_fit_can_be_given_back(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(shipping_amount=0))
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert the_order().state is OrderState.PLACED
    assert "shipping: 0 here, 700 there" in the_stray().problem
    strays.give_back(the_order().id, the_stray().id, by="Fay")
    running_shop.wait()
    assert returned(running_shop) == [9600]
    assert the_stray().state is StrayState.RETURNED
