"""What the confirmation promises to those who do not confirm."""

from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from core import db
from core.mail import letters
from newsletter import letters as newsletter_letters
from newsletter import personal_data, subscribers, upkeep
from newsletter.models import Subscriber
from tests.newsletter.conftest import Join, mail_to

ADA = "ada@example.com"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_one_reminder_comes_a_day_later_and_only_one(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        subscribers.subscribe(ADA, source="post")
        join("ben@example.com")
        assert upkeep.remind() == 0
        machine.shift(timedelta(days=1, minutes=1))
        assert (upkeep.remind(), upkeep.remind()) == (1, 0)
        letters_to_ada = [row.letter for row in mail_to(ADA)]
        assert letters_to_ada == [subscribers.CONFIRMATION, newsletter_letters.REMINDER]


def test_whoever_never_confirms_is_forgotten(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        subscribers.subscribe(ADA, source="post")
        join("ben@example.com")
        machine.shift(timedelta(days=7))
        assert upkeep.forget() == 0
        machine.shift(timedelta(days=2))
        assert upkeep.forget() == 1
        with db.reading() as session:
            assert session.scalar(select(func.count()).select_from(Subscriber)) == 1
        assert mail_to(ADA) == []


def test_the_confirmation_advertises_nothing_and_leads_to_the_button(app: Flask) -> None:
    subscribers.subscribe(ADA, source="post", name="Ada")
    row = mail_to(ADA)[0]
    with db.reading():
        message = letters.find(row.letter).compose(row)
    token = message.text.partition("/newsletter/confirm/")[2].split()[0]
    assert app.test_client().post(f"/newsletter/confirm/{token}").status_code == 200
    assert message.headers["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message.headers
    for part in (message.html, message.text):
        assert "/products/" not in part
        assert "Ada" not in part


def test_whoever_confirmed_meanwhile_is_not_asked(app: Flask, join: Join) -> None:
    ada = join(ADA)
    row = mail_to(ADA)[0]
    with db.reading():
        assert letters.look(row.letter, [row]) == {row.id: "confirmed already"}
    personal_data.erase(ada.public_id)
    with db.reading():
        assert letters.look(row.letter, [row]) == {row.id: "erased"}
