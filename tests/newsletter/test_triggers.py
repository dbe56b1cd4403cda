"""What begins a sequence, what leads along it, and what ends it in the transaction of its cause."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

import shop.samples
from core import db, events, settings
from core.mail import letters, queue
from core.mail.models import Delivery, State
from newsletter import mailing, segments, sequences, steps, triggers, walks
from newsletter.conditions import Rule, Tagged, Term
from newsletter.events import PreferencesChanged
from newsletter.models import Enrolment, EnrolmentLog, Subscriber, Walk
from newsletter.steps import Branch, End, Goal, Late, Mail, Step, Tag
from newsletter.tick import tick
from shop.events import ArrivalTakenBack, BackInStock, CheckoutAbandoned, OrderDelivered
from tests import samples
from tests.newsletter.conftest import Join, mail_to, person
from tests.newsletter.test_purchases import pay
from tests.staff.test_orders import order_of

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
RUNNER = Rule((Term(Tagged("runner")),))


def mail(subject: str, days: int = 0, late: Late = Late.SEND) -> Mail:
    return Mail(subject=subject, body="Hello", delay_days=days, late=late)


def written_to(email: str) -> list[int]:
    return [row.payload["position"] for row in mail_to(email) if row.letter == mailing.STEP]


def walks_of(email: str) -> list[tuple[Walk, str | None]]:
    mine = select(Enrolment.state, Enrolment.reason).order_by(Enrolment.id)
    with db.reading() as session:
        rows = session.execute(mine.where(Enrolment.subscriber_id == person(email).id))
        return [(state, reason) for state, reason in rows]


def publish(trigger: str, *path: Step, value: str | None = None) -> int:
    return sequences.publish(trigger, trigger, path, trigger=trigger, trigger_value=value)


def buy(email: str, number: int) -> None:
    """Settle an order: its row and what is told of it are one transaction."""
    with db.transaction():
        order_of(email.partition("@")[0], number)
        pay(email, consent=False, order=number)


def abandoned(order: int, email: str) -> CheckoutAbandoned:
    url = "https://checkout.example/"
    return CheckoutAbandoned(order_id=order, cart=None, email=email, url=url, until=NOW)


def test_a_branch_parts_readers_by_a_condition(app: Flask, join: Join) -> None:
    publish(
        "confirmed",
        Branch(rule=RUNNER, otherwise=3),
        mail("For runners"),
        End(),
        mail("For all others"),
        Tag(tag="knows"),
    )
    ada, ben = join(ADA), join("ben@example.com")
    segments.tag(ada.id, "runner")
    tick()
    assert (written_to(ADA), written_to("ben@example.com")) == ([1], [3])
    assert walks_of(ADA) == walks_of("ben@example.com") == [(Walk.DONE, None)]
    publish("tagged", mail("You know"), value="knows")
    segments.tag(ada.id, "knows")
    segments.tag(ben.id, "knows")
    tick()
    assert (len(walks_of(ADA)), len(walks_of("ben@example.com"))) == (2, 1)


def test_a_goal_skips_what_lies_before_it_and_what_waits_of_it(app: Flask, join: Join) -> None:
    publish("confirmed", mail("One"), mail("Two", 3), Goal(rule=RUNNER), mail("After"))
    ada = join(ADA)
    tick()
    segments.tag(ada.id, "runner")
    assert [(row.state, row.reason) for row in mail_to(ADA)[1:]] == [(State.EXCLUDED, "goal")]
    tick()
    assert written_to(ADA) == [0, 3]
    assert walks_of(ADA) == [(Walk.DONE, None)]


@pytest.mark.parametrize(("late", "written"), [(Late.SEND, [0]), (Late.SKIP, [1]), (Late.WAIT, [])])
def test_an_outage_does_with_a_late_step_as_it_says(
    app: Flask, join: Join, late: Late, written: list[int]
) -> None:
    publish("confirmed", mail("News", late=late), mail("Later", 0 if late is Late.SKIP else 9))
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        machine.shift(timedelta(days=2))
        tick()
        assert written_to(ADA) == written
        machine.shift(timedelta(hours=23))
        tick()
        assert written_to(ADA)[:1] == (written or [0])


def test_what_comes_late_all_the_same_does_not_come_at_night(app: Flask, join: Join) -> None:
    publish("confirmed", mail("One"), mail("Two", 3))
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        tick()
        machine.move_to(datetime(2026, 3, 7, 8, tzinfo=UTC))
        tick()
        assert written_to(ADA) == [0], "it is three in the morning in New York"
        machine.move_to(datetime(2026, 3, 7, 14, tzinfo=UTC))
        tick()
        assert written_to(ADA) == [0, 1]


def test_the_shop_s_events_begin_what_is_for_them(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    order = order_of("Ada", 1001)
    for trigger, value in (
        ("bought", "ql-claw"),
        ("delivered", "NO-SUCH-SKU"),
        ("abandoned", None),
        ("restocked", "QL-CLAW"),
    ):
        publish(trigger, mail(trigger, 5), value=value)
    join(ADA)
    with db.transaction():
        events.tell(abandoned(order + 1, ADA))
        events.tell(OrderDelivered(order, ADA))
        events.tell(BackInStock(1, ADA, "QL-CLAW"))
    assert [state for state, _ in walks_of(ADA)] == [Walk.ACTIVE] * 2
    pay(ADA, consent=False, order=order)
    assert walks_of(ADA) == [(Walk.EXITED, "bought"), (Walk.ACTIVE, None), (Walk.ACTIVE, None)]


def test_an_arrival_taken_back_rests_what_it_began_until_the_next(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    publish("delivered", mail("The first evening", 1), mail("A week later", 7))
    order = order_of("Ada", 1001)
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        events.tell(OrderDelivered(order, ADA))
        events.tell(ArrivalTakenBack(order, ADA))
        assert walks_of(ADA) == [(Walk.EXITED, "not arrived")]
        machine.shift(timedelta(days=5))
        tick()
        assert written_to(ADA) == []
        events.tell(ArrivalTakenBack(order + 1, ADA))
        events.tell(OrderDelivered(order, ADA))
        assert walks_of(ADA) == [(Walk.ACTIVE, None)]
        tick()
        assert written_to(ADA) == [], "a day counts from the real arrival"
        machine.shift(timedelta(days=2))
        tick()
        assert written_to(ADA) == [0]


def test_a_day_begins_in_each_reader_s_zone(app: Flask, join: Join) -> None:
    publish("date", mail("Today"), value="2026-03-03")
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        ben = join("ben@example.com")
        with db.transaction() as session:
            session.get_one(Subscriber, ben.id).timezone = "Asia/Tokyo"
        assert triggers.begin_due() == 1
        machine.move_to(datetime(2026, 3, 3, 6, tzinfo=UTC))
        assert triggers.begin_due() == 1
        assert triggers.begin_due() == 0


def test_a_buyer_s_silence_begins_once(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    publish("inactive", mail("It has been a while"), value="100")
    order_of("Ada", 1001)
    join(ADA)
    assert triggers.begin_due() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(days=101)):
        assert [triggers.begin_due(), triggers.begin_due()] == [1, 0]


def test_an_offer_is_not_for_whoever_has_bought(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    offer = Mail(subject="About the tool", body="Hello", delay_days=3, offer=True)
    with time_machine.travel(NOW, tick=False) as machine:
        publish("confirmed", mail("Welcome"), offer, mail("And then", 3))
        for email in (ADA, "ben@example.com", "chloe@example.com"):
            join(email)
        tick()
        buy(ADA, 901)
        machine.shift(timedelta(days=4))
        tick()
        buy("ben@example.com", 902)
        fates = {
            email: mail_to(email)[-1].reason for email in ("ben@example.com", "chloe@example.com")
        }
        assert fates == {"ben@example.com": "bought", "chloe@example.com": None}
        waits = [mail_to(email)[-1] for email in (ADA, "chloe@example.com")]
        with db.reading():
            assert letters.look(mailing.STEP, waits) == {waits[0].id: "bought"}
        machine.shift(timedelta(days=4))
        tick()
        assert written_to(ADA) == [0, 1, 2]


@pytest.mark.parametrize("trigger", ["abandoned", "confirmed"])
def test_once_a_payment_has_committed_no_sales_letter_begins(
    app: Flask, join: Join, trigger: str
) -> None:
    """Payment and workers race; whoever wins, nothing of the sequence begins afterwards."""
    samples.fill(shop.samples)
    offers = [Mail(subject=f"Your cart {n}", body="Hello", offer=True) for n in range(6)]
    publish(trigger, *(offers if trigger == "confirmed" else map(mail, "abcdef")))
    people = [join(f"reader{number}@example.com").email for number in range(6)]
    for number, email in enumerate(people):
        with db.transaction():
            events.tell(abandoned(number, email))

    def work() -> None:
        with app.app_context():
            tick()
            queue.begin(dict.fromkeys(queue.claim("worker", 20), "x"))

    def settle(email: str) -> None:
        with app.app_context():
            buy(email, 900 + people.index(email))

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work), *(pool.submit(settle, email) for email in people)]:
            future.result()
    tick()
    with db.transaction() as session:
        left = session.scalars(select(Delivery).where(Delivery.letter == mailing.STEP)).all()
        waits = [row for row in left if row.state is State.PENDING]
        assert set(letters.look(mailing.STEP, waits).values()) <= {"bought"}
        assert len(letters.look(mailing.STEP, waits)) == len(waits)
    assert {row.state for row in left} <= {State.SENDING, State.EXCLUDED, State.PENDING}
    assert trigger == "confirmed" or not waits
    assert {walk for email in people for walk in walks_of(email)} <= {
        (Walk.EXITED, "bought"),
        (Walk.DONE, None),
    }


@pytest.mark.parametrize("days", ["", "0", "-3", "²", "soon", "9" * 30])
def test_a_silence_has_a_length_that_a_clock_can_count(days: str) -> None:
    with pytest.raises(triggers.BadTrigger, match="how many days"):
        triggers.examine("inactive", days)
    triggers.examine("inactive", "180")


def test_a_day_begins_once_for_each_reader_though_workers_race(app: Flask, join: Join) -> None:
    first = Mail(subject="Today", body="Hello", delay_days=1)
    sequences.publish("date", "A day", [first], trigger="date", trigger_value="2026-03-02")
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        people = [join(f"reader{number}@example.com") for number in range(40)]
    with db.transaction() as session:
        for number, person in enumerate(people):
            here = session.get_one(Subscriber, person.id)
            here.pace_days = 2 + number % 5
            here.timezone = ["America/New_York", "Europe/Berlin", "Africa/Lagos"][number % 3]
            here.paused_until = NOW + timedelta(days=30) if number % 7 == 0 else None

    def begin(_: int) -> object:
        with app.app_context():
            return triggers.begin_due()

    with time_machine.travel(NOW), ThreadPoolExecutor(4) as pool:
        assert {*pool.map(begin, range(4))} <= {0, 40}
    with db.reading() as session:
        walks = session.scalars(select(Enrolment)).all()
        log = session.scalars(select(EnrolmentLog.event)).all()
        readers = {each.id: each for each in session.scalars(select(Subscriber))}
    assert log == ["begun"] * 40
    assert all(w.due_at == steps.due(first, w.reached_at, readers[w.subscriber_id]) for w in walks)


@pytest.mark.parametrize(("reminders", "day"), [("off", 4), ("on", 5)])
def test_a_sequence_leaves_room_for_the_shop_s_own_reminder(
    app: Flask, join: Join, reminders: str, day: int
) -> None:
    settings.change(checkout_reminders=reminders == "on")
    publish("abandoned", mail("Before you decide", 2))
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        with db.transaction():
            events.tell(abandoned(1, ADA))
        due = walks.active(ada.id)[0].due_at
        assert due.date() == date(2026, 3, day)
        with db.transaction():
            events.tell(PreferencesChanged(ada.id))
        assert walks.active(ada.id)[0].due_at == due


def test_only_an_answer_to_what_its_reader_did_comes_without_a_distance(
    app: Flask, join: Join
) -> None:
    cart = publish("abandoned", mail("Your cart"))
    runner = publish("tagged", mail("For runners"), value="runner")
    welcome = publish("confirmed", mail("Welcome"))
    ada = join(ADA)
    with db.transaction():
        events.tell(abandoned(1, ADA))
    segments.tag(ada.id, "runner")
    tick()
    written = [row.payload for row in mail_to(ADA) if row.letter == mailing.STEP]
    asked = {each["version"]: each["asked_for"] for each in written}
    assert asked == {cart: False, runner: False, welcome: True}
