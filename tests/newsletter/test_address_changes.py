"""A reader's letters move to another address, and only once somebody says so from there."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core import clock, db
from core.mail.hashes import keyed_hash
from core.mail.models import Delivery, State
from newsletter import (
    address_changes,
    consents,
    dispatch,
    imports,
    links,
    newsletters,
    personal_data,
    subscribers,
    suppression,
    upkeep,
)
from newsletter.models import AddressChange, ConsentEvent, Standing, Subscriber
from newsletter.suppression import Reason
from tests.newsletter.conftest import Join, mail_to, person

pytestmark = pytest.mark.one_database

ADA, NEW = "ada@example.com", "ada@new.example"


@pytest.fixture
def ada(join: Join) -> Subscriber:
    """Ada, who is on the list."""
    return join(ADA)


def wish() -> str:
    with db.reading() as session:
        asked = session.scalars(select(AddressChange.public_id).order_by(AddressChange.id))
        return address_changes.token(asked.all()[-1])


def test_letters_move_once_the_new_address_says_so(ada: Subscriber) -> None:
    address_changes.ask(ada.public_id, "Ada@New.example")
    assert [row.letter for row in mail_to(NEW)] == [address_changes.LETTER]
    assert person(ADA).id == ada.id
    for _ in range(2):
        address_changes.confirm(wish())
    moved = person(NEW)
    assert (moved.id, moved.standing) == (ada.id, Standing.CONFIRMED)
    chain = consents.receipts(moved)
    assert chain[-1].event is ConsentEvent.MOVED
    assert "come to this address" in chain[-1].wording
    assert consents.is_intact(chain)
    assert personal_data.former_addresses(moved) == [ADA]


def test_what_waits_goes_to_the_new_address_and_what_went_stays(ada: Subscriber) -> None:
    with db.transaction():
        db.changed(update(Delivery).values(state=State.ACCEPTED))
    dispatch.send(newsletters.draft("News", "Hello {{ name }}.", preheader="News."))
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    assert "newsletter.issue" in {row.letter for row in mail_to(NEW)}
    assert [row.letter for row in mail_to(ADA)] == [subscribers.CONFIRMATION]
    assert len(personal_data.messages(person(NEW))) == 3


def test_the_answer_is_the_same_whoever_has_the_address(
    visitor: FlaskClient, ada: Subscriber, join: Join
) -> None:
    join("ben@example.com")
    suppression.suppress(join("dan@example.com").address_hash, Reason.COMPLAINED)
    path = f"/newsletter/preferences/{links.token(ada.public_id)}"
    answers = {
        visitor.post(path, data={"action": "move", "email": each}).text
        for each in ("ben@example.com", "dan@example.com", NEW)
    }
    assert len(answers) == 1
    assert [row.letter for row in mail_to("dan@example.com")] == [subscribers.CONFIRMATION]


def test_a_bad_address_is_named_at_its_field_and_stays_there(
    visitor: FlaskClient, ada: Subscriber
) -> None:
    path = f"/newsletter/preferences/{links.token(ada.public_id)}"
    for bad in ("ada@", ADA):
        answer = visitor.post(path, data={"action": "move", "email": bad})
        assert answer.status_code == 400
        assert f'value="{bad}"' in answer.text
        assert 'id="email-error"' in answer.text


def test_no_inbox_is_filled_by_moves(
    ada: Subscriber, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "BRAKE", timedelta(0))
    for number in range(5):
        address_changes.ask(join(f"reader{number}@example.com").public_id, NEW)
    assert len(mail_to(NEW)) == subscribers.A_DAY_S_REQUESTS
    for number in range(5):
        address_changes.ask(ada.public_id, f"new{number}@example.com")
    with db.reading() as session:
        mine = select(AddressChange).where(AddressChange.subscriber_id == ada.id)
        assert len(session.scalars(mine).all()) == subscribers.A_DAY_S_REQUESTS


def test_where_letters_come_already_those_to_the_old_address_end(
    ada: Subscriber, join: Join
) -> None:
    ben = join("ben@example.com")
    address_changes.ask(ada.public_id, "ben@example.com")
    assert address_changes.confirm(wish()).id == ben.id
    assert person(ADA).standing is Standing.UNSUBSCRIBED
    assert person("ben@example.com").standing is Standing.CONFIRMED


def test_a_stranger_s_unconfirmed_request_is_in_nobody_s_way(ada: Subscriber) -> None:
    subscribers.subscribe(NEW, source="post")
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    assert person(NEW).id == ada.id


def test_a_link_of_a_week_ago_moves_nothing(
    ada: Subscriber, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address_changes.ask(ada.public_id, NEW)
    path = f"/newsletter/move/{wish()}"
    assert visitor.get(path).status_code == 200
    monkeypatch.setattr(address_changes, "VALID", timedelta(0))
    assert visitor.get(path).status_code == 410
    assert visitor.post(path).status_code == 410
    assert person(ADA).id == ada.id
    upkeep.tend()
    with db.reading() as session:
        assert session.scalars(select(AddressChange)).all() == []


def test_a_link_that_is_not_ours_moves_nothing(visitor: FlaskClient, app: Flask) -> None:
    assert visitor.get("/newsletter/move/forged").status_code == 404
    assert visitor.post("/newsletter/move/forged").status_code == 404


def test_an_erasure_forgets_the_old_address_too(app: Flask, ada: Subscriber) -> None:
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    personal_data.erase(ada.public_id)
    with db.reading() as session:
        assert set(session.scalars(select(Delivery.recipient))) == {""}
        assert session.scalars(select(AddressChange)).all() == []


def test_no_import_revives_an_erased_reader_by_an_address_that_was_theirs(
    app: Flask, ada: Subscriber, join: Join
) -> None:
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    personal_data.erase(ada.public_id)
    for address in (ADA, NEW):
        assert suppression.reason(keyed_hash(address)) is Reason.ERASED
    assert join(ADA).standing is Standing.CONFIRMED, "they themselves may come back"


def test_an_erasure_shuts_nobody_out_who_has_the_address_now(
    app: Flask, ada: Subscriber, join: Join
) -> None:
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    join(ADA)
    personal_data.erase(ada.public_id)
    assert suppression.reason(keyed_hash(ADA)) is None


@pytest.mark.parametrize("others", [False, True])
def test_no_import_brings_back_an_address_that_its_reader_left_behind(
    app: Flask, ada: Subscriber, join: Join, *, others: bool
) -> None:
    address_changes.ask(ada.public_id, NEW)
    address_changes.confirm(wish())
    if others:
        join(ADA)
    rows = f"{ADA},2025-05-01T10:00:00Z,Klaviyo\n{NEW},2025-05-01T10:00:00Z,Klaviyo\n"
    outcome = imports.read(StringIO(f"email,consent_at,consent_source\n{rows}"), origin="old.csv")
    assert (outcome.confirmed, outcome.asked, outcome.already) == (0, 0, 2)
    with db.reading() as session:
        known = set(session.scalars(select(Subscriber.email)))
    assert known == ({ADA, NEW} if others else {NEW})


def test_an_address_that_nobody_confirmed_is_kept_nowhere(
    app: Flask, ada: Subscriber, join: Join
) -> None:
    """Neither after the link has ended, nor after an erasure; another reader's mail stays theirs."""
    join("ben@example.com")
    ben_s = len(mail_to("ben@example.com"))
    address_changes.ask(ada.public_id, NEW)
    with time_machine.travel(clock.now() + address_changes.VALID + timedelta(hours=1)):
        assert address_changes.forget() == 1
        assert mail_to(NEW) == []
        address_changes.ask(ada.public_id, "ben@example.com")
        personal_data.erase(ada.public_id)
    assert len(mail_to("ben@example.com")) == ben_s
    with db.reading() as session:
        assert session.scalars(select(AddressChange)).all() == []
