"""Fay sees whether the money is right, and lets it be put right."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from core import clock, db
from shop import books, reconciler
from shop.models import BookEntry, Payment, StripeEvent, Verdict
from tests.shop.running import RunningShop, the_order

pytestmark = pytest.mark.one_database


def test_one_click_brings_in_what_nobody_told_of(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    answer = fay.post("/staff/money/reconcile", follow_redirects=True)
    assert "2 repaired." in answer.text
    assert the_order().bought
    again = fay.post("/staff/money/reconcile", follow_redirects=True)
    assert "Nothing had to be repaired." in again.text


def test_what_does_not_match_is_said_on_every_desk(
    running_shop: RunningShop, fay: FlaskClient, ed: FlaskClient
) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    assert "Money does not match" not in fay.get("/staff/orders").text
    with db.transaction():
        db.changed(update(Payment).values(amount=1))
    answer = fay.post("/staff/money/reconcile", follow_redirects=True)
    assert "$96.00 at Stripe, and $0.01 here." in answer.text
    assert "Money does not match" in fay.get("/staff/orders").text
    assert "Money does not match" not in ed.get("/staff/posts").text


def test_a_silent_webhook_is_said_while_money_comes_in(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pause()
    running_shop.simulator.pay(running_shop.buy())
    reconciler.reconcile()
    with db.transaction():
        db.changed(update(Payment).values(at=clock.now() - timedelta(hours=1)))
    assert "The webhook is silent" in fay.get("/staff/").text


def test_failed_deliveries_are_counted_by_reason(app: Flask, fay: FlaskClient) -> None:
    for _ in range(3):
        assert fay.post("/webhooks/stripe", data=b"{}").status_code == 400
    (refused,) = books.webhook().refused
    assert refused.count == 3
    assert refused.reason in fay.get("/staff/money/webhook").text


def test_events_are_counted_by_what_came_of_them(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    told = {(kind, outcome) for kind, outcome, _ in books.webhook().outcomes}
    assert ("checkout.session.completed", "done") in told
    assert "checkout.session.completed" in fay.get("/staff/money/webhook").text
    with db.transaction():
        db.changed(update(StripeEvent).values(handled_at=None, outcome=None))
    assert "not handled yet" in fay.get("/staff/money/webhook").text


def test_while_stripe_is_away_the_page_still_stands(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.fail_next(3)
    answer = fay.post("/staff/money/reconcile", follow_redirects=True)
    assert "Stripe does not answer" in answer.text
    assert "it could not be finished" in answer.text


def test_the_list_is_narrowed_by_verdict_and_kind(app: Flask, fay: FlaskClient) -> None:
    now = clock.now()
    with db.transaction() as session:
        for key, kind, verdict in (
            ("cs_1", "session", Verdict.MATCHED),
            ("re_1", "refund", Verdict.FOREIGN),
        ):
            session.add(
                BookEntry(
                    key=key, kind=kind, amount=100, currency="USD", there="x", here="x",
                    verdict=verdict, at=now, compared_at=now,
                )
            )  # fmt: skip
    page = fay.get("/staff/money?verdict=foreign&kind=refund").text
    assert "re_1" in page
    assert "cs_1" not in page
