"""An issue that an outage interrupted is held for staff; one that is only slow is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from core import db
from core.mail import fates, letters, queue
from core.mail.models import State
from newsletter import dispatch, lateness, mailing, newsletters
from newsletter.models import IssueState, Lateness
from shop.models import Alert
from tests.newsletter.conftest import Join
from tests.newsletter.test_newsletters import an_issue, rows

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
OUTAGE = lateness.LATEST + timedelta(minutes=2)


@pytest.fixture
def issue(app: Flask, join: Join) -> int:
    """An issue of which one of three letters has gone."""
    for name in ("ada", "ben", "chloe"):
        join(f"{name}@example.com")
    issue = an_issue()
    dispatch.send(issue)
    send(1)
    dispatch.tend()
    return issue


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as machine:
        yield machine


def send(messages: int) -> list[letters.Verdict]:
    """Let a worker take what is due and hand over so many; what the last look said of the rest."""
    claimed = [row for row in queue.claim("worker", 100) if row.letter == mailing.ISSUE]
    with db.reading():
        verdicts = letters.look(mailing.ISSUE, claimed)
    for row in claimed:
        verdict = verdicts.get(row.id)
        if isinstance(verdict, letters.Wait):
            fates.wait(row, verdict.until, verdict.reason)
        elif messages:
            messages -= 1
            queue.begin({row: "x"})
            fates.accept(row)
        else:
            fates.release([row])
    return list(verdicts.values())


def alerts() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Alert.kind)))


def test_workers_that_come_back_send_nothing_of_it_and_staff_decide(
    clock: Traveller, issue: int
) -> None:
    clock.shift(OUTAGE)
    wait = letters.Wait(until=NOW + OUTAGE + timedelta(minutes=10), reason=lateness.WAITS)
    assert send(9) == [wait, wait]
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.PAUSED
    assert {row.state for row in rows(issue)} == {State.ACCEPTED, State.HELD}
    assert alerts() == ["newsletter_late"]
    dispatch.resume(issue)
    clock.shift(timedelta(minutes=10))
    dispatch.tend()
    assert send(9) == []
    assert {row.state for row in rows(issue)} == {State.ACCEPTED}


def test_a_mail_server_that_is_away_holds_it_while_workers_live(
    clock: Traveller, issue: int
) -> None:
    for _ in range(int(OUTAGE / timedelta(minutes=1))):
        assert newsletters.find(issue).state is IssueState.SENDING
        clock.shift(timedelta(minutes=1))
        dispatch.tend()
    assert newsletters.find(issue).state is IssueState.PAUSED


def test_a_slow_issue_and_one_behind_it_are_not_late(
    clock: Traveller, issue: int, join: Join
) -> None:
    behind = an_issue()
    dispatch.send(behind)
    for _ in range(2):
        clock.shift(lateness.LATEST - timedelta(minutes=1))
        assert send(1) == []
        dispatch.tend()
    assert newsletters.find(issue).state is not IssueState.PAUSED
    assert newsletters.find(behind).state is IssueState.SENDING


def test_nothing_was_late_where_nothing_was_due(clock: Traveller, issue: int) -> None:
    with db.transaction():
        for row in queue.claim("worker", 9):
            fates.wait(row, NOW + timedelta(hours=9), "the reader's pace")
    clock.shift(timedelta(hours=9, minutes=1))
    assert send(1) == []
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.SENDING


def test_what_stays_true_goes_however_late(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join("ada@example.com")
        begun, planned = an_issue(), an_issue()
        for each in (begun, planned):
            newsletters.treat_when_late(each, Lateness.SEND)
        dispatch.send(begun)
        dispatch.send(planned, at=NOW + timedelta(hours=1))
        assert newsletters.find(newsletters.duplicate(begun)).late is Lateness.SEND
        machine.shift(timedelta(days=1))
        dispatch.tend()
        assert send(9) == []
        assert alerts() == []
        assert newsletters.find(planned).state is IssueState.SENDING
