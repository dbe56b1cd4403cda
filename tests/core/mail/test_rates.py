"""Flows that all workers share: kept, slowed where a server asks for it, and recovered."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask

from core import config
from core.mail import rates
from core.mail.models import Delivery
from core.mail.pipelining import Answer, Fate

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def to(recipient: str, reason: str | None = None) -> Delivery:
    return Delivery(recipient=recipient, reason=reason)


def deferred(text: str) -> Answer:
    return Answer(Fate.DEFERRED, text)


def test_a_server_that_asks_for_patience_gets_it_and_others_are_not_slowed(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada, ben = to("ada@gmail.com"), to("ben@example.com")
        rates.heed(ada, deferred("450 4.7.28 too fast"))
        group = [to(f"reader{number}@googlemail.com") for number in range(20)]
        waiting = list(rates.too_soon([*group, ben]))
        assert {row for row, _ in waiting} < set(group)
        assert max(until for _, until in waiting) > NOW + timedelta(seconds=2)
        assert list(rates.too_soon([to("chloe@gmail.com", rates.PATIENCE)])) == []
        machine.shift(timedelta(hours=3))
        assert list(rates.too_soon(group)) == []


def test_a_full_mailbox_slows_nobody(app: Flask) -> None:
    rates.heed(to("ada@gmail.com"), deferred("452 4.2.2 mailbox full"))
    rates.heed(to("ada@gmail.com"), deferred("450 4.2.1 mailbox busy"))
    assert list(rates.too_soon([to(f"r{n}@gmail.com") for n in range(50)])) == []


def test_our_own_provider_slows_everybody_and_never_above_its_rate(app: Flask) -> None:
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, rate=8.0)))
    with time_machine.travel(NOW, tick=False):
        rates.heed(to("ada@example.com"), deferred("454 Throttling failure: rate exceeded"))
        first, second = rates._reserve(rates.PROVIDER, 8), rates._reserve(rates.PROVIDER, 8)
        assert first
        assert second
        assert second - first == timedelta(seconds=2)


def test_who_is_told_to_stop_waits_no_longer(app: Flask) -> None:
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, rate=0.01)))
    stopping = threading.Event()
    assert rates.wait_for(1, stopping)
    stopping.set()
    assert not rates.wait_for(1, stopping)
