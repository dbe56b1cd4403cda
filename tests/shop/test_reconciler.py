"""All that Stripe has is laid beside what is here: matched, repaired, unmatched, or foreign."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from core import db
from shop import payments, reconciler, refunds
from shop.models import BookEntry, Order, Payment, Reconciliation, Refund, Verdict
from tests.shop.running import RunningShop, the_order


def verdicts() -> dict[str, str]:
    """What the books say of the newest of each kind."""
    with db.reading() as session:
        rows = session.execute(select(BookEntry.kind, BookEntry.verdict).order_by(BookEntry.id))
        return {kind: verdict.value for kind, verdict in rows}


@pytest.fixture
def sold(running_shop: RunningShop) -> RunningShop:
    """A shop in which Ada has bought, told of by the webhook."""
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    return running_shop


def test_what_the_webhook_told_matches(sold: RunningShop) -> None:
    assert reconciler.reconcile()["unmatched"] == 0
    assert verdicts() == {"session": "matched", "charge": "matched"}


def test_a_payment_of_which_nobody_told_is_repaired_and_stays_so(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    assert reconciler.reconcile()["repaired"] == 2
    assert the_order().bought
    assert reconciler.reconcile()["repaired"] == 0
    assert verdicts() == {"session": "repaired", "charge": "repaired"}


def test_a_refund_made_in_stripes_dashboard_is_repaired(sold: RunningShop) -> None:
    sold.simulator.pause()
    with payments._speaking() as client:
        client.v1.refunds.create(
            {"payment_intent": the_order().payment_intent or "", "amount": 500}
        )
    assert reconciler.reconcile()["repaired"] == 1
    assert verdicts()["refund"] == "repaired"
    assert the_order().refunded_amount == 500


def test_another_programs_money_is_foreign_and_no_error(sold: RunningShop) -> None:
    with payments._speaking() as client:
        client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://elsewhere.example",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "usd",
                            "unit_amount": 100,
                            "product_data": {"name": "Another program's"},
                        },
                    }
                ],
            }
        )
    found = reconciler.reconcile()
    assert (found["foreign"], found["unmatched"]) == (1, 0)


def test_a_payment_that_stripe_does_not_have_is_unmatched(sold: RunningShop) -> None:
    with db.transaction():
        db.changed(update(Payment).values(session_id="cs_lost"))
    found = reconciler.reconcile()
    assert found["unmatched"] >= 1
    with db.reading() as session:
        lost = session.scalars(select(BookEntry).where(BookEntry.key == "cs_lost")).one()
    assert (lost.verdict, lost.there) == (Verdict.UNMATCHED, "no session")


def test_a_sum_that_differs_is_unmatched_until_it_is_put_right(sold: RunningShop) -> None:
    set_amount = _amounts()
    set_amount(1)
    assert reconciler.reconcile()["unmatched"] == 2
    with db.reading() as session:
        problems = set(session.scalars(select(BookEntry.problem)))
    assert problems == {"$96.00 at Stripe, and $0.01 here."}
    set_amount(9600)
    assert reconciler.reconcile()["unmatched"] == 0


def test_a_paid_session_whose_order_is_gone_is_unmatched(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    with db.transaction():
        db.changed(update(Order).values(token="another", session_id=None))
    found = reconciler.reconcile()
    assert found["unmatched"] == 2
    assert found["unknown_payments"] == 1


def test_a_refund_that_was_only_asked_for_is_asked_again(sold: RunningShop) -> None:
    sold.simulator.fail_next(3)
    with pytest.raises(payments.Unavailable):
        refunds.refund(the_order().id, 700, by="Fay")
    sold.simulator.pause()
    assert reconciler.reconcile()["refunds_made"] == 1
    with db.reading() as session:
        assert session.scalars(select(Refund.status)).one() == "succeeded"
    assert verdicts()["refund"] == "matched"


def test_nothing_is_kept_of_a_run_that_stripe_cut_short(sold: RunningShop) -> None:
    sold.simulator.fail_next(3)
    with pytest.raises(payments.Unavailable):
        reconciler.reconcile()
    with db.reading() as session:
        (run,) = session.scalars(select(Reconciliation)).all()
    assert run.problem
    assert verdicts() == {}


def test_a_row_that_came_back_to_life_leaves_no_stale_line(sold: RunningShop) -> None:
    with db.transaction():
        db.changed(delete(Payment))
    assert reconciler.reconcile()["unmatched"] >= 1
    with db.transaction() as session:
        order = the_order()
        session.add(
            Payment(
                order_id=order.id,
                session_id=order.session_id or "",
                payment_intent=order.payment_intent,
                amount=9600,
                currency="USD",
                at=order.placed_at,
            )
        )
    assert reconciler.reconcile()["unmatched"] == 0


def _amounts() -> Callable[[int], None]:
    def change(amount: int) -> None:
        with db.transaction():
            db.changed(update(Payment).values(amount=amount))

    return change
