"""Whoever left the payment page, and agreed to it, is reminded once: never of what they bought."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import clock, db, settings
from core.mail import ledger, queue
from core.mail import letters as kinds
from core.mail.letters import Wait
from core.mail.models import Delivery, State, Stream
from newsletter.models import Subscriber
from shop import checkout, consents, matching, payments, prices, refunds, refusals, reminders
from shop.checkout import Purchase
from shop.matching import Told
from shop.models import Matter, OrderState, Verdict
from tests.shop.running import (
    SKU,
    RunningShop,
    alerts,
    every_order,
    leave_on_shelf,
    letters,
    moved,
    shelf,
    the_order,
)

ADA = "ada@example.com"


@pytest.fixture
def shop(running_shop: RunningShop) -> RunningShop:
    """A shop that reminds."""
    settings.change(checkout_reminders=True)
    return running_shop


def leave(shop: RunningShop, email: str = ADA, **form: str) -> str:
    """Somebody goes to the payment page, agrees to be reminded, and leaves; the Session."""
    visitor = shop.visitor()
    visitor.post("/cart/items", sku=SKU, quantity=1)
    reply = visitor.post("/checkout", **{"country": "US", "email": email, "remind": "1"} | form)
    session = reply.location.rpartition("/")[2]
    shop.simulator.expire(session)
    shop.wait()
    return session


def recover(shop: RunningShop, session: str) -> str:
    return str(shop.simulator.recover(session)["id"])


def the_letter() -> Delivery:
    """The only reminder in the ledger."""
    with db.reading() as session:
        return session.scalars(
            select(Delivery).where(Delivery.letter == reminders.REMINDER),
            execution_options={"populate_existing": True},
        ).one()


def verdict() -> object:
    """What the last look says of it."""
    with db.transaction():
        letter = the_letter()
        return kinds.look(reminders.REMINDER, [letter]).get(letter.id)


def test_a_page_that_was_left_is_reminded_of_once(shop: RunningShop) -> None:
    session = leave(shop)
    event = shop.simulator.events("checkout.session.expired")[0]["id"]
    shop.simulator.redeliver(event, times=3)
    assert letters() == [(reminders.REMINDER, ADA)]
    letter = the_letter()
    assert letter.due_at > clock.now() + timedelta(minutes=55)
    assert verdict() is None
    with db.reading():
        said = kinds.find(letter.letter).compose(letter)
    link = f"{shop.simulator.base_url}/r/{session}"
    for part in (said.html, said.text):
        assert link in part
        assert "$96.00" in part
    assert refusals.url(the_order()) in said.headers["List-Unsubscribe"]


@pytest.mark.one_database
def test_nobody_is_reminded_who_did_not_agree(shop: RunningShop) -> None:
    shop.simulator.expire(shop.buy())
    shop.wait()
    assert letters() == []
    settings.change(checkout_reminders=False)
    leave(shop)
    assert letters() == []
    assert consents.find(every_order()[-1].id, Matter.REMINDER) is None


@pytest.mark.one_database
def test_stripe_s_own_box_counts_with_the_address_given_there(shop: RunningShop) -> None:
    settings.change(promotions_at_checkout=True)
    session = shop.buy(email="")
    shop.simulator.leave(session, {"email": "Ben@example.com", "promotions": "yes"})
    shop.simulator.expire(session)
    shop.wait()
    assert letters() == [(reminders.REMINDER, "ben@example.com")]
    agreed = consents.find(the_order().id, Matter.REMINDER)
    assert agreed is not None
    assert agreed.place == "Stripe's payment page"
    with db.reading() as read:
        assert read.scalars(select(Subscriber)).all() == []


@pytest.mark.one_database
def test_the_box_asks_for_an_address_and_loses_nothing(shop: RunningShop) -> None:
    ada = shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    assert consents.REMINDER.text in ada.get("/cart").text
    answer = ada.post("/checkout", country="US", remind="1", email="", note="Ring twice.")
    assert answer.status == 400
    assert "so that we can remind you" in answer.text
    assert 'name="remind" value="1" checked' in answer.text
    assert "Ring twice." in answer.text


def test_a_page_that_was_taken_up_again_settles_its_order(shop: RunningShop) -> None:
    first = recover(shop, leave(shop))
    assert matching_of(first) is Verdict.MATCHED
    shop.simulator.expire(first)
    shop.wait()
    second = recover(shop, first)
    shop.simulator.pay(second)
    shop.wait()
    order = the_order()
    assert (order.state, order.session_id, order.number) == (OrderState.PAID, second, "QL-1001")
    assert shelf() == (39, 0)
    assert the_letter().state is State.EXCLUDED
    assert alerts() == []
    page = shop.visitor().get(f"/checkout/complete?session_id={second}")
    assert page.location == f"/orders/{order.token}"


def matching_of(session_id: str) -> Verdict:
    told = Told(since=clock.now() - timedelta(days=1), sessions=[payments.read_session(session_id)])
    return matching.compare(told)[0].verdict


@pytest.mark.one_database
def test_the_return_page_settles_what_no_webhook_told_of(shop: RunningShop) -> None:
    again = recover(shop, leave(shop))
    shop.simulator.webhook_url = ""
    shop.simulator.pay(again)
    page = shop.visitor().get(f"/checkout/complete?session_id={again}")
    assert page.location == f"/orders/{the_order().token}"
    assert the_order().state is OrderState.PAID
    assert shop.visitor().get("/checkout/complete?session_id=cs_test_nobody").status == 404


@pytest.mark.one_database
def test_a_refund_of_what_nobody_told_of_finds_the_order(shop: RunningShop) -> None:
    again = recover(shop, leave(shop))
    shop.simulator.webhook_url = ""
    shop.simulator.pay(again)
    charge = shop.simulator.store.select("charge")[0]["id"]
    refund = shop.simulator.refund(charge, 1000)["id"]
    assert refunds.mirror(payments.read_refund(refund))
    assert (the_order().state, the_order().session_id) == (OrderState.PARTLY_REFUNDED, again)


@pytest.mark.one_database
def test_whoever_takes_it_up_twice_and_pays_twice_is_seen_by_staff(shop: RunningShop) -> None:
    session = leave(shop)
    one, two = recover(shop, session), recover(shop, session)
    for each in (one, two):
        shop.simulator.pay(each)
        shop.wait()
    assert the_order().session_id == one
    assert alerts() == ["mismatch"]
    assert moved() == 39


@pytest.mark.one_database
def test_a_bank_debit_holds_the_goods_again(shop: RunningShop) -> None:
    again = recover(shop, leave(shop))
    shop.simulator.pay(again, {"method": "debit"})
    shop.wait()
    assert the_order().state is OrderState.AWAITING_PAYMENT
    assert shelf() == (40, 1)
    assert the_letter().state is State.EXCLUDED


def test_goods_that_went_meanwhile_are_not_offered_and_staff_hear_of_a_payment(
    shop: RunningShop,
) -> None:
    again = recover(shop, leave(shop))
    leave_on_shelf(0)
    assert verdict() == "the goods are gone"
    shop.simulator.pay(again)
    shop.wait()
    assert the_order().state is OrderState.PAID
    assert alerts() == ["oversold"]
    assert shelf() == (0, 0)


def test_no_letter_leaves_after_a_purchase_however_close_they_come(
    shop: RunningShop, app: Flask
) -> None:
    """A worker holds the letter, printed, while its reader pays in another browser."""
    leave(shop)
    with time_machine.travel(clock.now() + reminders.PATIENCE * 2):
        claimed = queue.claim("worker", 10, [Stream.MARKETING])
    assert [each.letter for each in claimed] == [reminders.REMINDER]
    shop.simulator.pay(shop.buy(email=ADA))
    shop.wait()
    assert queue.begin({claimed[0]: "You left before paying"}) == []
    assert (the_letter().state, the_letter().reason) == (State.EXCLUDED, "bought since")


@pytest.mark.one_database
def test_the_last_look_asks_what_became_of_them(shop: RunningShop) -> None:
    leave(shop)
    shop.buy(email=ADA)
    waits = verdict()
    assert isinstance(waits, Wait)
    assert waits.reason == "they are on the payment page again"
    other = every_order()[-1]
    shop.simulator.expire(str(other.session_id))
    shop.wait()
    assert verdict() is None
    shop.simulator.fail_next(3, "refuse")
    with pytest.raises(payments.Unavailable):
        checkout.begin(Purchase(lines={SKU: 1}, country="US", cart="x", email=ADA))
    assert verdict() == "their payment failed since"


@pytest.mark.one_database
def test_the_last_look_asks_what_is_true_now(shop: RunningShop) -> None:
    leave(shop)
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert verdict() == "the link has ended"
    prices.set_price(SKU, 9900, "USD")
    assert verdict() == "the price is another now"
    refusals.refuse(ADA)
    assert verdict() == "wants no such letters"
    settings.change(checkout_reminders=False)
    assert verdict() == "reminders are off"


@pytest.mark.one_database
def test_a_second_cart_in_a_month_brings_no_second_letter(shop: RunningShop) -> None:
    leave(shop)
    with db.transaction() as session:
        session.get_one(Delivery, the_letter().id).state = State.ACCEPTED
    leave(shop)
    with db.transaction() as session:
        second = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        assert kinds.look(reminders.REMINDER, [second])[second.id] == "reminded not long ago"
        assert ledger.call_off([second.key], "test") == 1
