"""Holding out a part of those who would begin a sequence, and what it added to the rest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

import shop.samples
from core import db
from newsletter import (
    audiences,
    beginnings,
    drafts,
    enrolments,
    hold_outs,
    lots,
    personal_data,
    predicates,
    reasons,
    segments,
    sequences,
    walks,
)
from newsletter.conditions import Rule, Stage, Term, Walked
from newsletter.hold_outs import BadHoldOut
from newsletter.lift import Group, Lift
from newsletter.models import Enrolment, EnrolmentLog, Sequence, Subscriber, Walk
from newsletter.steps import Mail
from newsletter.tick import tick
from newsletter.triggers import ASKED_FOR, Trigger
from shop.models import Order
from tests import samples
from tests.newsletter.conftest import Crowd, mail_to, person
from tests.staff.test_orders import order_of

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
PATH = [Mail(subject="One", body="Hello"), Mail(subject="Two", body="Hello", delay_days=3)]
PEOPLE = 60
EVERYBODY = select(Subscriber.id)


def tips(percent: int = 30, trigger: Trigger | None = None) -> Sequence:
    sequences.publish("tips", "Tips", PATH, trigger=trigger)
    with db.transaction() as session:
        session.execute(update(Sequence).values(held_out=percent))
    with db.reading() as session:
        return session.scalars(select(Sequence)).one()


def every_walk() -> list[Enrolment]:
    with db.reading() as session:
        return list(session.scalars(select(Enrolment).order_by(Enrolment.id)))


def drawn(sequence: Sequence, percent: int = 30) -> tuple[list[Subscriber], list[Subscriber]]:
    """Who draws to get the letters, and who to be held out."""
    with db.reading() as session:
        readers = session.scalars(select(Subscriber).order_by(Subscriber.id)).all()
    out = [lots.lot(each.id, lots.of_sequence(sequence.id)) < percent for each in readers]
    return (
        [each for each, is_out in zip(readers, out, strict=True) if not is_out],
        [each for each, is_out in zip(readers, out, strict=True) if is_out],
    )


@given(
    sequence=st.integers(1, 10**4),
    issue=st.integers(1, 10**5),
    of=st.integers(1, 10**6),
    percent=st.integers(1, hold_outs.MOST),
)
@example(sequence=1, issue=1, of=1, percent=10)
@example(sequence=7, issue=7, of=1, percent=50)
@settings(max_examples=60)
def test_a_sequence_draws_its_share_and_tells_nothing_of_an_issue(
    sequence: int, issue: int, of: int, percent: int
) -> None:
    readers, share = range(of, of + 4_000), percent / 100
    number = lots.of_sequence(sequence)
    out = {reader for reader in readers if lots.lot(reader, number) < percent}
    out_of_issue = {reader for reader in readers if lots.lot(reader, issue) < percent}
    both = len(out & out_of_issue)
    for count, expected in ((len(out), share), (both, share**2)):
        spread = (4_000 * expected * (1 - expected)) ** 0.5
        assert abs(count - 4_000 * expected) < 5 * spread + 1


def test_another_sequence_draws_anew() -> None:
    one, two = (
        {reader for reader in range(20_000) if lots.lot(reader, lots.of_sequence(n)) < 10}
        for n in (1, 2)
    )
    assert 120 < len(one & two) < 280


@pytest.mark.parametrize("percent", [1, 30, 50])
def test_whoever_is_drawn_is_in_the_books_and_gets_nothing(
    app: Flask, crowd: Crowd, percent: int
) -> None:
    crowd(PEOPLE)
    sequence = tips(percent)
    assert beginnings.held_out(sequence, None) == len(drawn(sequence, percent)[1])
    assert beginnings.begin_all(sequence, None) == PEOPLE
    sent, out = drawn(sequence, percent)
    found = {walk.subscriber_id: walk for walk in every_walk()}
    assert {each.id for each in out} == {
        number for number, walk in found.items() if walk.state is Walk.HELD_OUT
    }
    assert {walk.odds for walk in found.values()} == {percent}
    tick()
    assert [len(mail_to(each.email)) for each in sent] == [1] * len(sent)
    assert not any(mail_to(each.email) for each in out)
    assert all(found[each.id].ended_at for each in out)
    with db.reading() as session:
        log = session.execute(
            select(EnrolmentLog.event, Enrolment.state)
            .join(Enrolment, Enrolment.id == EnrolmentLog.enrolment_id)
            .where(EnrolmentLog.event.in_(("begun", "held out")))
        ).all()
    assert len(log) == PEOPLE
    assert {event for event, state in log if state is Walk.HELD_OUT} <= {"held out"}
    assert {event for event, state in log if state is not Walk.HELD_OUT} == {"begun"}


def test_the_lot_stays_in_another_version_and_for_another_occasion(
    app: Flask, crowd: Crowd
) -> None:
    crowd(PEOPLE)
    sequence = tips()
    for occurrence in ("order:1", "order:1", "order:2"):
        for reader in (person(f"reader-{number}@example.com") for number in range(20)):
            enrolments.enrol("tips", reader.id, occurrence=occurrence)
        sequences.publish("tips", "Tips", [*PATH, Mail(subject="Three", body="Hello")])
    out = {each.id for each in drawn(sequence)[1]}
    found = every_walk()
    assert len(found) == 40
    assert len({walk.version_id for walk in found}) == 2
    assert all((walk.state is Walk.HELD_OUT) == (walk.subscriber_id in out) for walk in found)


def test_more_are_held_out_from_now_on_where_more_shall_be(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    few, many = ({each.id for each in drawn(tips(), percent)[1]} for percent in (10, 30))
    assert few < many
    sequence = tips(10)
    for number in range(PEOPLE // 2):
        enrolments.enrol("tips", person(f"reader-{number}@example.com").id)
    tips(30)
    beginnings.begin_all(sequence, None)
    first, later = every_walk()[: PEOPLE // 2], every_walk()[PEOPLE // 2 :]
    assert ({walk.odds for walk in first}, {walk.odds for walk in later}) == ({10}, {30})
    assert {w.subscriber_id for w in first if w.state is Walk.HELD_OUT} <= few
    assert {w.subscriber_id for w in later if w.state is Walk.HELD_OUT} <= many


def test_staff_who_mean_one_reader_ask_no_lot(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    beginnings.begin_all(sequence, None)
    one = drawn(sequence)[1][0]
    assert not beginnings.is_under_way(sequence, one)
    assert beginnings.begin_one(sequence, one)
    assert beginnings.is_under_way(sequence, one)
    assert every_walk()[-1].odds is None
    tick()
    assert len(mail_to(one.email)) == 1


def test_readers_are_drawn_once_though_workers_race(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips(trigger=Trigger.TAGGED)
    readers = [person(f"reader-{number}@example.com") for number in range(PEOPLE)]

    def begin(turn: int) -> None:
        with app.app_context():
            for reader in readers[::-1] if turn % 2 else readers:
                enrolments.enrol("tips", reader.id, occurrence="tag:runner")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    found = every_walk()
    assert len(found) == PEOPLE
    out = {each.id for each in drawn(sequence)[1]}
    assert out == {walk.subscriber_id for walk in found if walk.state is Walk.HELD_OUT}
    with db.reading() as session:
        assert len(session.scalars(select(EnrolmentLog.enrolment_id)).all()) == PEOPLE


def test_what_undoes_its_cause_takes_the_lot_back(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    out = drawn(tips())[1][0]

    class Undone(Exception):
        pass

    with pytest.raises(Undone), db.transaction():
        enrolments.enrol("tips", out.id)
        raise Undone
    assert every_walk() == []


def bought(name: str, number: int, after: timedelta) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, order_of(name.partition("@")[0], number))
        order.paid_at = NOW + after


def test_buyers_of_both_parts_are_counted_until_a_week_after_the_last_letter(
    app: Flask, crowd: Crowd
) -> None:
    samples.fill(shop.samples)
    crowd(PEOPLE)
    with time_machine.travel(NOW, tick=False):
        sequence = tips()
        version = sequences.latest_version(sequence.id)
        assert version
        assert hold_outs.measure(version) == {}
        assert hold_outs.days(version) == 10
        beginnings.begin_all(sequence, None)
    sent, out = drawn(sequence)
    moments = [timedelta(days=day) for day in (-1, 1, 10, 11)]
    for number, (reader, after) in enumerate(zip(sent, moments, strict=False)):
        bought(reader.email, 1000 + number, after)
    bought(sent[1].email, 1010, timedelta(days=2))
    for number, (reader, after) in enumerate(zip(out, (moments[3], moments[1]), strict=False)):
        bought(reader.email, 1020 + number, after)
    walks.leave([sent[1].id], "unsubscribed")
    beginnings.begin_one(sequence, out[2])
    expected = Lift(Group(len(sent), 2), Group(len(out), 1))
    assert hold_outs.measure(version) == {30: expected}
    assert not expected.is_sure


def test_each_reader_is_compared_once_and_parts_by_their_size(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    for percent, occurrence, people in ((10, "a", 20), (30, "b", PEOPLE)):
        tips(percent)
        who = select(
            Subscriber.id, db.literally(occurrence, Enrolment.occurrence).label("occurrence")
        )
        enrolments.enrol_all("tips", who.order_by(Subscriber.id).limit(people))
    version = sequences.latest_version(tips().id)
    assert version
    found = hold_outs.measure(version)
    assert {odds: lift.sent.people + lift.held_out.people for odds, lift in found.items()} == {
        10: 20,
        30: PEOPLE - 20,
    }


def test_nothing_is_said_of_nobody(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips(1)
    reader = drawn(sequence, 1)[0][0]
    enrolments.enrol("tips", reader.id)
    version = sequences.latest_version(sequence.id)
    assert version
    assert hold_outs.measure(version)[1].is_empty


@pytest.mark.parametrize("trigger", ASKED_FOR)
def test_nobody_is_held_out_of_what_they_asked_for(trigger: Trigger) -> None:
    assert hold_outs.examine(trigger, "0") == hold_outs.examine(trigger, "") == 0
    with pytest.raises(BadHoldOut, match="nobody can be held out"):
        hold_outs.examine(trigger, "10")


@pytest.mark.parametrize("entered", ["51", "-1", "ten", "1.5", "²", "9" * 5000])
def test_only_a_part_can_be_held_out(entered: str) -> None:
    assert hold_outs.examine(None, "50") == 50
    with pytest.raises(BadHoldOut, match="from 0 to 50"):
        hold_outs.examine(None, entered)


def test_why_somebody_got_nothing_is_told(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    beginnings.begin_all(sequence, None)
    (reason,) = reasons.of_sequence(drawn(sequence)[1][0], sequence)
    assert "in its hold-out" in reason.sentence
    assert "Held out by lot, 30 of 100" in [fact.what for fact in reason.facts]


def test_a_flight_counts_who_is_held_out(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    out = drawn(sequence)[1]
    readers, left_out = audiences.on_list(PATH, sequence.id, held_out=30)
    assert left_out == {audiences.HELD_OUT: len(out)}
    assert sum(readers.values()) == PEOPLE - len(out)
    one = audiences.on_list(PATH, sequence.id, held_out=30, only=out[0].email)
    assert one == ({}, {audiences.HELD_OUT: 1})


def test_segments_tell_the_held_out_from_those_who_began(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    beginnings.begin_all(sequence, None)
    sent, out = drawn(sequence)
    for stage, expected in (
        (Stage.BEGUN, sent),
        (Stage.HELD_OUT, out),
        (Stage.ACTIVE, sent),
        (Stage.EXITED, []),
    ):
        rule = predicates.of(Rule((Term(Walked("tips", stage)),)))
        with db.reading() as session:
            found = session.scalars(EVERYBODY.where(rule).order_by(Subscriber.id)).all()
        assert found == [each.id for each in expected], stage


def test_a_reader_sees_it_in_their_file_and_takes_it_along(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    beginnings.begin_all(sequence, None)
    one = drawn(sequence)[1][0]
    (walk,) = personal_data.export(one)["walks"]
    assert (walk["sequence"], walk["state"]) == ("Tips", "held out")
    personal_data.erase(one.public_id)
    assert one.id not in {walk.subscriber_id for walk in every_walk()}
    version = sequences.latest_version(sequence.id)
    assert version
    assert hold_outs.measure(version)[30].held_out.people == len(drawn(sequence)[1])


def test_a_copy_holds_out_as_many(app: Flask) -> None:
    copy = drafts.duplicate(tips().id)
    with db.reading() as session:
        assert session.get_one(Sequence, copy).held_out == 30


def test_leaving_and_coming_back_begins_nothing_of_it(app: Flask, crowd: Crowd) -> None:
    crowd(PEOPLE)
    sequence = tips()
    beginnings.begin_all(sequence, None)
    one = drawn(sequence)[1][0]
    walks.leave([one.id], "unsubscribed")
    segments.tag(one.id, "runner")
    tick()
    (mine,) = [walk for walk in every_walk() if walk.subscriber_id == one.id]
    assert (mine.state, mine.reason) == (Walk.HELD_OUT, None)
    assert not mail_to(one.email)
