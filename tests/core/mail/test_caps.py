"""Caps: never more letters than one may get, in the order in which they were written; all go."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core import db, settings
from core.mail import caps, fates, ledger, queue
from core.mail.models import Delivery, State, Stream

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def kinds(app: Flask) -> None:
    settings.change(letters_a_day=2, letters_a_week=4)


def write(key: str, recipient: str = "ada@example.com", stream: Stream = Stream.MARKETING) -> None:
    ledger.enqueue(key=key, letter=f"test.{stream.value}", recipient=recipient, source="test")


def work(worker: str = "worker") -> int:
    """A worker's turn with a server that takes everything; how many letters went."""
    claimed = queue.claim(worker, 50)
    with db.transaction():
        held = list(caps.over(claimed))
        for delivery, until in held:
            fates.wait(delivery, until, caps.WAITS)
        late = {delivery.id for delivery, _ in held}
        begun = queue.begin({row: "x" for row in claimed if row.id not in late})
    fates.accept(*begun)
    return len(begun)


def every() -> list[Delivery]:
    with db.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_what_is_too_much_waits_and_receipts_do_not(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        for number in range(3):
            write(f"letter {number}")
        write("receipt", stream=Stream.TRANSACTIONAL)
        assert work() == 3
        (waiting,) = [row for row in every() if row.state is State.PENDING]
        assert (waiting.key, waiting.reason) == ("letter 2", caps.WAITS)
        assert waiting.due_at == NOW + caps.DAY
        machine.shift(caps.DAY - timedelta(seconds=1))
        assert work() == 0
        machine.shift(timedelta(seconds=1))
        assert work() == 1


def test_without_a_cap_nothing_waits(app: Flask) -> None:
    settings.change(letters_a_day=0, letters_a_week=0)
    for number in range(9):
        write(f"letter {number}")
    assert work() == 9


@examples(max_examples=6)
@given(
    hours=st.lists(
        st.tuples(st.integers(0, 150), st.sampled_from(["ada", "ben"])), min_size=1, max_size=14
    )
)
def test_nothing_is_dropped_never_too_much_and_the_order_is_kept(
    app: Flask, hours: list[tuple[int, str]]
) -> None:
    with db.transaction() as session:
        session.execute(delete(Delivery))
    with time_machine.travel(NOW, tick=False) as machine:
        coming = sorted(hours)
        for hour in range(150 + 24 * 7 * 4):
            machine.move_to(NOW + hour * HOUR)
            while coming and coming[0][0] == hour:
                write(f"letter {len(coming)}", f"{coming.pop(0)[1]}@example.com")
                work()
            if hour % 3 == 0 and any_is_due():
                work()
    went = defaultdict(list)
    for row in every():
        assert row.state is State.ACCEPTED
        assert row.settled_at is not None
        went[row.recipient].append(row.settled_at)
    assert sum(map(len, went.values())) == len(hours)
    for moments in went.values():
        assert moments == sorted(moments)
        for begin in moments:
            assert sum(begin <= each < begin + caps.DAY for each in moments) <= 2
            assert sum(begin <= each < begin + caps.WEEK for each in moments) <= 4


def test_workers_at_once_give_no_place_away_twice(app: Flask) -> None:
    for number in range(12):
        write(f"letter {number}", f"reader{number % 2}@example.com")

    def turn(number: int) -> None:
        with app.app_context():
            claimed = queue.claim(f"worker {number}", 3)
            with db.transaction():
                late = {delivery.id for delivery, _ in caps.over(claimed)}
                queue.begin({row: "x" for row in claimed if row.id not in late})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(turn, range(4)))
    begun = [row.recipient for row in every() if row.state is State.SENDING]
    assert sorted(begun) == ["reader0@example.com"] * 2 + ["reader1@example.com"] * 2


def any_is_due() -> bool:
    return queue.is_work_waiting()


def test_whoever_waits_goes_before_whoever_comes_later(app: Flask) -> None:
    settings.change(letters_a_day=1)
    with time_machine.travel(NOW, tick=False) as machine:
        write("first")
        work()
        write("second")
        assert work() == 0
        machine.shift(caps.DAY)
        in_other_hands = queue.claim("another", 1)
        write("third")
        assert work() == 0
        fates.release(in_other_hands, caps.WAITS)
        assert work() == 1
    assert [row.state for row in every()] == [State.ACCEPTED, State.ACCEPTED, State.PENDING]
