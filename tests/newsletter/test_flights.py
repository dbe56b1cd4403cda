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

from core import db
from core.mail.models import Delivery
from newsletter import enrolments, flights, mailboxes, mailing, segments, sequences, subscribers
from newsletter.conditions import Rule, Tagged, Term
from newsletter.flights import Reader
from newsletter.mailboxes import Caps, Letter
from newsletter.models import Enrolment, Subscriber, Walk
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


WELCOME: list[Step] = [
    Mail(subject="One", body="Hello"),
    Branch(rule=RUNNER, otherwise=3, delay_days=1),
    Mail(subject="Two", body="Hello", delay_days=3),
    Mail(subject="Three", body="Hello", delay_days=3),
]


@pytest.mark.one_database
def test_a_million_walk_as_their_ways_do() -> None:
    readers = flights.made_up(WELCOME, flights.MOST)
    starts = flights.spread(NOW)
    flight = flights.fly(WELCOME, readers, starts)
    assert sum(readers.values()) == flight.readers == flights.MOST
    assert flight.letters[0] == flight.letters[3] == flights.MOST
    assert flight.letters[2] == sum(n for reader, n in readers.items() if reader.meets)
    assert flight.sent == flight.hours.total() == flight.days.total()
    assert flight.over(None) == []
    assert flight.over(1)
    assert all(n > 3600 for _, n in flight.over(1))


@pytest.mark.one_database
def test_a_few_readers_are_counted_as_each_walks() -> None:
    readers = {Reader("America/New_York", 2): 3, Reader("Asia/Tokyo", 7, None, frozenset({1})): 2}
    flight = flights.fly(WELCOME, readers, {NOW: 1.0}, [("An issue", NOW - timedelta(hours=1))])
    expected: Counter[datetime] = Counter()
    for reader, number in readers.items():
        for _, at in flights.way(WELCOME, reader, NOW):
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
def test_whoever_gets_nothing_is_counted_with_the_reason() -> None:
    walked: list[Step] = [Branch(rule=RUNNER, otherwise=2), Mail(subject="One", body="Hello")]
    flight = flights.fly(walked, {Reader("UTC", 2): 4}, {NOW: 1.0})
    assert flight.nothing == {"their way has no letter on it": 4}


def test_the_audience_is_everybody_on_the_list(app: Flask, join: Join) -> None:
    segments.tag(join("ada@example.com").id, "runner")
    join("ben@example.com")
    subscribers.unsubscribe(join("chloe@example.com").public_id, method="button")
    readers, left_out = flights.audience(WELCOME)
    assert readers == {
        Reader("America/New_York", 2, None, frozenset({1})): 1,
        Reader("America/New_York", 2): 1,
    }
    assert left_out == {"unsubscribed": 1}
