"""A dispute is mirrored from Stripe, and whoever answers it hears of it in time, once each time."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core import clock, db, settings
from core.mail import letters as kinds
from core.mail.models import Delivery
from shop import books, disputes, orders, reconciler, refunds
from shop.models import Dispute, Progress, Verdict
from shop.simulator.resources import disputes as at_stripe
from tests.shop.running import RunningShop, alerts, letters, shelf, the_order

SUPPORT = "help@shop.example"
DAY = timedelta(days=1)

# The verbs' SQL is tried on both where everything happens in any order: test_order_states.
pytestmark = pytest.mark.one_database


@pytest.fixture
def charge(running_shop: RunningShop) -> str:
    """The charge of an order that Ada paid."""
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    intent = running_shop.simulator.store.get(the_order().payment_intent or "")
    return str(intent["latest_charge"])


def dispute(shop: RunningShop, charge: str) -> Dispute:
    """The bank asks, and we hear of it."""
    shop.simulator.dispute(charge)
    shop.wait()
    return the_dispute()


def the_dispute() -> Dispute:
    with db.reading() as session:
        return session.scalars(select(Dispute), execution_options={"populate_existing": True}).one()


def answer(shop: RunningShop, stripe_id: str) -> None:
    """Somebody sends evidence, in Stripe's dashboard."""
    with shop.simulator.store.transaction():
        at_stripe.update(shop.simulator.store, {"evidence": {"uncategorized_text": "x"}}, stripe_id)


def to_staff() -> list[str]:
    """The letters about it, without what went to Ada."""
    return [letter for letter, to in letters() if to == SUPPORT]


def excluded(letter: str) -> list[str]:
    """Why its messages do not go, by the last look."""
    with db.reading() as session:
        mine = session.scalars(select(Delivery).where(Delivery.letter == letter)).all()
    return [str(why) for why in kinds.look(letter, mine).values()]


def remind_at(*moments: timedelta, before: Dispute) -> Sequence[str]:
    """What staff are told by turns at so long before its deadline."""
    assert before.due_by
    for moment in moments:
        with time_machine.travel(before.due_by - moment):
            disputes.remind()
    return to_staff()


def test_a_dispute_is_kept_and_told_when_it_comes_and_when_it_is_over(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    assert the_order().disputed_at is not None
    assert alerts() == ["dispute"]
    assert to_staff() == [disputes.OPENED]
    running_shop.simulator.decide(kept.stripe_id, "won")
    running_shop.wait()
    assert (the_dispute().status, the_dispute().amount) == ("won", 9600)
    assert to_staff() == [disputes.OPENED, disputes.ENDED]
    assert excluded(disputes.OPENED) == ["it is answered by now"]
    for event in running_shop.simulator.events("charge.dispute.created"):
        running_shop.simulator.redeliver(event["id"], times=2)
    reconciler.reconcile()
    assert to_staff() == [disputes.OPENED, disputes.ENDED]


def test_whom_the_settings_name_is_told_instead(running_shop: RunningShop, charge: str) -> None:
    settings.change(alerts_email="money@shop.example")
    dispute(running_shop, charge)
    assert letters()[-1] == (disputes.OPENED, "money@shop.example")


def test_an_inquiry_that_becomes_a_dispute_is_told_anew(
    running_shop: RunningShop, charge: str
) -> None:
    store = running_shop.simulator.store
    running_shop.simulator.pause()
    made = running_shop.simulator.dispute(charge)
    for status in ("warning_needs_response", "needs_response"):
        with store.transaction():
            store.save({**store.get(made["id"]), "status": status})
        reconciler.reconcile()
    assert to_staff() == [disputes.OPENED, disputes.OPENED]


def test_staff_are_reminded_three_days_and_one_day_before_and_no_more(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    assert remind_at(4 * DAY, before=kept) == [disputes.OPENED]
    assert remind_at(3 * DAY, 2.5 * DAY, 2 * DAY, before=kept) == [disputes.OPENED, disputes.DUE]
    told = remind_at(1 * DAY, 0.5 * DAY, -1 * DAY, before=kept)
    assert told == [disputes.OPENED, disputes.DUE, disputes.DUE]


def test_after_a_long_silence_one_reminder_goes_and_not_both(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    assert remind_at(0.5 * DAY, 0.2 * DAY, before=kept) == [disputes.OPENED, disputes.DUE]


def test_nobody_is_reminded_within_the_time_in_which_they_were_told(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    with db.transaction() as session:
        session.get_one(Dispute, kept.id).due_by = clock.now() + 2 * DAY
    disputes.remind()
    assert to_staff() == [disputes.OPENED]


def test_what_was_answered_at_stripe_is_no_reminder_even_where_no_event_came(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    running_shop.simulator.pause()
    answer(running_shop, kept.stripe_id)
    assert the_dispute().status == "needs_response"
    assert remind_at(2 * DAY, before=kept) == [disputes.OPENED]
    assert the_dispute().status == "under_review"


def test_without_stripe_staff_are_reminded_of_what_is_known(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    running_shop.simulator.fail_next(9, "error")
    assert remind_at(2 * DAY, before=kept) == [disputes.OPENED, disputes.DUE]


def test_an_early_warning_of_fraud_reaches_staff_unless_it_is_refunded(
    running_shop: RunningShop, charge: str
) -> None:
    running_shop.simulator.warn(charge)
    running_shop.wait()
    for event in running_shop.simulator.events("radar.early_fraud_warning.created"):
        running_shop.simulator.redeliver(event["id"])
    assert alerts() == ["fraud_warning"]
    assert to_staff() == [disputes.WARNED]
    assert excluded(disputes.WARNED) == []
    refunds.refund(the_order().id, by="fay@shop.example")
    assert excluded(disputes.WARNED) == ["it is refunded or disputed by now"]


def test_a_warning_whose_event_was_lost_is_found_and_told_once(
    running_shop: RunningShop, charge: str
) -> None:
    running_shop.simulator.pause()
    warning = running_shop.simulator.warn(charge)
    assert to_staff() == []
    assert [reconciler.reconcile()["warnings"] for _ in range(2)] == [1, 0]
    assert alerts() == ["fraud_warning"]
    assert to_staff() == [disputes.WARNED]
    with db.reading():
        (entry,) = books.find(kind="warning").rows
    assert (entry.key, entry.here, entry.verdict) == (warning["id"], "told", Verdict.REPAIRED)


def test_a_warning_that_a_refund_answered_before_it_was_found_needs_nobody(
    running_shop: RunningShop, charge: str
) -> None:
    running_shop.simulator.pause()
    refunds.refund(the_order().id, by="fay@shop.example")
    running_shop.simulator.warn(charge)
    assert reconciler.reconcile()["warnings"] == 0
    assert alerts() == []


def test_what_a_bank_has_taken_is_not_given_back_a_second_time(
    running_shop: RunningShop, charge: str
) -> None:
    kept = dispute(running_shop, charge)
    with pytest.raises(orders.NotPossible, match="accept the dispute"):
        refunds.refund(the_order().id, by="fay@shop.example")
    running_shop.simulator.decide(kept.stripe_id, "lost")
    running_shop.wait()
    assert refunds.cancel(the_order().id, by="fay@shop.example", why="lost") is None
    assert the_order().progress is Progress.CANCELLED
    assert shelf() == (40, 0)
    assert alerts() == ["dispute"]
