"""An import that was a mistake is taken back, and nobody loses what is their own doing."""

from io import StringIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from core import db
from core.mail import hashes
from core.settings import Store
from newsletter import (
    consents,
    import_rollbacks,
    imports,
    personal_data,
    preferences,
    segments,
    sequences,
    subscribers,
    walks,
)
from newsletter.models import (
    ConsentEvent,
    ImportEntry,
    Standing,
    Subscriber,
)
from newsletter.preferences import Preferences
from newsletter.steps import Mail
from newsletter.suppression import Reason
from shop.models import LetterRefusal
from tests.newsletter.conftest import Join, confirmation_token, mail_to, person

pytestmark = pytest.mark.one_database

HEADER = "email,name,timezone,tags,consent_at,consent_source\n"
ADA, BEN, CHLOE = "ada@example.com", "ben@example.com", "chloe@example.com"
EVIDENCE = "2025-05-01T10:00:00Z,Klaviyo"


def bring(rows: str, *, start: str | None = None) -> int:
    outcome = imports.read(StringIO(HEADER + rows), origin="old.csv", start=start)
    assert outcome.run is not None
    return outcome.run


def everybody() -> set[str]:
    with db.reading() as session:
        return set(session.scalars(select(Subscriber.email)))


def why(run: int) -> dict[str, str]:
    return {subscriber.email: reason for subscriber, reason in import_rollbacks.left(run)}


def test_whoever_an_import_brought_is_gone_with_tags_and_waiting_mail(app: Flask) -> None:
    run = bring(f"{ADA},Ada,,vip,{EVIDENCE}\n{BEN},Ben,,,,\n")
    assert import_rollbacks.undo(run) == {"removed": 2, "restored": 0, "left": 0}
    assert everybody() == set()
    assert list(segments.tags()) == []
    assert mail_to(BEN) == []
    with pytest.raises(import_rollbacks.AlreadyUndone):
        import_rollbacks.undo(run)


def test_their_receipts_are_kept_under_a_hash_and_still_prove_themselves(app: Flask) -> None:
    run = bring(f"{ADA},Ada,,,{EVIDENCE}\n")
    import_rollbacks.undo(run)
    with db.reading() as session:
        entry = session.scalars(select(ImportEntry)).one()
    assert entry.address_hash == hashes.keyed_hash(ADA)
    assert entry.proof
    assert "Klaviyo" in entry.proof[0]["wording"]
    assert consents.is_intact(consents.restored(entry.proof))
    assert ADA not in str([entry.before, entry.given, entry.proof])


def test_whoever_was_removed_can_be_brought_again(app: Flask) -> None:
    import_rollbacks.undo(bring(f"{ADA},,,,{EVIDENCE}\n"))
    bring(f"{ADA},,,,{EVIDENCE}\n")
    assert person(ADA).standing is Standing.CONFIRMED


def test_whoever_did_something_since_stays_and_is_named(app: Flask) -> None:
    names = ("ada", "ben", "chloe", "dan", "eve")
    rows = "".join(f"{name}@example.com,,,,{EVIDENCE}\n" for name in names[1:])
    run = bring(f"{ADA},,,,,\n{rows}")
    subscribers.confirm(confirmation_token(ADA))
    subscribers.unsubscribe(person(BEN).public_id, method="button")
    chosen = Preferences(name="Chloe", pace_days=7, timezone=Store.timezone, paused_until=None)
    preferences.change(person(CHLOE).public_id, chosen)
    subscribers.turn_away("dan@example.com", Reason.BOUNCED)
    assert import_rollbacks.undo(run) == {"removed": 1, "restored": 0, "left": 4}
    assert why(run) == {
        ADA: "confirmed since",
        BEN: "unsubscribed since",
        CHLOE: "changed their preferences since",
        "dan@example.com": "mail to them came back",
    }
    assert person(BEN).standing is Standing.UNSUBSCRIBED


def test_whoever_was_known_before_is_as_before(app: Flask, join: Join) -> None:
    ada = join(ADA)
    segments.tag(ada.id, "runs")
    run = bring(f'{ADA},Ada,Europe/Berlin,"runs,vip",{EVIDENCE}\n')
    ada = person(ADA)
    assert (ada.name, ada.timezone, segments.tags_of(ada)) == (
        "Ada",
        "Europe/Berlin",
        ["runs", "vip"],
    )
    assert import_rollbacks.undo(run) == {"removed": 0, "restored": 1, "left": 0}
    ada = person(ADA)
    assert (ada.name, ada.timezone, ada.standing) == (None, Store.timezone, Standing.CONFIRMED)
    assert segments.tags_of(ada) == ["runs"]


def test_whoever_had_asked_before_waits_again_and_walks_no_further(app: Flask) -> None:
    steps = [Mail(subject="One", preheader="", body="Hello", delay_days=0)]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    subscribers.subscribe(ADA, source="post")
    run = bring(f"{ADA},,,,{EVIDENCE}\n", start="welcome")
    assert person(ADA).standing is Standing.CONFIRMED
    import_rollbacks.undo(run)
    assert person(ADA).standing is Standing.PENDING
    assert walks.active(person(ADA).id) == []
    chain = consents.receipts(person(ADA))
    assert [receipt.event for receipt in chain][-1] is ConsentEvent.WITHDRAWN
    assert consents.is_intact(chain)
    with db.reading() as session:
        assert session.scalars(select(LetterRefusal)).all() == []


@pytest.mark.parametrize(("people", "end"), [(400, "removed"), (100, "restored")])
def test_the_many_are_undone_in_few_statements(app: Flask, people: int, end: str) -> None:
    steps = [Mail(subject="One", preheader="", body="Hello", delay_days=0)]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    if end == "restored":
        for number in range(people):
            subscribers.subscribe(f"reader-{number}@example.com", source="post")
    rows = (f"reader-{number}@example.com,,,vip,{EVIDENCE}\n" for number in range(people))
    run = bring("".join(rows), start="welcome")
    asked: list[str] = []

    def note(*call: Any) -> None:
        asked.append(call[2])

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        assert import_rollbacks.undo(run)[end] == people
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
    # SQLAlchemy inserts receipts one by one in SQLite, which hands out their numbers.
    assert len([each for each in asked if "INTO consent" not in each]) < 80


def test_an_erased_person_is_in_no_import_any_more(app: Flask) -> None:
    run = bring(f"{ADA},Ada,,,{EVIDENCE}\n")
    personal_data.erase(person(ADA).public_id)
    assert import_rollbacks.undo(run) == {"removed": 0, "restored": 0, "left": 0}
    with db.reading() as session:
        assert session.scalars(select(ImportEntry)).all() == []


@settings(max_examples=12)
@given(
    before=st.sets(st.sampled_from("abcdef"), max_size=4),
    brought=st.sets(st.sampled_from("abcdef"), min_size=1),
    left=st.sets(st.sampled_from("abcdef")),
)
def test_an_import_and_its_undoing_leave_the_list_as_it_was(
    app: Flask, before: set[str], brought: set[str], left: set[str]
) -> None:
    prefix = f"{len(everybody())}-"
    mail = {letter: f"{prefix}{letter}@example.com" for letter in "abcdef"}
    for letter in before:
        subscribers.subscribe(mail[letter], source="test")
    at_first = everybody()
    run = bring("".join(f"{mail[letter]},,,,{EVIDENCE}\n" for letter in brought))
    for letter in left & brought:
        subscribers.unsubscribe(person(mail[letter]).public_id, method="button")
    import_rollbacks.undo(run)
    assert everybody() == at_first | {mail[letter] for letter in left & brought}
