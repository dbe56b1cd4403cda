"""A customer abroad pays in their own currency; the shop's books stay in its own."""

import pytest
from flask.testing import FlaskClient

from core import settings
from shop import orders, papers, refunds
from shop.models import OrderState
from tests.shop.running import RunningShop, alerts, ship_to, the_order

pytestmark = pytest.mark.one_database


def test_what_the_customer_saw_stands_beside_our_amounts(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    settings.change(adaptive_pricing=True)
    ship_to("DE", 1200)
    session = running_shop.buy(country="DE")
    running_shop.simulator.pay(session, {"country": "DE"})
    running_shop.wait()
    order = the_order()
    assert (order.total_amount, order.currency) == (10100, "USD")
    assert (order.presented_amount, order.presented_currency) == (9494, "EUR")
    assert ("Paid", "by card or another way through Stripe, as €94.94") in papers.invoice(
        orders.get(order.id)
    ).facts
    assert "€94.94" in running_shop.visitor().get(f"/orders/{order.token}").text
    refunds.refund(order.id, amount=5050, by="Fay")
    running_shop.wait()
    assert orders.get(order.id).refunds[0].presented_amount == 4747
    page = fay.get(f"/staff/orders/{order.id}").text
    assert "as €94.94" in page
    assert "$50.50 as €47.47" in page
    assert alerts() == []


def test_at_home_nothing_stands_beside_them(running_shop: RunningShop) -> None:
    settings.change(adaptive_pricing=True)
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    assert the_order().state is OrderState.PAID
    assert the_order().presented_amount is None
