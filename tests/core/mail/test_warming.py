"""A new sender's warm-up: a share for each day that all workers keep to, and receipts that never wait."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask

from core import config
from core.mail import queue, sending, stops, warming
from core.mail.models import State, Stream
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write, row, states

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
def clock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """The first day of a warm-up that begins with 30 messages."""
    monkeypatch.setattr(warming, "FIRST", 30)
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, warm_up=date(2026, 3, 2))))
    with time_machine.travel(NOW, tick=False) as machine:
        yield machine


def test_the_shares_grow_a_thousandfold_in_six_weeks_and_end() -> None:
    shares = [warming.share(number) for number in range(1, 44)]
    assert shares[0] == 200
    assert shares[-1] is None
    known = [each for each in shares if each is not None]
    assert known == sorted(known)
    assert known[-1] > 150_000
    assert max(later / earlier for earlier, later in pairwise(known)) < 1.2


def test_todays_share_goes_and_the_rest_waits_for_tomorrow(
    clock: time_machine.Traveller, mailbox: Mailbox, write: Write
) -> None:
    write(count=70)
    sending.deliver()
    assert states() == {State.ACCEPTED: 30, State.PENDING: 40}
    assert warming.today() == warming.Today(1, 30, 30)
    # Who looks again finds no work, so that no worker turns in vain.
    assert not queue.is_work_waiting()
    write(ADA, stream=Stream.TRANSACTIONAL)
    assert sending.deliver() == 1
    assert row(ADA).state is State.ACCEPTED
    clock.shift(timedelta(days=1))
    assert queue.is_work_waiting()
    sending.deliver()
    assert states() == {State.ACCEPTED: 66, State.PENDING: 5}
    clock.shift(timedelta(days=50))
    sending.deliver()
    assert states() == {State.ACCEPTED: 71}
    assert len(mailbox.messages()) == 71
    assert warming.today() is None


def test_what_one_worker_took_is_no_other_s(clock: time_machine.Traveller) -> None:
    assert [warming.take(20), warming.take(20), warming.take(20)] == [20, 10, 0]
    assert stops.open_streams() == (Stream.TRANSACTIONAL,)
    clock.shift(timedelta(days=1))
    assert stops.open_streams() == tuple(Stream)


def test_before_its_first_day_a_sender_is_as_new_as_on_it(clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=-9))
    assert warming.today() == warming.Today(-8, 0, 30)


def test_without_a_warm_up_nothing_is_counted(app: Flask) -> None:
    assert warming.take(1_000_000) == 1_000_000
    assert warming.today() is None
    assert stops.open_streams() == tuple(Stream)
