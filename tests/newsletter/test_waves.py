"""An issue by each reader's own clock: the hour comes zone after zone, and to nobody twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from core.mail.models import State
from core.settings import Store, change
from newsletter import dispatch, newsletters, preferences, progress, waves
from newsletter.dispatch import TooLate
from newsletter.models import IssueState
from newsletter.preferences import Preferences
from newsletter.zones import at_time, zones
from tests.newsletter.conftest import Join, person
from tests.newsletter.test_newsletters import an_issue, rows
from tests.newsletter.test_trials import send_what_is_due

local = datetime.fromisoformat
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
NINE = local("2026-03-04 09:00")
LIVES = {
    "ada@example.com": "Asia/Tokyo",
    "ben@example.com": "Europe/Berlin",
    "chloe@example.com": "Europe/Paris",
    "dan@example.com": Store.timezone,
}


@pytest.fixture
def readers(app: Flask, join: Join) -> None:
    """Four readers in three waves."""
    with time_machine.travel(NOW, tick=False):
        for email, zone in LIVES.items():
            move(join(email).public_id, zone)


def move(public_id: str, zone: str) -> None:
    choices = Preferences(name=None, pace_days=2, timezone=zone, paused_until=None)
    preferences.change(public_id, choices)


def test_each_zone_gets_it_when_its_clocks_say_so_and_nobody_twice(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, local=NINE)
        assert newsletters.find(issue).state is IssueState.SCHEDULED
        got: dict[str, datetime] = {}
        for _ in range(100):
            machine.shift(timedelta(minutes=30))
            dispatch.tend()
            # Whoever moves keeps their place.
            if len(got) == 1:
                move(person("ada@example.com").public_id, Store.timezone)
            for row in send_what_is_due():
                assert row.recipient not in got
                got[row.recipient] = datetime.now(UTC)
        assert {email: at.astimezone(ZoneInfo(LIVES[email])) for email, at in got.items()} == {
            email: NINE.replace(tzinfo=ZoneInfo(zone)) for email, zone in LIVES.items()
        }


def test_the_waves_are_told_before_and_while_they_go(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        told = waves.expected(None, NINE)
        assert [(wave.zones, wave.readers) for wave in told] == [
            (("Asia/Tokyo",), 1),
            (("Europe/Berlin", "Europe/Paris"), 2),
            ((Store.timezone,), 1),
        ]
        issue = an_issue()
        dispatch.send(issue, local=NINE)
        machine.move_to(told[0].at - timedelta(minutes=9))
        dispatch.tend()
        assert progress.of(newsletters.find(issue)).later == 4
        machine.move_to(told[1].at)
        send_what_is_due()
        found = waves.of(newsletters.find(issue))
        assert [(wave.readers, wave.waiting) for wave in found] == [(1, 0), (2, 0), (1, 1)]
        assert [wave.at for wave in found] == [wave.at for wave in told]


def test_readers_without_a_zone_of_their_own_go_in_the_wave_of_the_shop(
    readers: None, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False):
        join("eve@example.com")
        change(timezone="Europe/Berlin")
        told = waves.expected(None, NINE)
        assert [(wave.zones, wave.readers) for wave in told] == [
            (("Asia/Tokyo",), 1),
            (("Europe/Berlin", "Europe/Paris"), 3),
            ((Store.timezone,), 1),
        ]
        issue = an_issue()
        dispatch.send(issue, local=NINE)
        dispatch.freeze(issue)
        due = {row.recipient: row.due_at for row in rows(issue)}
        assert due["eve@example.com"] == due["ben@example.com"] == told[1].at


def test_an_hour_that_is_over_for_some_is_refused(readers: None) -> None:
    with time_machine.travel(NOW, tick=False):
        issue = an_issue()
        with pytest.raises(TooLate, match="3 readers"):
            dispatch.send(issue, local=local("2026-03-02 11:00"))
        assert newsletters.find(issue).state is IssueState.DRAFT


def test_pause_resume_and_cancel_between_waves(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        issue = an_issue()
        dispatch.send(issue, local=NINE)
        first, second, third = (wave.at for wave in waves.expected(None, NINE))
        machine.move_to(first)
        dispatch.tend()
        assert len(send_what_is_due()) == 1
        dispatch.pause(issue)
        machine.move_to(second)
        assert send_what_is_due() == []
        dispatch.resume(issue)
        assert len(send_what_is_due()) == 2
        dispatch.cancel(issue)
        machine.move_to(third)
        assert send_what_is_due() == []
        assert progress.status(issue).excluded == {"cancelled": 1}


def test_a_schedule_by_clocks_that_is_taken_back_is_forgotten(readers: None) -> None:
    with time_machine.travel(NOW, tick=False):
        issue = an_issue()
        dispatch.send(issue, local=NINE)
        dispatch.unschedule(issue)
        dispatch.send(issue)
        assert {row.due_at for row in rows(issue)} == {NOW}
        assert {row.state for row in rows(issue)} == {State.PENDING}
        assert waves.of(newsletters.find(issue)) == []


@given(
    wanted=st.datetimes(local("2020-01-01 00:00"), local("2035-01-01 00:00")),
    zone=st.sampled_from([zone for zone in zones() if "/" in zone][::8]),
)
@settings(max_examples=200)
def test_a_moment_is_what_the_clocks_show_or_where_it_would_have_been(
    wanted: datetime, zone: str
) -> None:
    at = at_time(wanted, zone)
    shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert timedelta(0) <= shown - wanted <= timedelta(days=1)
    assert (shown == wanted) or at_time(shown, zone) == at
    # The first of two moments at which the clocks show the same.
    earlier = (at - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert earlier != wanted


@pytest.mark.parametrize(
    ("wanted", "zone", "at"),
    [
        (local("2026-03-29 02:30"), "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (local("2026-10-25 02:30"), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (local("2026-01-05 09:00"), "Asia/Kathmandu", datetime(2026, 1, 5, 3, 15, tzinfo=UTC)),
    ],
)
def test_gaps_folds_and_odd_offsets(wanted: datetime, zone: str, at: datetime) -> None:
    assert at_time(wanted, zone) == at
