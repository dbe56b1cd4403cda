"""What becomes of messages, whatever the mail server and the workers do."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from core import config, db, events
from core.mail import (
    acceptance,
    bounces,
    deeds,
    fates,
    grouping,
    heartbeat,
    ledger,
    letters,
    printing,
    queue,
    sending,
    smtp,
)
from core.mail.events import Bounced
from core.mail.letters import Letter, Message, Wait
from core.mail.models import Delivery, MailReport, Report, State, Stream
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write, compose, row, states

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def received(mailbox: Mailbox) -> list[str]:
    return [message.rcpt_tos[0] for message in mailbox.messages()]


def is_about(wait: timedelta, planned: timedelta) -> bool:
    """A wait is the planned one, or longer by chance, so that what failed together comes apart."""
    return planned <= wait <= planned * (1 + fates.JITTER)


def nobody_can_tell() -> None:
    acceptance.install(lambda _: None)


def test_a_message_is_handed_over_and_accepted(app: Flask, mailbox: Mailbox, write: Write) -> None:
    write(ADA)
    assert sending.deliver() == 1
    assert (row().state, row().subject) == (State.ACCEPTED, f"Letter {row().key}")
    assert received(mailbox) == [ADA]
    assert sending.deliver() == 0


def test_no_line_is_too_long_and_the_text_arrives_whole(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    write(ADA)
    sending.deliver()
    message = mailbox.messages()[0]
    assert "x" * 2000 in message.html
    assert max(len(line) for line in message.raw.splitlines()) <= 998


def test_somebody_who_waits_comes_before_everybody_who_does_not(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    write("ben@example.com", stream=Stream.MARKETING)
    write(ADA, stream=Stream.TRANSACTIONAL)
    sending.deliver()
    assert received(mailbox) == [ADA, "ben@example.com"]


def test_the_same_message_is_written_once(app: Flask, mailbox: Mailbox, write: Write) -> None:
    for _ in range(3):
        write(ADA)
    sending.deliver()
    assert len(mailbox.messages()) == 1


def test_a_refusal_for_good_fails_and_holds_up_nobody(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    mailbox.reject(ADA)
    write(ADA)
    write("ben@example.com")
    sending.deliver()
    assert row().state is State.FAILED
    assert (row().reason or "").startswith("550 5.1.1")
    assert row("ben@example.com").state is State.ACCEPTED
    with db.reading() as session:
        assert [each.recipient for each in session.scalars(select(MailReport))] == [ADA]
    assert (State.FAILED, "550", 1) in ledger.tally("test:1")


@pytest.mark.parametrize(
    ("answer", "is_dead"),
    [
        ("550 5.1.1 No such mailbox", True),
        ("550-5.1.1 The email account that you tried to reach does not exist.", True),
        ("556 5.1.10 Recipient address has null MX", True),
        ("550 5.7.1 Message rejected as spam by policy 5.1.1", False),
        ("552 5.2.2 Mailbox full", False),
        ("550 No such user", False),
        ("the address is malformed", False),
    ],
)
def test_an_address_that_the_server_says_does_not_exist_counts_as_bounced(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch, answer: str, *, is_dead: bool
) -> None:
    told: list[object] = []
    monkeypatch.setattr(events, "tell", told.append)
    write(ADA)
    with db.transaction():
        for _ in range(2):
            bounces.take_refusal(row(), answer)
    assert told == ([Bounced(ADA)] if is_dead else [])
    with db.reading() as session:
        kept = [(each.kind, each.recipient) for each in session.scalars(select(MailReport))]
    assert kept == ([(Report.HARD_BOUNCE, ADA)] if is_dead else [])


def test_a_refusal_for_now_is_tried_again_later_and_later(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        mailbox.defer(2)
        write(ADA)
        sending.deliver()
        assert (row().state, row().attempts) == (State.PENDING, 1)
        assert is_about(row().due_at - NOW, timedelta(minutes=1))
        assert sending.deliver() == 0
        machine.shift(timedelta(minutes=2))
        sending.deliver()
        assert is_about(row().due_at - NOW - timedelta(minutes=2), timedelta(minutes=5))
        machine.shift(timedelta(minutes=7))
        sending.deliver()
        assert (row().state, row().attempts) == (State.ACCEPTED, 3)


def test_a_message_that_is_always_refused_for_now_fails_in_the_end(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        mailbox.defer(100)
        write(ADA)
        for _ in range(len(fates.RETRIES) + 1):
            sending.deliver()
            machine.shift(timedelta(days=2))
        assert row().state is State.FAILED
        assert sending.deliver() == 0


def test_while_the_server_is_down_everything_waits_and_nothing_counts(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        write(count=60)
        with mailbox.refusing():
            for _ in range(3):
                assert sending.deliver() == 0
                machine.shift(timedelta(minutes=1))
        with db.reading():
            attempts = {delivery.attempts for delivery in queue.claim("test", 99)}
        assert attempts == {0}
        machine.shift(timedelta(minutes=1))
        sending.deliver()
        assert states() == {State.ACCEPTED: 60}
        assert len(set(received(mailbox))) == 60


def test_a_connection_that_the_server_ends_is_opened_again(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    write("ben@example.com")
    groups, lease = grouping.Grouping(), heartbeat.Lease("test")
    with smtp.Connection() as connection:
        assert sending._drain("test", lease, connection, queue.claim("test", 9), groups) == 1
        with mailbox.refusing():
            pass
        write(ADA)
        assert sending._drain("test", lease, connection, queue.claim("test", 9), groups) == 1
    assert states() == {State.ACCEPTED: 2}
    assert row().attempts == 1


def test_what_may_be_another_worker_s_by_now_is_not_begun(
    app: Flask, mailbox: Mailbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        write(f"reader{number}@example.com")
    with monkeypatch.context() as patch:
        held = iter([True, True])
        patch.setattr(heartbeat.Lease, "holds", lambda _: next(held, False))
        sending.deliver()
    assert states() == {State.ACCEPTED: 2, State.PENDING: 4}
    assert row("reader5@example.com").attempts == 0
    assert len(received(mailbox)) == 2
    sending.deliver()
    assert states() == {State.ACCEPTED: 6}
    assert len(received(mailbox)) == len(set(received(mailbox))) == 6


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        mailbox.lose_replies(1)
        write(ADA)
        sending.deliver()
        assert row().state is State.SENDING
        machine.shift(queue.LEASE)
        sending.deliver()
        assert row().state is State.ACCEPTED
        assert len(mailbox.messages()) == 1


def test_a_lost_answer_that_nobody_can_look_up_leaves_marketing_unknown(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        nobody_can_tell()
        mailbox.lose_replies(1)
        write(ADA)
        sending.deliver()
        machine.shift(queue.LEASE)
        for _ in range(3):
            sending.deliver()
            machine.shift(timedelta(days=1))
        assert row().state is State.UNKNOWN
        assert len(mailbox.messages()) == 1


def test_a_receipt_whose_fate_is_unknown_goes_again_with_the_same_message_id(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        nobody_can_tell()
        mailbox.lose_replies(1)
        write(ADA, stream=Stream.TRANSACTIONAL)
        sending.deliver()
        machine.shift(queue.LEASE)
        sending.deliver()
        machine.shift(timedelta(minutes=2))
        sending.deliver()
        assert row().state is State.ACCEPTED
        first, second = mailbox.messages()
        assert first.message_id == second.message_id


def test_while_the_log_cannot_be_asked_a_fate_stays_open(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    def unanswered(_: object) -> None:
        raise acceptance.Unanswered("away")

    with time_machine.travel(NOW, tick=False) as machine:
        mailbox.lose_replies(1)
        write(ADA)
        sending.deliver()
        acceptance.install(unanswered)
        machine.shift(timedelta(hours=1))
        sending.deliver()
        assert row().state is State.SENDING


def test_staff_may_send_again_what_is_unknown(app: Flask, mailbox: Mailbox, write: Write) -> None:
    write(ADA)
    (claimed,) = queue.claim("gone", 1)
    queue.begin({claimed: "x"})
    fates.lose(claimed, "connection lost")
    assert not ledger.retry(-1)
    assert ledger.retry(claimed.id)
    sending.deliver()
    assert row().state is State.ACCEPTED


def test_a_worker_that_comes_back_from_the_dead_can_write_no_outcome(
    app: Flask, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        write(ADA)
        (old,) = queue.claim("zombie", 1)
        machine.shift(queue.LEASE)
        assert queue.reclaim() == 1
        (new,) = queue.claim("living", 1)
        assert not queue.begin({old: "x"})
        assert not fates.accept(old)
        assert queue.begin({new: "x"})
        assert fates.accept(new)
        assert old.fence != new.fence


def test_a_worker_that_lives_keeps_what_it_holds(app: Flask, write: Write) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        write(ADA)
        queue.claim("slow", 1)
        machine.shift(queue.LEASE - timedelta(seconds=1))
        queue.renew("slow")
        machine.shift(queue.LEASE - timedelta(seconds=1))
        assert queue.reclaim() == 0
        machine.shift(timedelta(seconds=1))
        assert queue.reclaim() == 1


def test_the_heart_beats_while_the_server_takes_its_time(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten = threading.Event()
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=0.2))
    monkeypatch.setattr(queue, "renew", lambda _: beaten.set())
    with heartbeat.beating("slow"):
        assert beaten.wait(5)


def test_many_workers_at_once_send_each_message_once(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    write(count=200)

    def work() -> int:
        with app.app_context():
            return sending.drain()

    with ThreadPoolExecutor(4) as workers:
        handed_over = sum(worker.result() for worker in [workers.submit(work) for _ in range(4)])
    assert handed_over == 200
    assert states() == {State.ACCEPTED: 200}
    assert sorted(received(mailbox)) == sorted(
        f"reader{number}@example.com" for number in range(200)
    )


def test_within_a_process_one_thread_sends_and_the_others_are_free(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0

    def drain() -> int:
        nonlocal turns
        turns += 1
        if turns == 1:
            with ThreadPoolExecutor(1) as other:
                assert other.submit(sending.deliver).result(5) == 0
        return 1

    monkeypatch.setattr(sending, "drain", drain)
    assert sending.deliver() == 2


def test_a_pause_takes_effect_with_the_next_group(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    groups: list[object] = []

    def look_and_pause(batch: object) -> dict[int, letters.Verdict]:
        groups.append(batch)
        if len(groups) == 2:
            deeds.hold("test:1")
        return {}

    letters.register(
        Letter(
            name="test.marketing",
            stream=Stream.MARKETING,
            compose=compose,
            last_look=look_and_pause,
        )
    )
    write(count=60)
    assert sending.deliver() == grouping.FIRST
    assert states() == {State.ACCEPTED: grouping.FIRST, State.HELD: 60 - grouping.FIRST}
    deeds.resume("test:1")
    sending.deliver()
    assert states() == {State.ACCEPTED: 60}
    assert len(received(mailbox)) == 60


def test_a_slow_server_gets_small_groups_and_a_fast_one_large_ones(app: Flask) -> None:
    groups = grouping.Grouping()
    assert (groups.size, groups.claim) == (grouping.FIRST, 2 * grouping.FIRST)
    groups.learn(25, 5.0)
    assert groups.size == 2
    groups.learn(2, 60.0)
    assert groups.size == 1
    groups.learn(0, 0.0)
    groups.learn(1, 0.0)
    assert groups.size == grouping.MOST
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, rate=14.0)))
    assert (groups.size, groups.claim) == (14, 14)


def test_a_receipt_comes_before_the_rest_of_a_newsletter(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    def compose_and_sell(delivery: Delivery) -> Message:
        write(ADA, stream=Stream.TRANSACTIONAL)
        return compose(delivery)

    letters.register(
        Letter(name="test.marketing", stream=Stream.MARKETING, compose=compose_and_sell)
    )
    write(count=200)
    sending.deliver()
    assert received(mailbox).index(ADA) <= grouping.FIRST + grouping.MOST


def test_the_last_look_excludes_or_puts_off(app: Flask, mailbox: Mailbox, write: Write) -> None:
    def look(batch: object) -> dict[int, letters.Verdict]:
        assert isinstance(batch, list)
        by_address = {delivery.recipient: delivery.id for delivery in batch}
        verdicts: dict[int, letters.Verdict] = {}
        if "ben@example.com" in by_address:
            verdicts[by_address["ben@example.com"]] = "unsubscribed"
        if "chloe@example.com" in by_address:
            verdicts[by_address["chloe@example.com"]] = Wait(
                until=NOW + timedelta(days=1), reason="pace"
            )
        return verdicts

    letters.register(
        Letter(name="test.marketing", stream=Stream.MARKETING, compose=compose, last_look=look)
    )
    with time_machine.travel(NOW, tick=False):
        for to in (ADA, "ben@example.com", "chloe@example.com"):
            write(to)
        assert sending.deliver() == 1
        assert received(mailbox) == [ADA]
        ben, chloe = (row(f"{name}@example.com") for name in ("ben", "chloe"))
        assert (ben.state, ben.reason) == (State.EXCLUDED, "unsubscribed")
        assert (chloe.state, chloe.due_at, chloe.attempts) == (
            State.PENDING,
            NOW + timedelta(days=1),
            0,
        )


def test_a_message_that_cannot_be_composed_holds_up_nobody(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    with time_machine.travel(NOW, tick=False):
        write("ben@example.com", fault="name")
        write("chloe@example.com", undeliverable=True)
        write(ADA)
        assert sending.deliver() == 1
        ben = row("ben@example.com")
        assert (ben.state, ben.attempts, ben.reason) == (State.PENDING, 1, "KeyError: 'name'")
        assert row("chloe@example.com").state is State.FAILED
        assert received(mailbox) == [ADA]


def test_a_letter_that_nobody_writes_any_more_fails(app: Flask, write: Write) -> None:
    write(ADA)
    letters._letters.pop("test.marketing")
    sending.deliver()
    assert (row().state, row().reason) == (State.FAILED, "no letter is called 'test.marketing'")


def test_no_header_can_be_smuggled_in(app: Flask, mailbox: Mailbox, write: Write) -> None:
    write(ADA, subject="Hello\r\nBcc: all@example.com")
    write("ben@example.com", headers={"List-Id": "x\r\nBcc: all@example.com"})
    sending.deliver()
    assert states() == {State.FAILED: 2}
    assert received(mailbox) == []


def test_stopping_gives_back_what_has_not_begun(app: Flask, mailbox: Mailbox, write: Write) -> None:
    def compose_and_stop(delivery: Delivery) -> Message:
        sending.stopping.set()
        return compose(delivery)

    letters.register(
        Letter(name="test.marketing", stream=Stream.MARKETING, compose=compose_and_stop)
    )
    write(count=60)
    sending.deliver()
    assert states() == {State.ACCEPTED: grouping.FIRST, State.PENDING: 60 - grouping.FIRST}
    assert row("reader59@example.com").attempts == 0


def test_a_rate_is_kept(app: Flask, mailbox: Mailbox, write: Write) -> None:
    slow = config.current()
    config.install(replace(slow, mail=replace(slow.mail, rate=100.0)))
    started = datetime.now(UTC)
    write(count=60)
    sending.deliver()
    assert datetime.now(UTC) - started >= timedelta(seconds=grouping.FIRST / 100)
    assert states() == {State.ACCEPTED: 60}


def test_work_that_nobody_rang_for_is_seen(app: Flask, write: Write) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        assert not queue.is_work_waiting()
        write(ADA)
        assert queue.is_work_waiting()
        queue.claim(f"host:{os.getpid()}", 1)
        assert not queue.is_work_waiting()
        machine.shift(queue.LEASE)
        assert queue.is_work_waiting()


def test_the_queue_is_read_by_its_index(app: Flask, database_kind: str, write: Write) -> None:
    """A partial index serves only where the state stands in the SQL itself."""
    run: list[tuple[Any, ...]] = []
    write(count=3)
    event.listen(db.engine(), "before_cursor_execute", lambda *call: run.append(call))
    queue.claim("test", 1)
    _, _, statement, parameters, *_ = run[-1]
    assert "delivery.state = 'pending'" in statement
    if database_kind == "sqlite":
        with db.engine().connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert "USING INDEX ix_delivery_due" in str(plan.all())


def test_what_is_printed_ahead_is_what_goes_and_a_fault_shows_when_it_is_wanted(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(count=3)
    first, second, third = queue.claim("test", 3)
    press = printing.Press()
    press.load([first, second])
    press.print_next()
    ahead = press.take(first)
    assert isinstance(ahead, printing.Printed)
    with monkeypatch.context() as broken:
        broken.setattr("core.mail.dkim.sign", lambda octets: octets[-1:] + 1)
        press.print_next()
        with pytest.raises(TypeError):
            press.take(second)
    press.load([second, third])
    for _ in range(3):
        press.print_next()
    for delivery in (second, third):
        sheet = press.take(delivery)
        assert isinstance(sheet, printing.Printed)
        assert sheet.parcel.recipient == delivery.recipient
