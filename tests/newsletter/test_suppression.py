"""Marks of the suppression list: the gravest counts, and lifting one leaves the others."""

from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core import db
from core.mail import hashes, ledger, letters
from core.mail.models import Delivery, Stream
from newsletter import mailing, suppression
from newsletter.models import Suppression, SuppressionLog
from newsletter.suppression import GRAVEST_FIRST, Count, Reason

WITHHELD = (
    "blog.answer",
    "blog.answer_confirmation",
    "shop.checkout_reminder",
    "shop.restock_confirmation",
    "shop.restock",
    "shop.review_request",
)
ADA = "a" * 64
BEN = "b" * 64
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

deeds = st.lists(st.tuples(st.booleans(), st.sampled_from(Reason)), max_size=12)


@given(deeds=deeds)
def test_the_gravest_mark_that_was_not_lifted_counts(
    app: Flask, deeds: list[tuple[bool, Reason]]
) -> None:
    with db.transaction():
        for table in (Suppression, SuppressionLog):
            db.changed(delete(table))
    marks = set[Reason]()
    for sets, mark in deeds:
        if sets:
            assert suppression.suppress(ADA, mark) == (mark not in marks)
            marks.add(mark)
        else:
            assert suppression.lift(ADA, mark) == (mark in marks)
            marks.discard(mark)
        gravest = next((each for each in GRAVEST_FIRST if each in marks), None)
        assert suppression.reason(ADA) is gravest
        assert suppression.among([ADA, BEN]) == ({ADA} if marks else set())


def test_it_counts_since_the_mark_in_force_was_set(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        suppression.suppress(ADA, Reason.BOUNCED)
        suppression.suppress(BEN, Reason.BOUNCED)
        machine.shift(timedelta(days=1))
        suppression.suppress(ADA, Reason.STAFF, by="ed@shop.example")
        assert suppression.by_month() == [
            Count(2026, 12, Reason.STAFF, 1),
            Count(2026, 11, Reason.BOUNCED, 1),
        ]
        suppression.lift(ADA, Reason.STAFF, by="ed@shop.example")
    assert suppression.by_month() == [Count(2026, 11, Reason.BOUNCED, 2)]
    told = [(each.event.value, each.by) for each in suppression.deeds_of_staff(9)]
    assert told == [("lifted", "ed@shop.example"), ("set", "ed@shop.example")]


def test_letters_of_other_packages_are_withheld_but_receipts_go(app: Flask) -> None:
    marks = {"a@example.com": Reason.STAFF, "b@example.com": Reason.ERASED}
    for address, mark in marks.items():
        suppression.suppress(hashes.keyed_hash(address), mark)
    for letter in WITHHELD:
        for recipient in ("A@Example.com", "b@example.com", "c@example.com"):
            ledger.enqueue(
                key=f"{letter}:{recipient}",
                person=0,
                letter=letter,
                recipient=recipient,
                source="x",
            )
    with db.reading() as session:
        for letter in WITHHELD:
            rows = session.scalars(select(Delivery).where(Delivery.letter == letter)).all()
            verdicts = letters.look(letter, rows)
            shut = {row.recipient for row in rows if verdicts.get(row.id) == "suppressed: staff"}
            assert shut == {"A@Example.com"}, letter


def test_every_letter_that_is_no_receipt_heeds_the_list(app: Flask) -> None:
    withheld = {name for name in letters.names() if letters.find(name).withheld}
    assert withheld == set(WITHHELD)
    others = {
        name for name in letters.names() - withheld if letters.find(name).stream is Stream.MARKETING
    }
    # Their own last look asks for more than that; those of the proof and of tests go to nobody.
    assert {name for name in others if not name.startswith(("proof.", "test."))} == {
        mailing.ISSUE,
        mailing.STEP,
    }
