"""Readers whom staff let begin a sequence, or take out of it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import db
from core.mail.models import State
from newsletter import beginnings, segments, sequences, subscribers
from newsletter.beginnings import NotOpen
from newsletter.conditions import Rule, Tagged, Term
from newsletter.models import Enrolment, Sequence, Subscriber, Walk
from newsletter.steps import Mail
from newsletter.tick import tick
from tests.newsletter.conftest import Join, mail_to

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADA = "ada@example.com"


def published(name: str = "tips", *, active: bool = True) -> Sequence:
    path = [Mail(subject="One", body="Hello"), Mail(subject="Two", body="Hello", delay_days=3)]
    sequences.publish(name, name, path, active=active)
    with db.reading() as session:
        return session.scalars(select(Sequence).where(Sequence.name == name)).one()


def walks_of(reader: Subscriber) -> list[Walk]:
    mine = select(Enrolment.state).where(Enrolment.subscriber_id == reader.id)
    with db.reading() as session:
        return list(session.scalars(mine.order_by(Enrolment.id)))


def test_a_segment_begins_once_however_often_it_is_asked(app: Flask, join: Join) -> None:
    segments.save("Runners", Rule((Term(Tagged("runner")),)))
    ada, ben = join(ADA), join("ben@example.com")
    subscribers.unsubscribe(join("chloe@example.com").public_id, method="button")
    segments.tag(ada.id, "runner")
    tips = published()
    assert (beginnings.waiting(tips, "Runners"), beginnings.waiting(tips, None)) == (1, 2)
    assert [beginnings.begin_all(tips, "Runners") for _ in range(2)] == [1, 0]
    assert beginnings.begin_all(tips, None) == 1
    assert walks_of(ada) == walks_of(ben) == [Walk.ACTIVE]
    assert beginnings.waiting(tips, None) == 0


def test_nobody_begins_what_is_stopped_or_not_published(app: Flask, join: Join) -> None:
    ada, tips = join(ADA), published(active=False)
    with pytest.raises(NotOpen):
        beginnings.begin_all(tips, None)
    with pytest.raises(NotOpen):
        beginnings.begin_one(tips, ada)
    sequences.switch(tips.id, active=True)
    with db.reading() as session:
        tips = session.get_one(Sequence, tips.id)
    with pytest.raises(NotOpen):
        subscribers.unsubscribe(ada.public_id, method="button")
        with db.reading() as session:
            beginnings.begin_one(tips, session.get_one(Subscriber, ada.id))


def test_one_reader_is_taken_out_and_begins_again(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada, tips = join(ADA), published()
        assert beginnings.begin_one(tips, ada)
        assert not beginnings.begin_one(tips, ada)
        tick()
        assert beginnings.is_under_way(tips, ada)
        assert [beginnings.take_out(tips, ada) for _ in range(2)] == [True, False]
        row = mail_to(ADA)[-1]
        assert (row.state, row.reason) == (State.EXCLUDED, "taken out")
        machine.shift(timedelta(minutes=1))
        assert beginnings.begin_one(tips, ada)
        assert walks_of(ada) == [Walk.EXITED, Walk.ACTIVE]
