"""The flight simulator: what it foretells is what the tick then does."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import clock, db
from core.mail import ledger
from core.mail.models import Delivery, State
from newsletter import (
    audiences,
    enrolments,
    flights,
    mailboxes,
    mailing,
    newsletters,
    other_mail,
    segments,
    sequences,
    subscribers,
)
from newsletter.audiences import Reader
from newsletter.conditions import Rule, Tagged, Term
from newsletter.mailboxes import Caps, Letter
from newsletter.models import Enrolment, IssueState, Newsletter, Sequence, Subscriber, Walk
from newsletter.steps import Branch, End, Goal, Mail, Step, Tag
from newsletter.tick import tick
from tests.newsletter.conftest import Join

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
RUNNER = Rule((Term(Tagged("runner")),))
WAITS = st.fixed_dictionaries(
    {},
    optional={
        "delay_days": st.integers(0, 9),
        "delay_hours": st.integers(0, 30),
        "weekday": st.integers(0, 6),
        "hour": st.integers(0, 23),
    },
)
numbers = count()


@st.composite
def sequences_of_steps(draw: st.DrawFn) -> list[Step]:
    """Any few steps, each at any time after the one before."""
    end = draw(st.integers(1, 5))
    found: list[Step] = []
    for position in range(end):
        when: dict[str, Any] = draw(WAITS)
        found.append(
            draw(
                st.sampled_from(
                    [
                        Mail(subject=f"Letter {position}", body="Hello", **when),
                        Mail(subject=f"Letter {position}", body="Hello", **when),
                        Branch(rule=RUNNER, otherwise=draw(st.integers(position + 1, end)), **when),
                        Tag(tag="walked", **when),
                        Goal(rule=RUNNER, **when),
                        End(**when),
                    ]
                )
            )
        )
    return found


@pytest.mark.one_database
@settings(max_examples=15)
@given(
    walked=sequences_of_steps(),
    zone=st.sampled_from(["America/New_York", "Asia/Kolkata", "Europe/Berlin", "UTC"]),
    pace=st.sampled_from([2, 7]),
    runs=st.booleans(),
)
def test_the_way_foretold_is_the_way_the_tick_leads(
    *, app: Flask, join: Join, walked: list[Step], zone: str, pace: int, runs: bool
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join(f"ada{next(numbers)}@example.com")
        with db.transaction() as session:
            here = session.get_one(Subscriber, ada.id)
            here.timezone, here.pace_days = zone, pace
        if runs:
            segments.tag(ada.id, "runner")
        sequences.publish(f"sequence {ada.id}", "Any", walked)
        enrolments.enrol(f"sequence {ada.id}", ada.id)
        while True:
            tick()
            with db.reading() as session:
                mine = select(Enrolment).where(Enrolment.subscriber_id == ada.id)
                walk = session.scalars(mine).one()
            if walk.state is not Walk.ACTIVE:
                break
            machine.move_to(walk.due_at)
        letters = select(Delivery).where(Delivery.person == ada.id, Delivery.letter == mailing.STEP)
        with db.reading() as session:
            rows = session.scalars(letters.order_by(Delivery.id)).all()
    meets = frozenset(
        at for at, step in enumerate(walked) if isinstance(step, (Branch, Goal)) and runs
    )
    foretold = flights.way(walked, Reader(zone, pace, None, meets), NOW)
    assert [Letter(row.payload["position"], row.created_at) for row in rows] == foretold


CAPPED = Caps(((timedelta(days=1), 1),))
WELCOME: list[Step] = [
    Mail(subject="One", body="Hello"),
    Branch(rule=RUNNER, otherwise=3, delay_days=1),
    Mail(subject="Two", body="Hello", delay_days=3),
    Mail(subject="Three", body="Hello", delay_days=3),
]


@pytest.mark.one_database
def test_a_million_walk_as_their_ways_do() -> None:
    readers = audiences.made_up(audiences.MOST)
    starts = audiences.spread(NOW)
    flight = flights.fly(WELCOME, readers, starts)
    assert sum(readers.values()) == flight.readers == audiences.MOST
    assert flight.letters[0] == flight.letters[3] == audiences.MOST
    assert flight.letters[2] == pytest.approx(audiences.MOST / 2, abs=30 * len(readers))
    assert flight.sent == flight.hours.total() == flight.days.total()
    assert flight.over(None) == []
    assert flight.over(1)
    assert all(n > 3600 for _, n in flight.over(1))


@pytest.mark.one_database
def test_a_few_readers_are_counted_as_each_walks() -> None:
    issue = (("An issue", NOW - timedelta(hours=1)),)
    readers = {
        Reader("America/New_York", 2, issues=issue): 3,
        Reader("Asia/Tokyo", 7, None, frozenset({1}), issue): 2,
    }
    flight = flights.fly(WELCOME, readers, {NOW: 1.0})
    expected: Counter[datetime] = Counter()
    for reader, number in readers.items():
        for _, at, _ in flights.way(WELCOME, reader, NOW):
            expected[at] += number
    assert flight.hours == expected
    assert flight.crossings == {"An issue": 5}


@pytest.mark.one_database
@settings(max_examples=25)
@given(
    walked=sequences_of_steps(),
    most=st.integers(1, 2),
    span=st.sampled_from([timedelta(days=1), timedelta(days=7)]),
    together=st.booleans(),
)
def test_caps_put_off_for_many_what_they_put_off_for_each(
    *, walked: list[Step], most: int, span: timedelta, together: bool
) -> None:
    capped = Caps(((span, most),), merge=together)
    readers = {Reader("America/New_York", 2): 3, Reader("Asia/Tokyo", 7): 2}
    starts = {NOW: 1.0, NOW + timedelta(hours=5): 1.0}
    flight = flights.fly(walked, readers, starts, capped=capped)
    free = flights.fly(walked, readers, starts)
    each = flights.fly(walked, {Reader("UTC", 2): 1}, {NOW: 1.0}, capped=capped)
    alone = mailboxes.departures(flights.way(walked, Reader("UTC", 2), NOW), capped)
    assert flight.letters == free.letters
    assert flight.nothing == free.nothing
    assert flight.hours.total() == flight.sent - flight.together
    assert flight.together == 0 or together
    assert each.put_off.total() == sum(letter.put_off for letter in alone)
    assert each.together == sum(letter.within for letter in alone)


@pytest.mark.one_database
def test_letters_at_once_are_put_off_and_go_together() -> None:
    three: list[Step] = [Mail(subject=f"Letter {n}", body="Hello") for n in range(3)]
    day = timedelta(days=1)
    one_by_one = flights.fly(three, {Reader("UTC", 2): 5}, {NOW: 1.0}, capped=Caps(((day, 1),)))
    assert one_by_one.put_off == {1: 5, 2: 5}
    assert (one_by_one.longest, one_by_one.together) == (2 * day, 0)
    together = flights.fly(
        three, {Reader("UTC", 2): 5}, {NOW: 1.0}, capped=Caps(((day, 1),), merge=True)
    )
    assert (together.put_off, together.longest) == ({1: 5, 2: 5}, day)
    assert (together.sent, together.together, together.hours.total()) == (15, 5, 10)


@pytest.mark.one_database
def test_days_without_a_letter_are_days_too() -> None:
    walked = [Mail(subject="One", body="Hello"), Mail(subject="Two", body="Hello", delay_days=3)]
    flight = flights.fly(walked, {Reader("UTC", 2): 4}, {NOW: 1.0})
    assert [letters for _, letters in flight.every_day()] == [4, 0, 0, 4]
    assert flights.Flight().every_day() == []


@pytest.mark.one_database
def test_whoever_gets_nothing_is_counted_with_the_reason() -> None:
    walked: list[Step] = [Branch(rule=RUNNER, otherwise=2), Mail(subject="One", body="Hello")]
    flight = flights.fly(walked, {Reader("UTC", 2): 4}, {NOW: 1.0})
    assert flight.nothing == {"their way has no letter on it": 4}


def test_the_audience_is_everybody_on_the_list(app: Flask, join: Join) -> None:
    segments.tag(join("ada@example.com").id, "runner")
    join("ben@example.com")
    subscribers.unsubscribe(join("chloe@example.com").public_id, method="button")
    readers, left_out = audiences.on_list(WELCOME, 1)
    assert readers == {
        Reader("America/New_York", 2, None, frozenset({1})): 1,
        Reader("America/New_York", 2): 1,
    }
    assert left_out == {"unsubscribed": 1}


def fly_the_list(walked: list[Step], sequence_id: int) -> flights.Flight:
    readers, _ = audiences.on_list(walked, sequence_id, other_mail.issues(), capped=CAPPED)
    return flights.fly(walked, readers, {clock.now(): 1.0}, CAPPED)


def test_what_went_to_readers_takes_a_place_under_a_cap(app: Flask, join: Join) -> None:
    one: list[Step] = [Mail(subject="One", body="Hello")]
    with time_machine.travel(NOW, tick=False) as machine:
        ada, ben = join("ada@example.com"), join("ben@example.com")
        assert not fly_the_list(one, 1).put_off
        for reader, state in ((ada, State.ACCEPTED), (ben, State.FAILED)):
            ledger.enqueue(
                key=f"issue:{reader.id}", letter=mailing.ISSUE, recipient=reader.email, source="x"
            )
            with db.transaction() as session:
                row = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
                assert row is not None
                row.state, row.settled_at = state, clock.now()
        flight = fly_the_list(one, 1)
        assert (flight.put_off, flight.longest) == ({0: 1}, timedelta(days=1))
        machine.shift(timedelta(days=1, hours=1))
        assert not fly_the_list(one, 1).put_off


def test_what_is_to_come_of_other_sequences_takes_a_place_under_a_cap(
    app: Flask, join: Join
) -> None:
    one: list[Step] = [Mail(subject="One", body="Hello", delay_days=3)]
    with time_machine.travel(NOW, tick=False):
        other = [
            Mail(subject="Now", body="Hello"),
            Mail(subject="Then", body="Hello", delay_days=3),
        ]
        sequences.publish("other", "Other", other, trigger="confirmed")
        join("ada@example.com")
        with db.reading() as session:
            number = session.scalars(select(Sequence.id)).one()
        assert fly_the_list(one, number + 1).put_off == {0: 1}
        assert not fly_the_list(one, number).put_off
        tick()
        assert fly_the_list(one, number + 1).put_off == {0: 1}


def test_a_scheduled_newsletter_takes_a_place_of_those_whom_it_is_for(
    app: Flask, join: Join
) -> None:
    one: list[Step] = [Mail(subject="One", body="Hello", delay_days=3)]
    with time_machine.travel(NOW, tick=False):
        segments.tag(join("ada@example.com").id, "runner")
        join("ben@example.com")
        segments.save("Runners", RUNNER)
        number = newsletters.draft("An issue", "Hello", segment="Runners")
        with db.transaction() as session:
            issue = session.get_one(Newsletter, number)
            issue.state = IssueState.SCHEDULED
            issue.scheduled_at = NOW + timedelta(days=2, hours=20)
        flight = fly_the_list(one, 1)
        assert flight.put_off == {0: 1}
        assert flight.crossings == {}
        with db.transaction() as session:
            session.get_one(Newsletter, number).scheduled_at = NOW + timedelta(days=2, hours=22)
        readers, _ = audiences.on_list(one, 1, other_mail.issues())
        assert flights.fly(one, readers, {NOW: 1.0}).crossings == {"An issue": 1}


@pytest.mark.one_database
def test_nothing_but_sequences_goes_within_another_message() -> None:
    letters = [Letter(None, NOW, alone=True), Letter(None, NOW), Letter(0, NOW), Letter(1, NOW)]
    merging = Caps(CAPPED.limits, merge=True)
    went = mailboxes.departures(letters, merging)
    day = timedelta(days=1)
    assert [(each.position, each.at - NOW, each.within) for each in went] == [
        (None, 0 * day, False),
        (None, day, False),
        (0, day, True),
        (1, day, True),
    ]


@pytest.mark.one_database
def test_made_up_readers_part_at_each_branch_and_goal_however_many_there_are() -> None:
    walked: list[Step] = [
        Goal(rule=RUNNER),
        *(Branch(rule=RUNNER, otherwise=at + 2) for at in range(1, 31)),
        Mail(subject="One", body="Hello"),
        Mail(subject="Two", body="Hello"),
    ]
    flight = flights.fly(walked, audiences.made_up(1000), {NOW: 1.0})
    assert flight.readers == 1000
    assert flight.letters[32] == 1000
    assert 600 < flight.letters[31] < 730


def test_of_a_long_list_one_stands_for_several_under_a_cap(app: Flask, join: Join) -> None:
    one: list[Step] = [Mail(subject="One", body="Hello", delay_days=3)]
    with time_machine.travel(NOW, tick=False):
        sequences.publish("other", "Other", one, trigger="confirmed")
        for number in range(4):
            join(f"reader{number}@example.com")
        subscribers.unsubscribe(join("chloe@example.com").public_id, method="button")
        assert audiences.one_in() == 1
        with db.reading() as session:
            number = session.scalars(select(Sequence.id)).one()
        all_of_them = audiences.on_list(one, number + 1, capped=CAPPED)
        assert audiences.on_list(one, number + 1, capped=CAPPED, one_in=2) == all_of_them
        assert all_of_them[0] == {next(iter(all_of_them[0])): 4}
        assert all_of_them[1] == {"unsubscribed": 1}
