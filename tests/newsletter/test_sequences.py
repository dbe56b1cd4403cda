"""Sequences: when letters come, who gets them, and what ends them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, literal, select, update

from blog import samples as blog_samples
from blog.models import Post
from core import db, settings
from core.mail import fates, letters, queue
from core.mail.models import Delivery, State
from newsletter import (
    enrolments,
    links,
    mailing,
    paths,
    preferences,
    samples,
    sequences,
    steps,
    subscribers,
    upcoming,
    verdicts,
    walks,
)
from newsletter.models import (
    Enrolment,
    Sequence,
    SequenceVersion,
    Subscriber,
    Walk,
)
from newsletter.paths import Path
from newsletter.preferences import Preferences
from newsletter.steps import Mail
from newsletter.tick import tick
from newsletter.zones import by_day, local_day, morning
from shop import samples as shop_samples
from tests.newsletter.conftest import Crowd, Join, mail_to, person
from tests.staff.test_orders import order_of

ADA = "ada@example.com"
# A Monday, ten in the morning in New York.
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def step(subject: str, delay_days: int) -> Mail:
    return Mail(subject=subject, preheader="", body="Hello {{ name }},", delay_days=delay_days)


WELCOME = [step("One", 0), step("Two", 3), step("Three", 1)]


@pytest.fixture
def welcome(app: Flask) -> int:
    return sequences.publish("welcome", "Welcome", WELCOME, trigger="confirmed")


def steps_to(email: str) -> list[int]:
    return [row.payload["position"] for row in mail_to(email) if row.letter == mailing.STEP]


def walk_of(email: str) -> Enrolment:
    with db.reading() as session:
        return session.scalars(
            select(Enrolment).where(Enrolment.subscriber_id == person(email).id)
        ).one()


def choose(subscriber: Subscriber, **choices: object) -> None:
    standard: dict[str, object] = {
        "name": None,
        "pace_days": 2,
        "timezone": "America/New_York",
        "paused_until": None,
    }
    chosen = Preferences(**(standard | choices))  # type: ignore[arg-type]
    preferences.change(subscriber.public_id, chosen)


def seen(name: str) -> Path:
    """A sequence as its desk shows it."""
    with db.reading() as session:
        found = paths.path(session.scalars(select(Sequence).where(Sequence.name == name)).one())
    assert found is not None
    return found


def test_the_first_letter_comes_at_once_and_the_next_some_mornings_later(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        tick()
        assert steps_to(ADA) == [0]
        coming = upcoming.next_letter(ada)
        assert coming is not None
        assert (coming.subject, coming.day) == ("Two", date(2026, 3, 5))
        assert coming.due_at == datetime(2026, 3, 5, 14, tzinfo=UTC)
        machine.move_to(coming.due_at - timedelta(seconds=1))
        assert tick() == 0
        machine.move_to(coming.due_at)
        assert tick() == 1
        assert steps_to(ADA) == [0, 1]


def test_nothing_comes_twice_however_often_the_clock_strikes(
    app: Flask, welcome: int, join: Join
) -> None:
    join(ADA)
    for _ in range(3):
        tick()
    assert steps_to(ADA) == [0]
    assert not enrolments.enrol("welcome", person(ADA).id)
    assert enrolments.enrol("welcome", person(ADA).id, occurrence="again")


def test_a_sequence_ends_after_its_last_letter(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        for _ in range(4):
            tick()
            machine.shift(timedelta(days=4))
        assert steps_to(ADA) == [0, 1, 2]
        assert walk_of(ADA).state is Walk.DONE
        assert upcoming.next_letter(ada) is None


def test_a_slower_pace_stretches_what_is_still_to_come(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        tick()
        choose(ada, pace_days=14)
        assert local_day(walk_of(ADA).due_at, "America/New_York") == date(2026, 3, 16)
        choose(ada, pace_days=2)
        assert local_day(walk_of(ADA).due_at, "America/New_York") == date(2026, 3, 5)


def test_a_pause_puts_off_and_then_it_goes_on(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        tick()
        choose(ada, paused_until=date(2026, 4, 1))
        assert walk_of(ADA).due_at == datetime(2026, 4, 1, 13, tzinfo=UTC)
        machine.move_to(datetime(2026, 4, 1, 13, tzinfo=UTC))
        assert tick() == 1


def test_letters_come_in_the_reader_s_own_morning(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        tick()
        choose(ada, timezone="Asia/Tokyo")
        assert walk_of(ADA).due_at == datetime(2026, 3, 6, 0, tzinfo=UTC)


def test_whoever_leaves_gets_no_further_letter_and_returning_goes_on(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        tick()
        subscribers.unsubscribe(ada.public_id, method="button")
        assert (walk_of(ADA).state, walk_of(ADA).reason) == (Walk.EXITED, "unsubscribed")
        machine.shift(timedelta(days=9))
        assert tick() == 0
        subscribers.resubscribe(ada.public_id)
        assert tick() == 1
        assert steps_to(ADA) == [0, 1]


def test_a_letter_that_waits_in_the_ledger_is_caught_by_the_last_look(
    app: Flask, welcome: int, join: Join
) -> None:
    ada = join(ADA)
    tick()
    row = mail_to(ADA)[-1]
    walks.leave([ada.id], "bought")
    with db.reading():
        assert verdicts.last_look([row]) == {row.id: "bought"}


def test_whoever_is_under_way_keeps_the_version_they_began_with(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        tick()
        newer = sequences.publish("welcome", "Welcome", [step("New", 0)], trigger="confirmed")
        assert sequences.publish("welcome", "Welcome", [step("New", 0)]) == newer != welcome
        join("ben@example.com")
        machine.shift(timedelta(days=4))
        tick()
        assert steps_to(ADA) == [0, 1]
        assert walk_of(ADA).version_id == welcome
        assert walk_of("ben@example.com").state is Walk.DONE
        path = seen("welcome")
        assert (path.version.id, path.active, path.done, path.older) == (newer, 0, 1, 1)


def test_an_outage_makes_letters_late_and_never_many_at_once(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        tick()
        machine.shift(timedelta(days=30))
        tick()
        tick()
        assert steps_to(ADA) == [0, 1]


def test_staff_see_the_path_and_one_person_s_way(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        join("ben@example.com")
        tick()
        path = seen("welcome")
        assert [each.waiting for each in path.steps] == [0, 2, 0]
        assert [each.pending for each in path.steps] == [2, 0, 0]
        assert (path.active, path.done, path.exited) == (2, 0, 0)
        way = paths.way(ada)[0]
        assert [entry.event for entry in way.log] == ["begun", "sent"]
        assert (way.next_subject, way.due_at) == ("Two", walk_of(ADA).due_at)


def test_the_reader_sees_when_the_next_letter_comes(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False):
        ada = join(ADA)
        tick()
        token = links.token(ada.public_id)
        page = app.test_client().get(f"/newsletter/preferences/{token}").text
        assert "“Two”" in page
        assert "Thursday, March 5" in page


def test_a_step_is_composed_for_its_reader(app: Flask, welcome: int, join: Join) -> None:
    join(ADA, name="Ada")
    tick()
    row = mail_to(ADA)[-1]
    with db.reading():
        message = letters.find(row.letter).compose(row)
    assert message.subject == "One"
    assert "Hello Ada," in message.text
    assert message.headers["Auto-Submitted"] == "auto-generated"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_many_are_moved_in_few_statements(app: Flask, welcome: int, crowd: Crowd) -> None:
    crowd(1100, at=NOW)
    with db.transaction():
        everybody = select(Subscriber.id, literal("once").label("occurrence"))
        assert enrolments.enrol_all("welcome", everybody) == 1100
    assert tick() == 1100
    with db.reading() as session:
        written = select(func.count()).select_from(Delivery).where(Delivery.letter == mailing.STEP)
        assert session.scalar(written) == 1100


def test_the_sample_welcome_can_be_read_to_its_end(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        shop_samples.seed()
        samples.seed()
        samples.seed()
        join(ADA)
        for _ in range(18):
            tick()
            machine.shift(timedelta(days=6))
        assert steps_to(ADA) == list(range(18))
        for row in mail_to(ADA)[1:]:
            with db.reading():
                message = letters.find(row.letter).compose(row)
            assert "{{" not in message.html + message.text
            assert "QL Claw" in message.text or row.payload["position"] != 9
            led = f"/products/ql-claw?from={row.source}"
            assert ("/products/" in message.text) == (led in message.text)
            assert len(message.html.encode()) < 102_400


def test_the_sample_welcome_leads_through_every_post_of_the_plan(app: Flask) -> None:
    """Each post has a letter that leads to it, and only one letter asks to buy."""
    blog_samples.seed()
    samples.seed()
    with db.reading() as session:
        slugs = set(session.scalars(select(Post.slug)))
        version = session.scalars(select(SequenceVersion).order_by(SequenceVersion.id)).first()
        assert version is not None
    walked = [step for step in steps.read(version.steps) if isinstance(step, Mail)]
    unread = {slug for slug in slugs if not any(slug in letter.body for letter in walked)}
    assert unread == set()
    assert [letter.subject for letter in walked if letter.offer] == ["About the tool, plainly"]


def test_a_letter_too_soon_after_another_waits(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join(ADA)
        tick()
        machine.shift(timedelta(days=3))
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        tick()
        row = mail_to(ADA)[-1]
        assert row.state is State.PENDING
        with db.reading():
            verdict = verdicts.last_look([row])[row.id]
        assert verdict == letters.Wait(
            until=NOW + timedelta(days=3, hours=23), reason="just after another letter"
        ), "20 hours later it would be six in the morning"


def test_two_letters_that_are_due_at_once_do_not_go_at_once(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        sequences.publish("second", "Second", [step("A", 3)])
        enrolments.enrol("second", ada.id)
        tick()
        machine.shift(timedelta(days=1))
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        machine.shift(timedelta(days=2))
        tick()
        two, other = mail_to(ADA)[-2:]
        with db.reading():
            verdict = verdicts.last_look([two, other])
        later = NOW + timedelta(days=3, hours=23)
        assert verdict == {other.id: letters.Wait(until=later, reason="just after another letter")}
        queue.begin(dict.fromkeys(queue.claim("worker", 1), "x"))
        with db.reading():
            assert set(verdicts.last_look([other])) == {other.id}, "the first is going out"
        settings.change(letters_a_day=1, letters_merge=True)
        with db.reading():
            assert verdicts.last_look([other, other]) == verdicts.last_look([other])


def test_of_a_paused_sequence_nothing_goes_and_everybody_keeps_their_place(
    app: Flask, welcome: int, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        tick()
        number = walk_of(ADA).sequence_id
        sequences.pause(number)
        (one,) = (row for row in mail_to(ADA) if row.letter == mailing.STEP)
        with db.reading():
            verdict = verdicts.last_look([one])[one.id]
        again = letters.Wait(until=NOW + verdicts.AGAIN, reason=verdicts.PAUSED)
        assert verdict == again
        assert upcoming.next_letter(ada) is None
        machine.shift(timedelta(days=4))
        ben = join("ben@example.com")
        assert tick() == 0
        assert (steps_to(ADA), steps_to(ben.email)) == ([0], [])
        sequences.resume(number)
        with db.reading():
            assert verdicts.last_look([one]) == {}
        tick()
        assert (steps_to(ADA), steps_to(ben.email)) == ([0, 1], [0])


def test_what_was_put_off_is_told_as_the_next_letter(app: Flask, welcome: int, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(ADA)
        tick()
        machine.shift(timedelta(days=3))
        tick()
        two = mail_to(ADA)[-1]
        later = NOW + timedelta(days=4)
        with db.transaction():
            db.changed(update(Delivery).where(Delivery.id == two.id).values(due_at=later))
        coming = upcoming.next_letter(ada)
        assert coming is not None
        assert (coming.subject, coming.due_at) == ("Two", later), "not the third, days later"


def test_an_offer_is_not_told_to_a_buyer(app: Flask, join: Join) -> None:
    shop_samples.seed()
    offer = Mail(subject="The tool", body="Hello", offer=True, delay_days=3)
    sequences.publish("welcome", "Welcome", [offer], trigger="confirmed")
    ada = join(ADA)
    assert upcoming.next_letter(ada) is not None
    order_of("ada", 901)
    assert upcoming.next_letter(ada) is None


PLACES = st.sampled_from(sorted(available_timezones()))


@given(
    zone=PLACES,
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
)
def test_what_is_put_off_comes_by_day_and_hardly_later(zone: str, moment: datetime) -> None:
    comes = by_day(moment, zone)
    assert 8 <= comes.astimezone(ZoneInfo(zone)).hour <= 21
    assert moment <= comes <= moment + timedelta(hours=14)


@given(zone=PLACES, day=st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_a_morning_is_a_morning_everywhere_on_any_day(zone: str, day: date) -> None:
    moment = morning(day, zone)
    local = moment.astimezone(ZoneInfo(zone))
    assert local.date() == day
    assert 8 <= local.hour <= 10
