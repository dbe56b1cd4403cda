"""What a purchase means for the letters."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

import shop.samples
from core import db, events
from newsletter import (
    consents,
    offers,
    personal_data,
    purchases,
    segments,
    sequences,
    subscribers,
    walks,
)
from newsletter.models import Standing, Subscriber
from newsletter.steps import Mail
from shop.events import Agreed, OrderPaid
from shop.models import LetterRefusal
from tests import samples
from tests.newsletter.conftest import Join, mail_to, person
from tests.staff.test_orders import order_of
from tests.staff.test_speed import plan_of, questions

ADA = "ada@example.com"
AGREED = Agreed(
    wording="Send me the letter.",
    version="2026-10-3",
    place="/cart",
    at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
)


def pay(email: str, *, consent: bool, order: int = 1) -> None:
    with db.transaction():
        events.tell(
            OrderPaid(
                order_id=order,
                email=email,
                name="Ada",
                country="US",
                agreed=AGREED if consent else None,
                source=None,
                amount=8900,
                currency="USD",
                skus=("QL-CLAW",),
            )
        )


def test_whoever_ticked_the_box_is_asked_to_confirm(app: Flask) -> None:
    pay("Ada@example.com", consent=True)
    ada = person(ADA)
    assert (ada.standing, ada.source, ada.name) == (Standing.PENDING, "checkout", "Ada")
    assert [row.letter for row in mail_to(ADA)] == [subscribers.CONFIRMATION]
    (receipt,) = consents.receipts(ada)
    assert (receipt.wording, receipt.wording_version) == (AGREED.wording, AGREED.version)
    assert (receipt.page, receipt.method, receipt.at) == ("/cart", "checkout", AGREED.at)
    assert consents.is_intact([receipt])


def test_whoever_did_not_is_written_down_nowhere(app: Flask) -> None:
    pay(ADA, consent=False)
    pay("no address", consent=True)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 0


def test_a_reader_who_bought_begins_what_is_for_buyers_once_an_order(
    app: Flask, join: Join
) -> None:
    steps = [Mail(subject="How to begin", preheader="", body="Hello", delay_days=2)]
    sequences.publish("first weeks", "The first weeks", steps, trigger="bought")
    ada = join(ADA)
    assert walks.active(ada.id) == []
    for order in (1, 1, 2):
        pay(ADA, consent=False, order=order)
    assert len(walks.active(ada.id)) == 2
    assert segments.tags_of(ada) == [purchases.CUSTOMERS]


def test_a_buyer_who_leaves_is_not_asked_for_a_review_and_nobody_else_is_written_down(
    app: Flask, join: Join
) -> None:
    samples.fill(shop.samples)
    order_of("Ada", 1001)
    subscribers.unsubscribe(join(ADA).public_id, method="page")
    personal_data.erase(join("ben@example.com").public_id)
    with db.reading() as session:
        assert session.scalars(select(LetterRefusal.email)).all() == [ADA]


def test_who_has_bought_is_found_by_an_index(app: Flask, database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL chooses by the tables' sizes")
    samples.fill(shop.samples)
    order_of("Ada", 1001)
    with questions() as asked:
        assert offers.buyers_among({ADA, "ben@example.com"}) == {ADA}
    (statement,) = [each for each in asked if "shop_order" in each]
    assert any("ix_shop_order_buyer" in step for step in plan_of(statement)), plan_of(statement)
