"""Money that an order did not ask for is seen by staff, counts nowhere, and goes back once."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from core import db
from core import settings as store
from shop import books, disputes, orders, payments, reconciler, refunds, settlement, strays
from shop.models import Dispute, Order, OrderState, StrayPayment, StrayState, Verdict
from staff import evidence
from tests.shop.running import RunningShop, alerts, at_once, letters, moved, the_order

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


def bank_asks(shop: RunningShop) -> Dispute:
    """Ada's bank asks for her second payment, and we hear of it."""
    intent = shop.simulator.store.get(the_stray().payment_intent or "")
    shop.simulator.dispute(str(intent["latest_charge"]), "duplicate")
    shop.wait()
    (dispute,) = disputes.of_order(the_order().id)
    return dispute


def evidence_of_stray() -> dict[str, str]:
    (section,) = [
        each
        for each in evidence.of(orders.get(the_order().id))
        if each.heading.startswith("Another payment")
    ]
    return dict(section.facts)


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
    assert "Given back by fay@shop.example, " in page
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


def test_the_customer_is_told_once_when_it_goes_back(twice: RunningShop) -> None:
    strays.give_back(the_order().id, the_stray().id, by="Fay")
    twice.wait()
    for event in twice.simulator.events("refund.created"):
        twice.simulator.redeliver(event["id"])
    told = [to for letter, to in letters() if letter == strays.RETURNED]
    assert told == [the_stray().email] == [the_order().email]
    assert the_stray().returned_at is not None


def test_a_payment_that_fits_no_order_is_told_to_who_paid_it(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(shipping_amount=0))
    running_shop.simulator.pay(session, {"email": "ben@example.com"})
    running_shop.wait()
    strays.give_back(the_order().id, the_stray().id, by="Fay")
    running_shop.wait()
    assert (strays.RETURNED, "ben@example.com") in letters()


def test_a_dispute_about_it_is_ours_and_stands_beside_its_order(
    twice: RunningShop, fay: FlaskClient
) -> None:
    dispute = bank_asks(twice)
    assert (dispute.stray_id, dispute.amount) == (the_stray().id, 9600)
    assert the_order().dispute is None, "the payment that counts is not disputed"
    assert the_stray().state is StrayState.DISPUTED
    assert disputes.OPENED in [letter for letter, _ in letters()]
    page = fay.get(f"/staff/orders/{the_order().id}").text
    assert "paid beside what this order asked for" in page
    assert "evidence.pdf" in page
    assert "Give $96.00 back" not in page
    assert "another payment than it asked for" in fay.get("/staff/orders/disputes").text
    assert evidence_of_stray()["Payment at Stripe"] == the_stray().payment_intent
    with pytest.raises(orders.NotPossible, match="with the bank"):
        strays.give_back(the_order().id, the_stray().id, by="Fay")
    assert refunds.refund(the_order().id, by="Fay").amount == 9600, "what counts can go back"


def test_what_the_bank_gave_back_needs_nobody(twice: RunningShop) -> None:
    twice.simulator.decide(bank_asks(twice).stripe_id, "lost")
    twice.wait()
    assert (the_stray().state, the_stray().who) == (StrayState.RETURNED, strays.BANK)
    assert the_order().dispute is None
    assert strays.waiting() == []
    assert strays.RETURNED not in [letter for letter, _ in letters()]


def test_what_the_bank_left_here_waits_for_staff_again(twice: RunningShop) -> None:
    twice.simulator.decide(bank_asks(twice).stripe_id, "won")
    twice.wait()
    assert the_stray().state is StrayState.KEPT
    assert [stray.id for stray, _ in strays.waiting()] == [the_stray().id]


def test_evidence_names_the_refund_that_was_before_the_dispute(twice: RunningShop) -> None:
    strays.give_back(the_order().id, the_stray().id, by="Fay")
    assert str(the_stray().stripe_id) in evidence_of_stray()["What became of it"]
    asked = Dispute(reason="duplicate", stray=the_stray())
    assert "went back before" in (disputes.helps(asked) or "")


def test_a_dispute_whose_event_was_lost_is_found(twice: RunningShop) -> None:
    twice.simulator.pause()
    bank_asks_unheard = twice.simulator.store.get(the_stray().payment_intent or "")
    twice.simulator.dispute(str(bank_asks_unheard["latest_charge"]))
    assert [reconciler.reconcile()["disputes"] for _ in range(2)] == [1, 0]
    with db.reading():
        (entry,) = books.find(kind="dispute").rows
    assert (entry.order_id, entry.verdict) == (the_order().id, Verdict.REPAIRED)
