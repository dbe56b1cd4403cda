"""Letters that a cap put off go as one message: each once, or not, whatever is killed between."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from core import config, db, settings
from core.mail import (
    acceptance,
    caps,
    deeds,
    fates,
    ledger,
    letters,
    merging,
    printing,
    queue,
    sending,
)
from core.mail.letters import Letter, Message
from core.mail.models import Delivery, State, Stream
from core.mail.pipelining import Answer, Fate, Parcel

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADA = "ada@example.com"
barred: dict[str, str] = {}
"""What the last look says of letters, by their keys."""


class Killed(BaseException):
    """The worker is no more."""


class Server:
    """Takes messages as a mail server would; `taken` counts what each person got, by its key."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.messages: list[str] = []
        self.answer = Fate.ACCEPTED
        self.at_each_step: Callable[[], None] = lambda: None

    def send(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Take all of them, or answer otherwise."""
        self.at_each_step()
        for parcel in parcels if self.answer is Fate.ACCEPTED else ():
            said = parcel.octets.decode()
            self.messages.append(said)
            self.taken.update(line[5:] for line in said.splitlines() if line.startswith("Key: "))
        return [Answer(self.answer, "451 later") for _ in parcels]

    def known(self, names: Any) -> set[str]:
        """Which of these Message-IDs it took."""
        return {name for name in names if any(name in said for said in self.messages)}


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    barred.clear()
    settings.change(letters_a_day=1)
    for name, merge in (("together", _together), ("alone", None)):
        letters.register(
            Letter(
                name=f"test.{name}",
                stream=Stream.MARKETING,
                compose=lambda delivery: _together([delivery]),
                merge=merge,
                last_look=lambda batch: {
                    row.id: barred[row.key] for row in batch if row.key in barred
                },
            )
        )
    found = Server()
    acceptance.install(found.known)
    yield found
    acceptance.install(acceptance.mailbox_log(config.current().mailbox_url or ""))


def _together(deliveries: Sequence[Delivery]) -> Message:
    text = "".join(f"Key: {delivery.key}\n" for delivery in deliveries)
    return Message(subject=f"{len(deliveries)} in one", html="<p>Letters</p>", text=text)


def write(*keys: str, letter: str = "together", to: str = ADA) -> None:
    for key in keys:
        ledger.enqueue(key=key, letter=f"test.{letter}", recipient=to, source=f"test:{key}")


def work(server: Server) -> None:
    """A worker's turn, by the statements that workers run."""
    sending.recover()
    claimed = queue.claim("worker", 50)
    press = printing.Press()
    press.load(claimed)
    with db.transaction():
        begun = sending._begin(claimed, press, tuple(Stream))
    answers = server.send([parcel for _, parcel in begun])
    with db.transaction():
        sending._settle(
            [(delivery, answer) for (delivery, _), answer in zip(begun, answers, strict=True)]
        )


def rows() -> dict[str, Delivery]:
    with db.reading() as session:
        return {row.key: row for row in session.scalars(select(Delivery).order_by(Delivery.id))}


def test_what_waits_goes_within_the_next_that_has_a_place(server: Server) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        write("first", "second", "third", "fourth", "fifth")
        work(server)
        assert server.taken == Counter(["first", "second", "third"])
        found = rows()
        assert {found[key].state for key in ("first", "second", "third")} == {State.ACCEPTED}
        assert found["first"].within is None
        assert {found[key].within for key in ("second", "third")} == {found["first"].id}
        assert {found[key].subject for key in ("first", "third")} == {"3 in one"}
        assert {found[key].reason for key in ("fourth", "fifth")} == {caps.WAITS}
        work(server)
        assert len(server.messages) == 1
        machine.shift(caps.DAY)
        work(server)
        assert server.taken == Counter(list(found))
        assert len(server.messages) == 2


def test_a_message_of_several_takes_one_place(server: Server) -> None:
    settings.change(letters_a_day=1, letters_a_week=2)
    with time_machine.travel(NOW, tick=False) as machine:
        write("first", "second", "third")
        work(server)
        machine.shift(caps.DAY)
        write("fourth")
        work(server)
        assert server.taken == Counter(list(rows()))
        assert len(server.messages) == 2


def test_only_letters_of_a_kind_that_agrees_to_it_and_that_wait_for_the_cap_alone(
    server: Server,
) -> None:
    with time_machine.travel(NOW, tick=False):
        write("first")
        write("refuses", letter="alone")
        write("not his", to="ben@example.com")
        write("barred", "second")
        barred["barred"] = "bought"
        work(server)
        assert server.taken == Counter(["first", "second", "not his"])
        assert len(server.messages) == 2
        found = rows()
        assert found["refuses"].reason == caps.WAITS
        assert (found["barred"].state, found["barred"].within) == (State.EXCLUDED, None)


def test_nothing_of_a_source_that_rests_is_taken_along(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.change(letters_a_day=1)
    with time_machine.travel(NOW, tick=False) as machine:
        write("first")
        work(server)
        write("second", "third")
        work(server)
        monkeypatch.setattr(deeds, "PORTION", 0)  # the row is there, and no message follows it yet
        deeds.hold("test:third")
        machine.shift(caps.DAY)
        work(server)
        assert server.taken == Counter(["first", "second"])
        assert rows()["third"].state is State.PENDING


def test_staff_may_have_each_go_by_itself(server: Server) -> None:
    settings.change(letters_merge=False)
    write("first", "second")
    work(server)
    assert server.taken == Counter(["first"])


def test_what_is_too_long_for_one_message_goes_by_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "LARGEST", 100)
    write("first", "second")
    work(server)
    assert server.taken == Counter(["first"])


def test_what_is_put_off_by_the_server_comes_apart_again(server: Server) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        write("first", "second")
        server.answer = Fate.DEFERRED
        work(server)
        found = rows()
        assert {row.state for row in found.values()} == {State.PENDING}
        assert {row.within for row in found.values()} == {None}
        assert ledger.call_off(["second"], "bought") == 1
        server.answer = Fate.ACCEPTED
        machine.shift(timedelta(minutes=5))
        work(server)
        assert server.taken == Counter(["first"])


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.UNKNOWN])
def test_what_fails_fails_together_and_staff_send_both_again(server: Server, fate: Fate) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        acceptance.install(lambda _: None)
        write("first", "second")
        server.answer = fate
        work(server)
        machine.shift(queue.LEASE + timedelta(seconds=1))
        sending.recover()
        found = rows()
        ended = State.FAILED if fate is Fate.REFUSED else State.UNKNOWN
        assert {row.state for row in found.values()} == {ended}
        assert found["second"].within == found["first"].id
        assert ledger.retry(found["first"].id)
        assert {(row.state, row.within) for row in rows().values()} == {(State.PENDING, None)}


def test_a_report_on_an_unknown_message_settles_all_of_it(server: Server) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        acceptance.install(lambda _: None)
        write("first", "second")
        server.answer = Fate.UNKNOWN
        work(server)
        machine.shift(queue.LEASE + timedelta(seconds=1))
        assert [row.key for row in queue.expired()] == ["first"]
        sending.recover()
        fates.accept(rows()["first"])
        assert {row.state for row in rows().values()} == {State.ACCEPTED}


def test_whatever_is_killed_between_two_statements_each_goes_once(
    server: Server, clean: Callable[[], None]
) -> None:
    """A worker dies before its first statement, its second, and so on; others take over."""
    deaths = 0
    with time_machine.travel(NOW, tick=False) as machine:
        for turn in range(400):
            clean()
            server.taken.clear()
            server.messages.clear()
            keys = [f"{turn}:{number}" for number in range(4)]
            write(*keys)
            died = False
            with suppress(Killed), dying_after(turn, server):
                died = True
                work(server)
                died = False
            deaths += died
            for _ in range(8):
                machine.shift(timedelta(hours=12))
                work(server)
            found = rows()
            assert {row.state for row in found.values()} == {State.ACCEPTED}, turn
            assert server.taken == Counter(keys), turn
            carriers = {row.id: row for row in found.values() if row.within is None}
            assert all(row.within in carriers for row in found.values() if row.within), turn
            if not died:
                break
    assert deaths > 10


@pytest.fixture
def clean(app: Flask) -> Callable[[], None]:
    def empty() -> None:
        with db.transaction() as session:
            session.execute(queue.TABLE.delete())

    return empty


@contextmanager
def dying_after(statements: int, server: Server) -> Iterator[None]:
    """Let the process end at the statement that comes after so many, or before handing over."""
    left = statements

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", count)
    server.at_each_step = count
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
        server.at_each_step = lambda: None
