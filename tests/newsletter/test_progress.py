"""The pace of an issue is that of its last minutes, and a pause does not slow it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from core import config
from core.mail import fates, queue, warming
from newsletter import dispatch, newsletters, progress
from tests.newsletter.conftest import Join
from tests.newsletter.test_newsletters import an_issue

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def send(messages: int) -> None:
    claimed = [row for row in queue.claim("worker", 100) if row.letter == "newsletter.issue"]
    for row in claimed[:messages]:
        queue.begin({row: "x"})
        fates.accept(row)
    fates.release(claimed[messages:])


def test_pace_and_time_left(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        for number in range(12):
            join(f"reader-{number}@example.com")
        for row in queue.claim("worker", 100):
            fates.exclude(row, "a test")
        issue = an_issue()
        dispatch.send(issue)
        assert progress.of(newsletters.find(issue)).per_minute is None
        machine.shift(timedelta(minutes=1))
        send(4)
        dispatch.tend()
        machine.shift(timedelta(seconds=30))
        send(2)
        told = progress.of(newsletters.find(issue))
        assert (told.settled, told.due, told.per_minute) == (6, 6, 4)
        assert told.ends_at == NOW + timedelta(minutes=3)
        dispatch.pause(issue)
        machine.shift(timedelta(days=1))
        assert progress.of(newsletters.find(issue)).per_minute is None
        dispatch.resume(issue)
        machine.shift(timedelta(seconds=30))
        send(3)
        assert progress.of(newsletters.find(issue)).per_minute == 6


def test_a_warm_up_says_how_many_may_go_today_and_when_the_last_does(
    app: Flask, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        shop = config.current()
        config.install(replace(shop, mail=replace(shop.mail, warm_up=NOW.date())))
        monkeypatch.setattr(warming, "FIRST", 2)
        monkeypatch.setattr(warming, "GROWTH", 1)
        for number in range(7):
            join(f"reader-{number}@example.com")
        for row in queue.claim("worker", 100):
            fates.exclude(row, "a test")
        issue = an_issue()
        dispatch.send(issue)
        machine.shift(timedelta(minutes=1))
        warming.take(1)
        send(1)
        told = progress.of(newsletters.find(issue))
        assert told.warm_up == progress.WarmUp(1, NOW.date() + timedelta(days=3))
        assert (told.per_minute, told.ends_at) == (1, None)
        assert warming.last_day(1) is None
        config.install(shop)
        assert progress.of(newsletters.find(issue)).warm_up is None
