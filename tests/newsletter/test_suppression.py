"""Marks of the suppression list: the gravest counts, and lifting one leaves the others."""

from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from core import db
from newsletter import suppression
from newsletter.models import Suppression, SuppressionLog
from newsletter.suppression import GRAVEST_FIRST, Count, Reason

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
