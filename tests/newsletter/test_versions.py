"""Moving those who are under way to the newest version, seeing first who that is."""

from datetime import UTC, date, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import select

from core import db
from newsletter import mailing, sequences, versions, walks
from newsletter.models import Enrolment, Sequence, Walk
from newsletter.steps import Mail
from newsletter.tick import tick
from newsletter.zones import morning
from tests.newsletter.conftest import Join, mail_to, person

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def mail(subject: str, days: int = 3) -> Mail:
    return Mail(subject=subject, body="Hello", delay_days=days)


def walk_of(email: str) -> Enrolment:
    mine = select(Enrolment).where(Enrolment.subscriber_id == person(email).id)
    with db.reading() as session:
        return session.scalars(mine).one()


def the_sequence() -> int:
    with db.reading() as session:
        return session.scalars(select(Sequence.id)).one()


def test_staff_see_who_would_go_where_and_then_all_go(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        sequences.publish(
            "welcome", "Welcome", [mail("One", 0), mail("Two"), mail("Three")], trigger="confirmed"
        )
        join("ada@example.com")
        tick()
        join("ben@example.com")
        newest = sequences.publish(
            "welcome", "Welcome", [mail("New", 0), mail("One", 0), mail("Two")]
        )
        due = walk_of("ada@example.com").due_at
        shifts = [
            (each.title, each.people, each.onward_title) for each in versions.plan(the_sequence())
        ]
        assert shifts == [("One", 1, "One"), ("Two", 1, "Two")]
        assert walk_of("ada@example.com").version_id != newest
        assert versions.move(the_sequence()) == 2
        ada = walk_of("ada@example.com")
        assert (ada.version_id, ada.position, ada.due_at) == (newest, 2, due)
        assert versions.plan(the_sequence()) == []
        machine.shift(timedelta(days=3))
        tick()
        written = [
            (row.payload["version"] == newest, row.payload["position"])
            for row in mail_to("ada@example.com")
            if row.letter == mailing.STEP
        ]
        assert written == [(False, 0), (True, 2)]


def test_a_letter_at_a_place_where_one_was_before_comes_all_the_same(
    app: Flask, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two")], trigger="confirmed")
        ada = join("ada@example.com")
        tick()
        sequences.publish("welcome", "Welcome", [mail("Two")])
        versions.move(the_sequence())
        machine.shift(timedelta(days=4))
        tick()
        assert len(mail_to("ada@example.com")) == 3
        walks.leave([ada.id], "bought")
        assert {row.reason for row in mail_to("ada@example.com")[1:]} == {"bought"}


def test_whoever_has_had_all_of_the_newest_is_done(app: Flask, join: Join) -> None:
    sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two")], trigger="confirmed")
    join("ada@example.com")
    tick()
    sequences.publish("welcome", "Welcome", [mail("New", 0), mail("One", 0)])
    assert [each.onward_title for each in versions.plan(the_sequence())] == [""]
    versions.move(the_sequence())
    assert walk_of("ada@example.com").state is Walk.DONE


def test_a_letter_that_they_had_does_not_come_again_further_on(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two")], trigger="confirmed")
        join("ada@example.com")
        tick()
        sequences.publish("welcome", "Welcome", [mail("Two"), mail("One"), mail("Three")])
        versions.move(the_sequence())
        for _ in range(4):
            machine.shift(timedelta(days=4))
            tick()
        went = [
            (row.payload["position"], row.reason)
            for row in sorted(mail_to("ada@example.com"), key=lambda row: row.id)
            if row.letter == mailing.STEP
        ]
        assert sorted(went[1:]) == [(0, None), (1, "had it before"), (2, None)]


def test_waiting_counts_anew_where_staff_say_so(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        sequences.publish(
            "welcome", "Welcome", [mail("One", 0), mail("Two", 20)], trigger="confirmed"
        )
        join("ada@example.com")
        tick()
        due = walk_of("ada@example.com").due_at
        for days in (10, 3):
            sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two", days)])
            versions.move(the_sequence())
            assert walk_of("ada@example.com").due_at == due
        sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two", 8)])
        versions.move(the_sequence(), anew=True)
        assert walk_of("ada@example.com").due_at == morning(date(2026, 3, 10), "America/New_York")
        machine.shift(timedelta(days=5))
        sequences.publish("welcome", "Welcome", [mail("One", 0), mail("Two", 4)])
        versions.move(the_sequence(), anew=True)
        assert walk_of("ada@example.com").due_at == NOW + timedelta(days=5)
