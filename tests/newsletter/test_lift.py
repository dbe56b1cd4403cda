"""Holding out a part of the readers by lot, and what an issue added to the rest."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import shop.samples
from core import db
from core.mail.models import Delivery
from newsletter import dispatch, lift, lots, newsletters, preferences, progress
from newsletter.lift import Group
from newsletter.models import Subscriber
from tests import samples
from tests.newsletter.conftest import Join, person
from tests.staff.test_orders import order_of

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
NAMES = [f"reader-{number}" for number in range(24)]


@pytest.fixture
def readers(app: Flask, join: Join) -> None:
    """Two dozen people on the list."""
    samples.fill(shop.samples)
    with db.transaction():
        for name in NAMES:
            join(f"{name}@example.com")


def an_issue() -> int:
    return newsletters.draft("A letter", "Hello.", preheader="Only this.")


def test_sql_draws_the_lots_that_python_draws(readers: None) -> None:
    with db.reading() as session:
        for issue in (1, 2, 977):
            drawn = select(
                Subscriber.id,
                lots.drawn(Subscriber.id, issue),
                lots.drawn_part(Subscriber.id, issue),
            )
            for reader, lot, part in session.execute(drawn):
                assert (lot, part) == (lots.lot(reader, issue), lots.part(reader, issue))


def test_lots_are_even_and_another_issue_draws_anew() -> None:
    held = [{reader for reader in range(20_000) if lots.lot(reader, n) < 10} for n in (1, 2)]
    assert all(1_900 < len(each) < 2_100 for each in held)
    assert 120 < len(held[0] & held[1]) < 280
    neighbors = Counter((lots.lot(n, 1) < 50, lots.lot(n + 1, 1) < 50) for n in range(4_000))
    assert min(neighbors.values()) > 200


@given(issue=st.integers(1, 10**6), of=st.integers(1, 10**6))
@example(issue=1201, of=1)
@settings(max_examples=30)
def test_whoever_draws_alike_is_spread_over_all_parts(issue: int, of: int) -> None:
    alike = [reader for reader in range(of, of + 6_000) if lots.lot(reader, issue) < 10]
    parts = Counter(lots.part(reader, issue) for reader in alike)
    assert len(parts) == lots.PARTS
    assert max(parts.values()) < 2 * len(alike) / lots.PARTS


def test_whoever_is_held_out_is_counted_and_gets_nothing(readers: None) -> None:
    preferences.pause(person("reader-0@example.com").public_id)
    issue = an_issue()
    dispatch.send(issue, held_out=50)
    status = progress.status(issue)
    held = status.excluded["held out"]
    assert 0 < held < 23
    assert status.excluded["paused"] == 1
    assert status.audience == 24 == status.pending + held + 1
    with pytest.raises(ValueError, match="50 percent"):
        dispatch.send(an_issue(), held_out=51)


def test_buyers_of_both_parts_are_counted_for_a_week(readers: None) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        order_of("reader-1", 1000)
        machine.shift(timedelta(hours=1))
        issue = an_issue()
        dispatch.send(issue, held_out=50)
        assert lift.measure(newsletters.find(an_issue())) is None
        machine.shift(timedelta(days=1))
        sent, held = buyers_in_each_part(issue)
        for number, name in enumerate((*sent[:3], held[0])):
            order_of(name, 1001 + number)
        machine.shift(timedelta(days=7))
        order_of(held[1], 1010)
        found = lift.measure(newsletters.find(issue))
        assert found
        assert found.sent == Group(len(sent), 3)
        assert found.held_out == Group(len(held), 1)
        assert found.least < found.added < found.most
        assert not found.is_sure


def buyers_in_each_part(issue: int) -> tuple[list[str], list[str]]:
    with db.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.source == f"newsletter:{issue}"))
        parts: tuple[list[str], list[str]] = ([], [])
        for row in rows:
            parts[row.reason == lift.HELD_OUT].append(row.recipient.partition("@")[0])
    return parts


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, table II, examples (a), (b) and (g), by method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_the_interval_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = lift.interval(Group(one[1], one[0]), Group(other[1], other[0]))
    assert found == pytest.approx((low, high), abs=0.0001)


def test_of_an_issue_that_was_called_off_nothing_is_said(readers: None) -> None:
    issue = an_issue()
    dispatch.send(issue, held_out=20)
    assert lift.measure(newsletters.find(issue)) is not None
    dispatch.cancel(issue)
    assert lift.measure(newsletters.find(issue)) is None
