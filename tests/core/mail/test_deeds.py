"""A whole source is paused, resumed and called off at once, and its messages follow in portions."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from core import db
from core.mail import deeds, fates, ledger, queue
from core.mail.models import Delivery, SourceDeed, State
from tests.core.mail.conftest import Write, states

MESSAGES = 12
SOURCE = "test:1"


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three messages follow at a time."""
    monkeypatch.setattr(deeds, "PORTION", 3)


def carry_out() -> None:
    """Until all messages followed."""
    while deeds.carry_out():
        pass


def in_force() -> int:
    """How many deeds are kept."""
    with db.reading() as session:
        return session.query(SourceDeed).count()


def test_a_pause_is_obeyed_before_its_messages_follow(app: Flask, write: Write) -> None:
    write(count=MESSAGES)
    write(count=2, source="test:2")
    deeds.hold(SOURCE)
    assert states() == {State.HELD: 3, State.PENDING: 9}
    assert {row.source for row in queue.claim("worker", 99)} == {"test:2"}
    assert not queue.is_work_waiting()
    carry_out()
    assert states() == {State.HELD: MESSAGES}
    deeds.resume(SOURCE)
    assert len(queue.claim("worker", 99)) == 3
    carry_out()
    assert states() == {State.CLAIMED: 3, State.PENDING: 9}
    assert in_force() == 0


def test_what_comes_back_from_a_worker_waits_with_the_others(app: Flask, write: Write) -> None:
    write(count=1)
    (begun,) = queue.begin(dict.fromkeys(queue.claim("worker", 1), "Hello"))
    deeds.hold(SOURCE)
    assert states() == {State.SENDING: 1}
    fates.postpone(begun, "451 busy")
    assert queue.claim("worker", 1) == []
    carry_out()
    assert states() == {State.HELD: 1}


def test_what_comes_back_of_a_source_that_was_called_off_does_not_go(
    app: Flask, write: Write
) -> None:
    write(count=MESSAGES)
    (begun,) = queue.begin(dict.fromkeys(queue.claim("worker", 1), "Hello"))
    deeds.cancel(SOURCE, "cancelled")
    assert queue.claim("worker", 9) == []
    carry_out()
    assert states() == {State.EXCLUDED: MESSAGES - 1, State.SENDING: 1}
    deeds.hold(SOURCE)
    fates.release([begun])
    carry_out()
    assert states() == {State.EXCLUDED: MESSAGES}
    deeds.carry_out()
    assert in_force() == 0


STEPS = (
    *("hold", "resume", "cancel", "carry out", "crash in a portion"),
    *("claim", "begin", "accept", "defer", "vanish"),
)


@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
@settings(max_examples=20)
def test_whatever_happens_nothing_goes_twice_or_during_a_pause_and_nothing_is_lost(
    app: Flask, write: Write, steps: list[str]
) -> None:
    run = Run(write)
    for step in steps:
        run.take(step)
        assert sum(states(run.source).values()) == MESSAGES
    run.finish()
    assert set(run.accepted.values()) <= {1}
    left = {State.ACCEPTED: len(run.accepted), State.EXCLUDED: MESSAGES - len(run.accepted)}
    assert states(run.source) == {state: count for state, count in left.items() if count}
    assert run.cancelled or len(run.accepted) == MESSAGES


numbers: Iterator[int] = iter(range(10**6))


class Run:
    """One worker and one member of staff at a source of its own."""

    def __init__(self, write: Write) -> None:
        self.source = f"run:{next(numbers)}"
        self.rests = self.cancelled = False
        self.claimed: list[Delivery] = []
        self.begun: list[Delivery] = []
        self.accepted: Counter[int] = Counter()
        write(count=MESSAGES, source=self.source)

    def take(self, step: str) -> None:
        """One step of either."""
        match step:
            case "hold" if not self.cancelled:
                deeds.hold(self.source)
                self.rests = True
            case "resume" if not self.cancelled:
                deeds.resume(self.source)
                self.rests = False
            case "cancel":
                deeds.cancel(self.source, "cancelled")
                self.cancelled = self.rests = True
            case "carry out":
                deeds.carry_out()
            case "crash in a portion":
                self._crash()
            case _:
                self._work(step)

    def finish(self) -> None:
        """Let it go on to its end."""
        self.take("resume")
        for _ in range(3 * MESSAGES):
            for step in ("carry out", "claim", "begin", "accept"):
                self.take(step)

    def _crash(self) -> None:
        with pytest.raises(KeyboardInterrupt), db.transaction():
            deeds.carry_out()
            raise KeyboardInterrupt

    def _work(self, step: str) -> None:
        match step:
            case "claim":
                taken = queue.claim("worker", 2)
                assert not (self.rests and taken)
                self.claimed += taken
            case "begin" if self.source not in deeds.at_rest():
                self.begun += queue.begin(dict.fromkeys(self.claimed, "Hello"))
                self.claimed = []
            case "accept":
                fates.accept(*self.begun)
                self.accepted.update(row.id for row in self.begun)
                self.begun = []
            case "defer":
                fates.release(self.begun)
                self.begun = []
            case "begin" | "vanish":
                fates.release(self.claimed)
                self.claimed = []


def test_counts_of_a_source_begin_and_end_somewhere(app: Flask, write: Write) -> None:
    assert (ledger.first(SOURCE), ledger.last(SOURCE)) == (None, 0)
    write(count=3)
    assert ledger.last(SOURCE) == (ledger.first(SOURCE) or 0) + 2
