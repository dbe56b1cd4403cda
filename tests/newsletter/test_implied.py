"""Customers get letters because they bought: only where the owner says so, and until it ends."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from core import db, events, settings
from core.mail import letters
from newsletter import (
    consents,
    dispatch,
    implied,
    links,
    mailing,
    newsletters,
    segments,
    sequences,
    subscribers,
    upkeep,
    walks,
)
from newsletter.models import ConsentEvent, Standing, Subscriber
from newsletter.steps import Mail
from shop.events import Agreed, OrderPaid
from tests.newsletter.conftest import Join, confirmation_token, mail_to, person
from tests.newsletter.test_newsletters import an_issue, rows

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADA = "ada@example.com"
TOLD = Agreed(wording="If you live in Canada: …", version="2026-11-1", place="/cart", at=NOW)


@pytest.fixture(autouse=True)
def canada(app: Flask) -> None:
    """An owner who relies on it in Canada, and is ready to send."""
    settings.change(implied_consent="CA", postal_address="1 Test Street, Testville")


def buy(*, country: str = "CA", told: Agreed | None = TOLD, order: int = 1) -> None:
    with db.transaction():
        events.tell(
            OrderPaid(
                order_id=order,
                email=ADA,
                name="Ada",
                country=country,
                agreed=None,
                source=None,
                amount=8900,
                currency="USD",
                skus=("QL-CLAW",),
                told=told,
            )
        )


def known() -> bool:
    with db.reading() as session:
        return session.query(Subscriber).count() > 0


def test_nobody_is_on_the_list_who_refused_or_lives_elsewhere_or_where_it_is_off(
    app: Flask,
) -> None:
    buy(told=None)
    buy(country="US")
    settings.change(implied_consent="")
    buy()
    assert not known()


def test_it_is_kept_as_its_own_basis_and_ends_everywhere_by_itself(app: Flask) -> None:
    steps = [Mail(subject="How to begin", preheader="", body="Hello", delay_days=2)]
    sequences.publish("first weeks", "The first weeks", steps, trigger="bought")
    with time_machine.travel(NOW, tick=False) as machine:
        buy()
        ada = person(ADA)
        assert (ada.standing, ada.implied_until) == (Standing.CONFIRMED, NOW + implied.LASTS)
        (receipt,) = consents.receipts(ada)
        assert (receipt.event, receipt.basis) == (ConsentEvent.IMPLIED, "purchase")
        assert (receipt.wording, receipt.at) == (TOLD.wording, NOW)
        assert consents.examine() == (1, [])
        assert len(walks.active(ada.id)) == 1
        issue = an_issue()
        dispatch.send(issue)
        machine.shift(implied.LASTS - timedelta(seconds=1))
        assert look(issue) == {}
        assert segments.size(None) == 1
        machine.shift(timedelta(seconds=1))
        assert set(look(issue).values()) == {"lapsed"}
        assert segments.size(None) == 0
        upkeep.tend()
        ada = person(ADA)
        assert (ada.standing, ada.implied_until) == (Standing.LAPSED, None)
        assert walks.active(ada.id) == []
        assert [each.event for each in consents.receipts(ada)] == ["implied", "lapsed"]
        assert consents.is_intact(consents.receipts(ada))


def look(issue: int) -> dict[int, letters.Verdict]:
    with db.reading():
        return {
            key: verdict
            for key, verdict in letters.look(mailing.ISSUE, rows(issue)).items()
            if isinstance(verdict, str)
        }


def test_another_purchase_prolongs_it_and_revives_it(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        buy()
        machine.shift(timedelta(days=400))
        buy(order=2)
        assert person(ADA).implied_until == NOW + timedelta(days=400) + implied.LASTS
        machine.shift(implied.LASTS)
        upkeep.tend()
        assert person(ADA).standing is Standing.LAPSED
        buy(order=3)
        assert segments.size(None) == 1


def test_it_takes_nothing_from_whoever_agreed_or_left(app: Flask, join: Join) -> None:
    ada = join(ADA)
    buy()
    assert person(ADA).implied_until is None
    subscribers.unsubscribe(ada.public_id, method="page")
    buy(order=2)
    assert person(ADA).standing is Standing.UNSUBSCRIBED


def test_confirming_makes_it_express_by_the_form_or_on_the_reader_s_page(
    app: Flask, visitor: FlaskClient
) -> None:
    with time_machine.travel(NOW, tick=False):
        buy()
        subscribers.subscribe(ADA, source="test")
        asked = [row for row in mail_to(ADA) if row.letter == subscribers.CONFIRMATION]
        with db.reading():
            assert letters.look(subscribers.CONFIRMATION, asked) == {}
        subscribers.confirm(confirmation_token(ADA))
        assert person(ADA).implied_until is None
        with db.transaction() as session:
            session.merge(person(ADA)).implied_until = NOW + implied.LASTS
        here = urlsplit(links.preferences(person(ADA).public_id)).path
        page = visitor.get(here).text
        assert "end by themselves on March 1, 2028" in page
        assert "until March 1, 2028" in visitor.get(f"{here}/proof").text
        visitor.post(here, data={"action": "agree"})
        assert subscribers.has_agreed(person(ADA))
        assert consents.receipts(person(ADA))[-1].event is ConsentEvent.CONFIRMED
        assert "end by themselves" not in visitor.get(here).text


def test_turning_it_off_stops_it_for_everybody_at_once(app: Flask) -> None:
    buy()
    issue = an_issue()
    dispatch.send(issue)
    settings.change(implied_consent="")
    assert set(look(issue).values()) == {"lapsed"}
    assert segments.size(None) == 0
    implied.end()
    assert "turned off" in consents.receipts(person(ADA))[-1].wording
    assert newsletters.find(issue).audience == 1
