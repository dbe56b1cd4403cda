"""What staff may know of an address, and do to it."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import clock, db
from core.mail import bounces, hashes, ledger, queue
from core.mail import letters as mail_letters
from core.mail.models import Delivery, Report, State
from core.mail.notices import Notice
from newsletter import (
    dispatch,
    imports,
    letters,
    mailing,
    newsletters,
    personal_data,
    sequences,
    shutouts,
    subscribers,
    suppression,
    tick,
    upkeep,
    walks,
)
from newsletter.models import Standing, Subscriber
from newsletter.shutouts import TooMany
from newsletter.steps import Mail
from newsletter.suppression import Reason
from tests.newsletter.conftest import Join, person

ED = "ed@shop.example"
ADA = "ada@example.com"


def mark_of(address: str) -> Reason | None:
    return suppression.reason(hashes.keyed_hash(address))


def fates(address: str) -> list[tuple[str, State, str | None]]:
    """The letters to an address that may still go, or were called off."""
    with db.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.recipient == address))
        return [
            (row.letter, row.state, row.reason) for row in rows if row.state is not State.ACCEPTED
        ]


def bounced(address: str, key: str = "a-bounce") -> None:
    bounces.take(
        [
            Notice(
                key=key,
                kind=Report.HARD_BOUNCE,
                recipient=address,
                status="5.1.1",
                detail="550 5.1.1 no such user",
            )
        ]
    )


def test_an_address_that_nobody_knows_is_shut_out_and_let_in_again(app: Flask) -> None:
    assert shutouts.look_up(" Dan@Example.com ").mark is None
    assert shutouts.shut_out(" Dan@Example.com ", by=ED) == "dan@example.com"
    found = shutouts.look_up("dan@example.com")
    assert (found.mark, found.person, found.may_be_let_in) == (Reason.STAFF, None, True)
    assert [(each.event, each.what, each.by) for each in found.history] == [("set", "staff", ED)]
    subscribers.subscribe("dan@example.com", source="test")
    assert mark_of("dan@example.com") is Reason.STAFF
    assert [state for _, state, _ in fates("dan@example.com")] == [State.EXCLUDED]
    assert shutouts.let_in("DAN@example.com", by=ED)
    assert not shutouts.let_in("dan@example.com", by=ED)
    assert shutouts.look_up("dan@example.com").mark is None
    with db.reading() as session:
        known = session.scalars(select(Subscriber.email)).all()
    assert known == ["dan@example.com"], "only the sign-up wrote it down"


def test_what_waits_and_the_sequences_of_a_reader_end_with_their_shutting_out(
    app: Flask, join: Join
) -> None:
    steps = [
        Mail(subject="Welcome", preheader="", body="Hello.", delay_days=0),
        Mail(subject="Later", preheader="", body="Again.", delay_days=3),
    ]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    ada, ben = join(ADA), join("ben@example.com")
    tick.tick()
    issue = newsletters.draft("A letter", "Hello")
    dispatch.send(issue)
    ledger.enqueue(key="a receipt", letter="shop.receipt", recipient=ADA, source="order:1")
    shutouts.shut_out(ADA, by=ED)
    assert person(ADA).standing is Standing.UNSUBSCRIBED
    assert (walks.active(ada.id), len(walks.active(ben.id))) == ([], 1)
    waits = [letter for letter, state, _ in fates(ADA) if state is State.PENDING]
    assert waits == ["shop.receipt"]
    ended = {letter for letter, _, why in fates(ADA) if why == "suppressed: staff"}
    assert ended >= {mailing.ISSUE, mailing.STEP}
    assert {row.recipient for row in queue.claim("worker", 99) if row.source == "order:1"} == {ADA}


def test_whoever_is_shut_out_before_they_confirm_is_neither_asked_nor_reminded(app: Flask) -> None:
    with time_machine.travel(clock.now(), tick=False) as machine:
        for address in (ADA, "ben@example.com"):
            subscribers.subscribe(address, source="test")
        shutouts.shut_out(ADA, by=ED)
        assert [why for _, _, why in fates(ADA)] == ["suppressed: staff"]
        machine.shift(upkeep.REMIND_AFTER)
        assert upkeep.remind() == 2
        reminders = [row for row in queue.claim("worker", 9) if row.letter == letters.REMINDER]
        with db.reading():
            looked = mail_letters.look(letters.REMINDER, reminders)
    refused = {row.recipient: looked[row.id] for row in reminders if row.id in looked}
    assert refused == {ADA: "suppressed: staff"}


def test_a_bounce_is_lifted_and_the_reader_stands_as_they_agreed(app: Flask, join: Join) -> None:
    join(ADA)
    bounced(ADA)
    found = shutouts.look_up(ADA)
    assert (found.mark, found.gets_letters, found.may_be_let_in) == (Reason.BOUNCED, False, True)
    assert [(each.what, each.detail) for each in found.history if each.event == "reported"] == [
        ("hard bounce", "550 5.1.1 no such user")
    ]
    assert shutouts.let_in(ADA, by=ED)
    assert shutouts.look_up(ADA).gets_letters
    bounced(ADA, key="another")
    assert mark_of(ADA) is Reason.BOUNCED
    assert person(ADA).standing is Standing.BOUNCED


def test_whom_staff_shut_out_does_not_come_back_by_being_let_in(app: Flask, join: Join) -> None:
    join(ADA)
    shutouts.shut_out(ADA, by=ED)
    assert shutouts.let_in(ADA, by=ED)
    assert not shutouts.look_up(ADA).gets_letters
    assert subscribers.resubscribe(person(ADA).public_id)


def test_staff_lift_neither_a_complaint_nor_an_erasure(app: Flask, join: Join) -> None:
    ada, ben = join(ADA), join("ben@example.com")
    subscribers.turn_away(ADA, Reason.BOUNCED)
    subscribers.turn_away(ADA, Reason.COMPLAINED)
    personal_data.erase(ben.public_id)
    for address in (ada.email, "ben@example.com", "nobody@example.com"):
        assert not shutouts.let_in(address, by=ED)
    assert (mark_of(ADA), mark_of("ben@example.com")) == (Reason.COMPLAINED, Reason.ERASED)


def test_letting_in_an_erased_address_revives_it_for_no_import(app: Flask, join: Join) -> None:
    personal_data.erase(join(ADA).public_id)
    shutouts.shut_out(ADA, by=ED)
    assert mark_of(ADA) is Reason.STAFF
    assert shutouts.let_in(ADA, by=ED)
    assert mark_of(ADA) is Reason.ERASED
    listed = imports.examine(f"email\n{ADA}\n", origin="old.csv", by=ED)
    assert imports.carry_out(listed).suppressed == 1


def test_pasted_lines_are_told_apart(app: Flask) -> None:
    pasted = f"Ada@Example.com\n\n ben@example.com,\nnot an address\n{ADA}\n@x\n"
    lines = shutouts.read(pasted)
    assert lines.addresses == (ADA, "ben@example.com")
    assert [(number, line) for number, line, _ in lines.faults] == [
        (4, "not an address"),
        (6, "@x"),
    ]
    with pytest.raises(TooMany):
        shutouts.read("\n".join(f"{n}@example.com" for n in range(shutouts.MOST + 1)))


def test_many_are_foreseen_and_shut_out(app: Flask, join: Join) -> None:
    join(ADA)
    shutouts.shut_out("dan@example.com", by=ED)
    those = (ADA, "ben@example.com", "dan@example.com")
    outlook = shutouts.foresee(those)
    assert (outlook.addresses, outlook.marked, outlook.readers) == (3, 1, 1)
    assert outlook.named == [ADA]
    assert shutouts.shut_out_all(those, by=ED) == 2
    assert {mark_of(each) for each in those} == {Reason.STAFF}
