"""The gate to the list."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update

from core import db, settings
from core.links import BadLink
from core.mail import ledger
from core.mail.addresses import InvalidAddress
from core.mail.models import State
from core.readiness import State as Readiness
from newsletter import (
    consents,
    links,
    personal_data,
    preferences,
    readiness,
    sequences,
    subscribers,
    suppression,
    tick,
)
from newsletter.mailing import STEP
from newsletter.models import Consent, ConsentEvent, Standing, Subscriber
from newsletter.preferences import Preferences
from newsletter.steps import Mail
from newsletter.suppression import Reason
from tests.newsletter.conftest import Join, confirmation_token, mail_to, person

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_whoever_asks_gets_a_confirmation_and_is_not_on_the_list_yet(app: Flask) -> None:
    subscribers.subscribe(" Ada@Example.com ", source="post", name="Ada", pace_days=7)
    ada = person(ADA)
    assert (ada.standing, ada.source, ada.name, ada.pace_days) == (
        Standing.PENDING,
        "post",
        "Ada",
        7,
    )
    assert [row.letter for row in mail_to(ADA)] == [subscribers.CONFIRMATION]


def test_whoever_named_no_zone_has_the_shop_s_hours_whatever_they_become(
    app: Flask, join: Join
) -> None:
    join("ada@example.com")
    settled = Preferences(name=None, pace_days=2, timezone="Asia/Tokyo", paused_until=None)
    preferences.change(join("bob@example.com").public_id, settled)
    for zone in ("Europe/Berlin", "America/New_York"):
        settings.change(timezone=zone)
        assert hours_of("ada", "bob") == [zone, "Asia/Tokyo"]
    preferences.change(person("bob@example.com").public_id, replace(settled, timezone=None))
    assert hours_of("bob") == ["America/New_York"]


def hours_of(*names: str) -> list[str]:
    """Their zones, which Python and the database tell alike."""
    addresses = [f"{name}@example.com" for name in names]
    with db.reading() as session:
        told = select(Subscriber.email, Subscriber.timezone).where(Subscriber.email.in_(addresses))
        found = dict(session.execute(told).all())
        grouped = select(Subscriber.timezone, func.count()).group_by(Subscriber.timezone)
        assert set(found.values()) <= dict(session.execute(grouped).all()).keys()
    zones = [person(address).timezone for address in addresses]
    assert zones == [found[address] for address in addresses]
    return zones


def test_what_is_no_address_is_refused(app: Flask) -> None:
    for wrong in ("", "ada", "ada@", "ada@example", "a b@example.com", "ada@example.com\nBcc: x"):
        with pytest.raises(InvalidAddress):
            subscribers.subscribe(wrong, source="post")


def test_confirming_puts_a_person_on_the_list_once(app: Flask, join: Join) -> None:
    ada = join(ADA)
    assert ada.standing is Standing.CONFIRMED
    subscribers.confirm(confirmation_token(ADA))
    events = [receipt.event for receipt in consents.receipts(ada)]
    assert events == [ConsentEvent.REQUESTED, ConsentEvent.CONFIRMED]


def test_a_receipt_holds_the_exact_words_and_a_changed_one_is_found_out(
    app: Flask, join: Join
) -> None:
    ada = join(ADA)
    chain = consents.receipts(ada)
    assert "I can change the pace or unsubscribe at any time" in chain[0].wording
    assert consents.is_intact(chain)
    assert not consents.is_intact(chain[1:])
    with db.transaction():
        db.changed(update(Consent).where(Consent.id == chain[0].id).values(page="/elsewhere"))
    assert not consents.is_intact(consents.receipts(ada))


def test_a_confirmation_works_for_seven_days(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribers.subscribe(ADA, source="post")
        token = confirmation_token(ADA)
        clock.shift(timedelta(days=7, seconds=1))
        with pytest.raises(links.Expired):
            subscribers.confirm(token)
    assert person(ADA).standing is Standing.PENDING


def test_a_forged_confirmation_is_no_expired_one(app: Flask) -> None:
    with pytest.raises(BadLink) as error:
        subscribers.confirm("forged")
    assert not isinstance(error.value, links.Expired)


def test_whoever_is_on_the_list_and_asks_again_gets_nothing(app: Flask, join: Join) -> None:
    ada = join(ADA)
    before = len(mail_to(ADA))
    subscribers.subscribe(ADA, source="footer", name="Mallory", pace_days=14)
    assert len(mail_to(ADA)) == before
    assert (person(ADA).name, person(ADA).pace_days) == (ada.name, ada.pace_days)


def test_an_inbox_cannot_be_filled_with_confirmations(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(5):
            subscribers.subscribe(ADA, source="post")
        assert len(mail_to(ADA)) == 1
        for _ in range(5):
            clock.shift(timedelta(minutes=2))
            subscribers.subscribe(ADA, source="post")
        assert len(mail_to(ADA)) == subscribers.A_DAY_S_REQUESTS
        clock.shift(timedelta(days=1))
        subscribers.subscribe(ADA, source="post")
        assert len(mail_to(ADA)) == subscribers.A_DAY_S_REQUESTS + 1


def test_leaving_takes_effect_at_once_and_only_once(app: Flask, join: Join) -> None:
    ada = join(ADA)
    for _ in range(2):
        subscribers.unsubscribe(ada.public_id, method="one-click")
    assert person(ADA).standing is Standing.UNSUBSCRIBED
    receipts = consents.receipts(ada)
    assert [receipt.method for receipt in receipts] == ["form", "button", "one-click"]
    assert consents.is_intact(receipts)


def test_a_link_from_before_leaving_confirms_nothing(app: Flask, join: Join) -> None:
    ada = join(ADA)
    old = confirmation_token(ADA)
    subscribers.unsubscribe(ada.public_id, method="button")
    with pytest.raises(links.Expired):
        subscribers.confirm(old)
    assert person(ADA).standing is Standing.UNSUBSCRIBED


def test_whoever_left_may_join_anew_with_a_new_confirmation(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        subscribers.unsubscribe(join(ADA).public_id, method="button")
        clock.shift(timedelta(hours=1))
        subscribers.subscribe(ADA, source="post")
        assert person(ADA).standing is Standing.UNSUBSCRIBED
        assert subscribers.confirm(confirmation_token(ADA)).standing is Standing.CONFIRMED


def test_leaving_can_be_taken_back(app: Flask, join: Join) -> None:
    ada = join(ADA)
    assert not subscribers.resubscribe(ada.public_id)
    subscribers.unsubscribe(ada.public_id, method="button")
    assert subscribers.resubscribe(ada.public_id)
    assert person(ADA).standing is Standing.CONFIRMED


@pytest.mark.parametrize("reason", [Reason.STAFF, Reason.BOUNCED, Reason.COMPLAINED])
def test_whoever_is_shut_out_comes_back_by_no_link_of_theirs(
    app: Flask, join: Join, visitor: FlaskClient, reason: Reason
) -> None:
    ada = join(ADA)
    subscribers.subscribe("ben@example.com", source="post")
    token = confirmation_token("ben@example.com")
    for address in (ADA, "ben@example.com"):
        subscribers.turn_away(address, reason)
    assert subscribers.resubscribe(ada.public_id) is False
    page = visitor.get(f"/newsletter/preferences/{links.token(ada.public_id)}").text
    assert "No letters come to this address" in page
    assert 'value="return"' not in page
    with pytest.raises(links.Expired):
        subscribers.confirm(token)
    assert Standing.CONFIRMED not in {person(ADA).standing, person("ben@example.com").standing}


def test_an_address_that_complained_is_never_asked_again(app: Flask, join: Join) -> None:
    join(ADA)
    subscribers.turn_away(ADA, Reason.COMPLAINED)
    assert person(ADA).standing is Standing.COMPLAINED
    before = len(mail_to(ADA))
    subscribers.subscribe(ADA, source="post")
    assert len(mail_to(ADA)) == before


def test_erasing_leaves_a_hash_and_nothing_else(app: Flask, join: Join) -> None:
    ada = join(ADA)
    personal_data.erase(ada.public_id)
    with db.reading() as session:
        for table in (Subscriber, Consent):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert mail_to(ADA) == []
    assert suppression.reason(ada.address_hash) is Reason.ERASED
    assert ledger.count("confirmations") == {State.EXCLUDED: 1}
    subscribers.unsubscribe(ada.public_id, method="one-click")
    personal_data.erase(ada.public_id)


def test_whoever_was_erased_may_come_back_by_confirming(app: Flask, join: Join) -> None:
    ada = join(ADA)
    personal_data.erase(ada.public_id)
    assert join(ADA).standing is Standing.CONFIRMED
    assert suppression.reason(ada.address_hash) is None


def test_whoever_gets_the_number_of_an_erased_reader_gets_their_own_letters(
    app: Flask, join: Join
) -> None:
    """SQLite gives the highest number again once its row is gone, and keys hold numbers."""
    steps = [Mail(subject="One", preheader="", body="Hello", delay_days=0)]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    with time_machine.travel(NOW, tick=False):
        for email in (ADA, "ben@example.com"):
            reader = join(email)
            tick.tick()
            assert [row.letter for row in mail_to(email)] == [subscribers.CONFIRMATION, STEP]
            personal_data.erase(reader.public_id)


def test_a_reader_chooses_pace_name_zone_and_pause(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ada = join(ADA)
        chosen = Preferences(
            name="Ada", pace_days=7, timezone="Europe/Berlin", paused_until=date(2026, 3, 10)
        )
        preferences.change(ada.public_id, chosen)
        ada = person(ADA)
        assert preferences.of(ada) == chosen
        assert ada.paused_until == datetime(2026, 3, 9, 23, tzinfo=UTC)
        clock.move_to(datetime(2026, 3, 10, tzinfo=UTC))
        assert preferences.of(ada).paused_until is None


def test_a_pace_that_is_not_offered_is_refused(app: Flask, join: Join) -> None:
    ada = join(ADA)
    wrong = (
        Preferences(name=None, pace_days=3, timezone="UTC", paused_until=None),
        Preferences(name=None, pace_days=2, timezone="Mars/Base", paused_until=None),
    )
    for choice in wrong:
        with pytest.raises(ValueError):
            preferences.change(ada.public_id, choice)


def test_a_name_greets_a_person_and_advertises_nothing() -> None:
    assert subscribers.clean_name("  Ada   Lovelace ") == "Ada Lovelace"
    for name in ("", "   ", "win at www.example.com", "https://x", "a@b", "x" * 81):
        assert subscribers.clean_name(name) is None


def test_what_is_held_about_a_person_can_be_taken_away(app: Flask, join: Join) -> None:
    held = personal_data.export(join(ADA))
    assert held["subscriber"]["email"] == ADA
    assert [consent["event"] for consent in held["consents"]] == ["requested", "confirmed"]
    assert len(held["messages"]) == 1


def test_a_launch_is_blocked_where_a_receipt_was_changed_or_taken_away(
    app: Flask, join: Join
) -> None:
    ada, ben = join(ADA), join("ben@example.com")
    subscribers.subscribe("chloe@example.com", source="post")
    assert consents.examine() == (3, [])
    [finding] = readiness.check()
    assert finding.state is Readiness.OK
    with db.transaction():
        changed = update(Consent).where(Consent.subscriber_id == ada.id, Consent.number == 1)
        db.changed(changed.values(wording="I want everything."))
        db.changed(delete(Consent).where(Consent.subscriber_id == ben.id, Consent.number == 2))
    assert consents.examine() == (1, [ada.id, ben.id])
    [finding] = readiness.check()
    assert finding.state is Readiness.BLOCKS
    assert f"/staff/subscribers/{ben.id}" in finding.detail
