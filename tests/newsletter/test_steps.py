"""The steps of a sequence: what may be written, and when each comes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter import steps, zones
from newsletter.conditions import CameFrom, Match, Rule, Tagged, Term
from newsletter.models import Subscriber
from newsletter.steps import BadSteps, Branch, End, Goal, Late, Mail, Tag

TERM = {"kind": "tagged", "holds": "yes", "tag": "a"}
MAIL = {"kind": "mail", "subject": "One", "body": "Hello"}
# A Monday, ten in the morning in New York.
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADA = Subscriber(zone="America/New_York", pace_days=2, paused_until=None)


def test_what_is_written_is_read_again() -> None:
    runner = Rule((Term(Tagged("runner")),))
    either = Rule((Term(Tagged("runner")), Term(CameFrom("post"), holds=False)), Match.ANY)
    path = [
        Mail(subject="One", body="Hello", delay_days=3, late=Late.SKIP),
        Branch(rule=either, otherwise=4),
        Tag(tag="knows", weekday=1, hour=18),
        Goal(rule=runner),
        End(),
    ]
    assert steps.read(steps.write(path)) == path


def test_a_version_from_before_there_were_kinds_is_read() -> None:
    old = {"subject": "One", "preheader": "", "body": "Hello", "delay_days": 3}
    assert steps.read([old]) == [Mail(subject="One", body="Hello", delay_days=3)]


def test_a_step_that_asked_for_one_condition_alone_is_read() -> None:
    term = {"kind": "tagged", "holds": "no", "tag": "runner"}
    asked = Rule((Term(Tagged("runner"), holds=False),))
    old: list[dict[str, Any]] = [
        {"kind": "branch", "otherwise": 2, "term": term},
        {"kind": "goal", "term": term},
    ]
    assert steps.read(old) == [Branch(rule=asked, otherwise=2), Goal(rule=asked)]
    assert steps.read(steps.write(steps.read(old))) == steps.read(old)


@pytest.mark.parametrize(
    "stored",
    [
        [],
        [MAIL] * (steps.MOST + 1),
        [{"kind": "wish"}],
        [{"kind": "mail", "subject": "One"}],
        [MAIL | {"body": " "}],
        [MAIL | {"colour": "red"}],
        [MAIL | {"delay_days": "3"}],
        [MAIL | {"delay_days": True}],
        [MAIL | {"delay_days": -1}],
        [MAIL | {"hour": 24}],
        [MAIL | {"weekday": 7}],
        [MAIL | {"late": "never"}],
        [{"kind": "tag", "tag": ""}],
        [{"kind": "branch", "otherwise": 1, "term": {"kind": "tagged", "holds": "perhaps"}}],
        [{"kind": "goal", "rule": {"match": "all", "terms": []}}],
        [{"kind": "goal", "rule": {"match": "some", "terms": [TERM]}}],
        [{"kind": "goal", "rule": {"match": "all", "terms": [TERM]}, "term": TERM}],
        [{"kind": "mail", "subject": "One", "body": "Hello", "term": TERM}],
        [MAIL, {"kind": "branch", "otherwise": 1, "term": TERM}],
        [{"kind": "branch", "otherwise": 2, "term": TERM}],
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(stored: list[dict[str, Any]]) -> None:
    with pytest.raises(BadSteps):
        steps.read(stored)


@pytest.mark.parametrize(
    ("step", "when"),
    [
        (Mail(subject="a", body="b"), NOW),
        (Mail(subject="a", body="b", delay_hours=1), NOW + timedelta(hours=1)),
        # The reader's pace is two days.
        (Mail(subject="a", body="b", delay_days=1), datetime(2026, 3, 4, 14, tzinfo=UTC)),
        (End(delay_days=1), datetime(2026, 3, 3, 14, tzinfo=UTC)),
        # Tuesday at six in the evening; clocks change on March 8.
        (End(weekday=1, hour=18), datetime(2026, 3, 3, 23, tzinfo=UTC)),
        (End(weekday=0, hour=9), datetime(2026, 3, 9, 13, tzinfo=UTC)),
        (End(hour=10), NOW),
    ],
)
def test_a_step_comes_by_the_reader_s_clock(step: steps.Step, when: datetime) -> None:
    assert steps.due(step, NOW, ADA) == when


FIFTY = zones.zones()[:: len(zones.zones()) // 50][:50]


def days_of_change(zone: str) -> list[date]:
    """The days of three years on which a zone's clocks change, and one on which they do not."""
    every = [date(2026, 1, 1) + timedelta(days=n) for n in range(3 * 365)]
    lengths = {
        day: zones.at_hour(day + timedelta(days=1), 0, zone) - zones.at_hour(day, 0, zone)
        for day in every
    }
    return [date(2026, 5, 4), *(day for day in every if lengths[day] != timedelta(days=1))]


def test_fifty_zones_are_looked_at_and_many_of_them_change_their_clocks() -> None:
    assert len(set(FIFTY)) == 50
    assert sum(len(days_of_change(zone)) > 6 for zone in FIFTY) >= 10


@pytest.mark.parametrize("zone", FIFTY)
def test_an_hour_is_the_reader_s_own_when_clocks_change(zone: str) -> None:
    reader = Subscriber(zone=zone, pace_days=2, paused_until=None)
    for day, hour, before in product(days_of_change(zone), range(24), (0, 1, 26)):
        reached = zones.at_hour(day, 0, zone) - timedelta(hours=before)
        began = zones.local_day(reached, zone)
        asked = [
            (End(hour=hour), None),
            (End(weekday=day.weekday(), hour=hour), day),
            (Mail(subject="a", body="b", delay_days=3, hour=hour), began + timedelta(days=3)),
        ]
        for step, meant in asked:
            due = steps.due(step, reached, reader)
            local = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            wanted = datetime.combine(meant or local.date(), time(hour))
            assert reached <= due <= reached + timedelta(days=8), (step, reached)
            # An hour that the clocks leave out comes as much later as they jump.
            assert timedelta(0) <= local - wanted <= timedelta(hours=2), (step, reached, local)
