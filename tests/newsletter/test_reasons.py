"""Why a person got a letter, or did not."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

import shop.samples
from core import db, settings
from core.mail import fates, queue, stops
from core.mail.models import Cause
from newsletter import (
    dispatch,
    enrolments,
    newsletters,
    reasons,
    segments,
    sequences,
    subscribers,
    versions,
    walks,
)
from newsletter.conditions import CameFrom, Match, Rule, Tagged, Term
from newsletter.models import Newsletter, Sequence, Subscriber
from newsletter.steps import Branch, End, Mail
from newsletter.tick import tick
from shop.models import OrderState
from tests import samples
from tests.newsletter.conftest import Join
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STEPS = [
    Mail(subject="One", preheader="", body="Hello", delay_days=0),
    Mail(subject="Two", preheader="", body="Hello", delay_days=3),
    Mail(subject="Three", preheader="", body="Hello", delay_days=3),
]


@pytest.fixture
def welcome(app: Flask) -> Sequence:
    sequences.publish("welcome", "Welcome", STEPS, trigger="confirmed")
    return the_welcome()


def the_welcome() -> Sequence:
    with db.reading() as session:
        return session.scalars(select(Sequence)).one()


def named(name: str) -> Sequence:
    with db.reading() as session:
        return session.scalars(select(Sequence).where(Sequence.name == name)).one()


def never(person: Subscriber, name: str) -> str:
    (said,) = told(person, named(name))
    begun, _, why = said.partition("They never began it: ")
    assert begun == ""
    return why


def told(person: Subscriber, sequence: Sequence) -> list[str]:
    return [reason.sentence for reason in reasons.of_sequence(person, sequence)]


def test_each_letter_of_a_walk_says_what_became_of_it(welcome: Sequence, join: Join) -> None:
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        tick()
        written, next_one, later = told(ada, welcome)
        assert written == "It is written, and goes out at the next turn of a worker."
        assert next_one.startswith("It comes on March 5, 2026, at 9:00, by their own clock.")
        assert later.endswith(
            "other letters are before it, the next one on March 5, 2026, at 9:00."
        )
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        assert told(ada, welcome)[0] == "It went out: the mail server took it on March 2, 2026."
        rows = reasons.of_sequence(ada, welcome)[0].facts
        assert [row.what for row in rows] == ["Written into the ledger", "Accepted"]
        subscribers.unsubscribe(ada.public_id, method="button")
        assert told(ada, welcome)[1] == "It did not come: they had unsubscribed before it was due."


def test_an_offer_that_a_buyer_will_not_get_says_so(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    offer = Mail(subject="The tool", body="Hello", delay_days=3, offer=True)
    sequences.publish("welcome", "Welcome", [STEPS[0], offer], trigger="confirmed")
    ada = join(ADA)
    tick()
    assert told(ada, the_welcome())[1].startswith("It comes on ")
    order_of("ada", 901)
    assert told(ada, the_welcome())[1] == "It does not come: it asks to buy, and they have bought."


def test_a_letter_that_a_branch_led_past_says_what_was_asked(app: Flask, join: Join) -> None:
    asked = Rule((Term(Tagged("runner")), Term(CameFrom("checkout"))), Match.ANY)
    mail = Mail(subject="For them", body="Hello")
    sequences.publish("welcome", "Welcome", [Branch(rule=asked, otherwise=2), mail, End()])
    sequence, ada, ben = the_welcome(), join(ADA), join("ben@example.com")
    segments.tag(ben.id, "runner")
    for reader in (ada, ben):
        enrolments.enrol("welcome", reader.id)
    for _ in range(3):
        tick()
    asked_for = "“Has the tag runner; or signed up through checkout”"
    assert told(ada, sequence) == [
        f"It did not come: at step 1 they did not meet {asked_for}, and their way led past it."
    ]
    assert told(ben, sequence) == ["It is written, and goes out at the next turn of a worker."]


def test_whoever_was_moved_to_another_version_is_told_of_what_they_had(
    app: Flask, join: Join
) -> None:
    one, old, new = (Mail(subject=each, body="Hello") for each in ("One", "Old", "New"))
    sequences.publish("welcome", "Welcome", [one, old, STEPS[2]], trigger="confirmed")
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        tick()
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        sequences.publish("welcome", "Welcome", [one, new, STEPS[2]])
        versions.move(the_welcome().id)
        went = "It went out: the mail server took it on March 2, 2026."
        passed = "It did not come: they came to this version from an earlier one, at a later step."
        comes = "It comes on March 5, 2026, at 9:00, by their own clock."
        assert told(ada, the_welcome()) == [went, passed, comes]
        facts = [each.what for each in reasons.of_sequence(ada, the_welcome())[2].facts]
        assert facts[-3:] == [
            "Letter written: One",
            "Letter written: Old",
            "Moved from version 1 to 2",
        ]


def test_a_letter_that_a_purchase_called_off_says_so(welcome: Sequence, join: Join) -> None:
    ada = join(ADA)
    tick()
    walks.leave([ada.id], "bought")
    assert told(ada, welcome)[0] == "It did not go: they had bought."


def test_a_stop_of_all_mail_is_named_as_the_cause(welcome: Sequence, join: Join) -> None:
    ada = join(ADA)
    tick()
    stops.stop(Cause.HOLD, "restored from a backup")
    assert told(ada, welcome)[0] == "It waits: mail is stopped (restored from a backup)."


def test_whoever_never_began_is_told_why(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        machine.shift(timedelta(days=1))
        sequences.publish("welcome", "Welcome", STEPS, trigger="confirmed")
        assert told(ada, named("welcome")) == [
            "They never began it: they were on the list before the sequence existed."
        ]
        sequences.publish("by-hand", "By hand", STEPS)
        sequences.publish("vip", "VIP", STEPS, trigger="tagged", trigger_value="vip")
        sequences.publish("day", "A day", STEPS, trigger="date", trigger_value="2026-03-06")
        sequences.publish("back", "Back", STEPS, trigger="inactive", trigger_value="90")
        sequences.publish("here", "Here", STEPS, trigger="delivered")
        assert never(ada, "by-hand") == "it begins by hand alone, and nobody let them begin."
        assert never(ada, "vip") == "they do not have the tag “vip”."
        assert never(ada, "day") == "its day, March 6, 2026, has not come for them yet."
        assert never(ada, "back") == "it is for buyers, and they have bought nothing."
        assert never(ada, "here").startswith("it begins when an order has arrived, and that has")
        segments.tag(ada.id, "vip", quietly=True)
        assert never(ada, "vip").startswith("they got the tag “vip” before it was switched on")
        machine.shift(timedelta(days=5))
        sequences.switch(named("day").id, active=False)
        assert never(ada, "day") == (
            "it was switched off on its day, March 6, 2026; now it is switched off."
        )
        sequences.switch(named("welcome").id, active=False)
        ben = join("ben@example.com")
        assert "not switched on when they joined" in told(ben, named("welcome"))[0]
        assert (
            never(ben, "day")
            == "its day was March 6, 2026, before they joined; now it is switched off."
        )


def test_whoever_left_a_payment_without_a_yes_to_reminders_began_nothing(
    app: Flask, join: Join
) -> None:
    samples.fill(shop.samples)
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        sequences.publish("left", "Left", STEPS, trigger="abandoned")
        assert never(ada, "left").startswith("it begins when somebody leaves the payment page")
        order_of("ada", 902, OrderState.EXPIRED)
        assert never(ada, "left") == (
            "they left the payment page on March 2, 2026, but had not agreed to be reminded."
        )


def test_an_issue_says_why_it_passed_somebody_by(app: Flask, join: Join) -> None:
    settings.change(postal_address="1 Example Street, Exampleville")
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        issue = newsletters.draft("An issue", "Some words.", preheader="p" * 50)
        assert reasons.of_issue(ada, newsletters.find(issue)).sentence.endswith("anybody yet.")
        dispatch.freeze(issue)
        machine.shift(timedelta(days=1))
        ben = join("ben@example.com")
        frozen: Newsletter = newsletters.find(issue)
        assert "not on the list yet" in reasons.of_issue(ben, frozen).sentence
        assert "goes out at the next turn" in reasons.of_issue(ada, frozen).sentence
