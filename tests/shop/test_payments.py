"""Stripe is asked so that to ask twice is to ask once, and its refusals are told apart."""

from datetime import timedelta

import pytest

from core import db
from shop import checkout, orders, payments
from shop.checkout import Purchase
from tests.shop.running import SKU, RunningShop


def test_a_page_that_is_opened_twice_is_one_page(running_shop: RunningShop) -> None:
    order = checkout.place(Purchase(lines={SKU: 1}, country="US", cart="ada"))
    first, second = payments.open_session(order), payments.open_session(order)
    assert first.id == second.id
    assert first.standing == "open"
    order.attempt = 2
    assert payments.open_session(order).id != first.id


def test_what_stripe_does_not_know_and_what_it_refuses_are_told_apart(
    running_shop: RunningShop,
) -> None:
    with pytest.raises(payments.Unknown):
        payments.read_session("cs_test_nobody")
    order = checkout.place(Purchase(lines={SKU: 1}, country="US", cart="ada"))
    order.expires_at += timedelta(days=2)
    with pytest.raises(payments.Refused):
        payments.open_session(order)


def test_a_page_that_was_paid_cannot_be_closed_any_more(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    assert payments.expire_session(session).standing == "paid"


def test_no_reader_keeps_the_database_while_stripe_is_asked(running_shop: RunningShop) -> None:
    session_id = running_shop.buy()
    with db.reading() as session:
        orders.of_session(session_id)
        payments.read_session(session_id)
        assert not session.in_transaction()
    with pytest.raises(RuntimeError, match="inside a transaction"), db.transaction():
        payments.read_session(session_id)
