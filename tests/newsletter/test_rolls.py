"""Rolls: who is frozen, entered portion by portion, and accounted for whatever happens between."""

import os
import subprocess
import sys
from collections.abc import Collection
from datetime import datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from core import db
from core.config import Config
from core.mail import deeds, fates, ledger, letters, queue
from core.mail.models import Delivery, State
from newsletter import (
    dispatch,
    mailing,
    newsletters,
    personal_data,
    preferences,
    progress,
    reasons,
    rolls,
    subscribers,
    waves,
)
from newsletter.models import IssueState
from newsletter.preferences import Preferences
from tests.newsletter import roll_killer
from tests.newsletter.conftest import Crowd, Join, person
from tests.newsletter.test_newsletters import adds_up, an_issue, rows

CAST = tuple(f"{name}@example.com" for name in ("ada", "ben", "chloe", "dan", "eve"))
NOW = datetime.fromisoformat("2026-03-02T00:00:00Z")


@pytest.fixture
def issue(app: Flask, join: Join, monkeypatch: pytest.MonkeyPatch) -> int:
    """An issue of which two of its five readers at a time are entered."""
    monkeypatch.setattr(rolls, "PORTION", 2)
    for email in CAST:
        join(email)
    return an_issue()


def enter_all() -> None:
    while dispatch.enter():
        pass


def recipients(issue: int) -> Collection[str]:
    return [row.recipient for row in rows(issue)]


def send_all() -> list[str]:
    """Send what the ledger has of it, as a worker would; to whom."""
    claimed = [row for row in queue.claim("worker", 50) if row.letter == mailing.ISSUE]
    for row in queue.begin(dict.fromkeys(claimed, "A subject")):
        fates.accept(row)
    return [row.recipient for row in claimed]


def test_portion_after_portion_is_entered_and_everybody_once(issue: int) -> None:
    dispatch.send(issue)
    assert recipients(issue) == list(CAST[:2])
    assert dispatch.enter() == 2
    assert recipients(issue) == list(CAST[:4])
    enter_all()
    assert recipients(issue) == list(CAST)
    assert not rolls.is_open(newsletters.find(issue))


def test_the_numbers_add_up_from_the_first_moment_on(issue: int) -> None:
    preferences.pause(person(CAST[4]).public_id)
    dispatch.send(issue)
    for _ in range(3):
        status = progress.status(issue)
        assert status.audience == 5
        assert adds_up(status)
        assert progress.of(newsletters.find(issue)).due == status.pending
        dispatch.enter()
    assert progress.status(issue).excluded == {"paused": 1}


def test_it_is_not_done_before_all_of_its_roll_went(issue: int) -> None:
    dispatch.send(issue)
    assert send_all() == list(CAST[:2])
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.SENDING
    assert progress.status(issue).state == "sending"
    enter_all()
    assert send_all() == list(CAST[2:])
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.DONE


def test_who_joins_after_the_freezing_gets_nothing(issue: int, join: Join) -> None:
    dispatch.send(issue)
    join("fay@example.com")
    enter_all()
    assert recipients(issue) == list(CAST)


def test_who_leaves_meanwhile_is_entered_and_gets_nothing(issue: int) -> None:
    dispatch.send(issue)
    subscribers.unsubscribe(person(CAST[4]).public_id, method="button")
    enter_all()
    claimed = [row for row in queue.claim("worker", 50) if row.letter == mailing.ISSUE]
    with db.transaction():
        verdicts = letters.look(mailing.ISSUE, claimed)
    assert [row.recipient for row in claimed if row.id in verdicts] == [CAST[4]]


def test_who_is_erased_meanwhile_is_accounted_for(issue: int) -> None:
    dispatch.send(issue)
    personal_data.erase(person(CAST[4]).public_id)
    enter_all()
    status = progress.status(issue)
    assert status.excluded == {"erased": 1}
    assert (status.audience, status.pending) == (5, 4)
    (erased,) = (row for row in rows(issue) if row.state is State.EXCLUDED)
    assert (erased.recipient, erased.person) == ("", None)


def test_who_changes_their_address_meanwhile_gets_it_there(issue: int) -> None:
    dispatch.send(issue)
    with db.transaction() as session:
        session.merge(person(CAST[4])).email = "eva@example.com"
    enter_all()
    assert recipients(issue) == [*CAST[:4], "eva@example.com"]


def test_a_cancelled_issue_lets_nobody_of_its_roll_go(issue: int) -> None:
    dispatch.send(issue)
    dispatch.cancel(issue)
    while deeds.carry_out():
        pass
    enter_all()
    status = progress.status(issue)
    assert status.excluded == {"cancelled": 5}
    assert status.pending == 0


def test_a_paused_issue_is_entered_and_rests_until_it_goes_on(issue: int) -> None:
    dispatch.send(issue)
    dispatch.pause(issue)
    enter_all()
    assert send_all() == []
    while deeds.carry_out():
        pass
    assert ledger.count(f"newsletter:{issue}") == {State.HELD: 5}
    dispatch.resume(issue)
    while deeds.carry_out():
        pass
    assert send_all() == list(CAST)


def test_a_portion_is_entered_and_struck_or_neither(
    issue: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch.send(issue)
    with monkeypatch.context() as broken:
        broken.setattr(rolls, "delete", None)
        with pytest.raises(TypeError):
            dispatch.enter()
    assert recipients(issue) == list(CAST[:2])
    enter_all()
    assert recipients(issue) == list(CAST)


@pytest.mark.slow
def test_whoever_enters_a_roll_is_killed_and_everybody_is_entered_once(
    app: Flask, crowd: Crowd, shop_config: Config
) -> None:
    crowd(1_000)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(rolls, "PORTION", roll_killer.PORTION)
        issue = an_issue()
        dispatch.send(issue)
    where = {"DATA_DIR": str(shop_config.data_dir), "DATABASE_URL": shop_config.database_url}
    subprocess.run(
        [sys.executable, "-m", "tests.newsletter.roll_killer"],
        env=os.environ | where | {"LOG_LEVEL": "warning"},
        check=True,
    )
    assert sorted(recipients(issue)) == sorted(f"reader-{n}@example.com" for n in range(1_000))
    assert not rolls.is_open(newsletters.find(issue))


def test_waves_count_those_who_have_yet_to_be_entered(issue: int) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        in_tokyo = Preferences(name=None, pace_days=2, timezone="Asia/Tokyo", paused_until=None)
        preferences.change(person(CAST[4]).public_id, in_tokyo)
        nine = datetime.fromisoformat("2026-03-03T09:00")
        dispatch.send(issue, local=nine)
        first = waves.expected(None, nine)[0].at
        machine.move_to(first - waves.AHEAD)
        dispatch.tend()
        for _ in range(3):
            found = waves.of(newsletters.find(issue))
            assert [(wave.readers, wave.waiting) for wave in found] == [(1, 1), (4, 4)]
            dispatch.enter()
        due = {row.recipient: row.due_at for row in rows(issue)}
        assert due == dict.fromkeys(CAST[:4], found[1].at) | {CAST[4]: first}


def test_staff_are_told_where_somebody_stands_on_the_roll(issue: int) -> None:
    dispatch.send(issue)
    why = reasons.of_issue(person(CAST[4]), newsletters.find(issue))
    assert "frozen a moment ago" in why.sentence
    enter_all()
    why = reasons.of_issue(person(CAST[4]), newsletters.find(issue))
    assert "frozen a moment ago" not in why.sentence


def test_what_is_entered_late_was_due_when_it_was_frozen(issue: int) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        dispatch.send(issue)
        machine.shift(3600)
        enter_all()
        with db.reading() as session:
            due = session.scalars(
                select(Delivery.due_at).where(Delivery.source == f"newsletter:{issue}")
            )
            assert set(due) == {NOW}


def test_postgresql_knows_at_once_how_many_there_are(issue: int, database_kind: str) -> None:
    if database_kind == "sqlite":
        pytest.skip("it plans without")
    dispatch.send(issue)
    counted = text(
        "SELECT relname, reltuples FROM pg_class WHERE relname IN ('delivery', 'roll_entry')"
    )
    with db.reading() as session:
        known: dict[str, float] = dict(session.execute(counted).all())
    assert known["roll_entry"] == 5
    assert known["delivery"] > 0
