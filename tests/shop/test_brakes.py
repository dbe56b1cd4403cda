"""Whoever tries stolen cards finds few pages to try them on, and staff hear of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from shop import brakes
from shop.facts import Charge
from shop.models import OrderState
from tests.shop.running import SKU, RunningShop, alerts, every_order

HOME = "203.0.113.7"


def visitor(app: Flask, address: str = HOME) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def states() -> list[OrderState]:
    return [order.state for order in every_order()]


def test_a_network_has_few_payment_pages_open(
    running_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "MOST_OPEN", 2)
    form = {"sku": SKU, "quantity": "1"}
    ada, mallory = visitor(running_shop.app), visitor(running_shop.app)
    assert ada.post("/checkout", data=form).status_code == 303
    assert ada.post("/checkout", data=form).status_code == 303  # she starts over
    assert mallory.post("/checkout", data=form).status_code == 303
    refused = visitor(running_shop.app).post("/checkout", data=form)
    assert refused.status_code == 429
    assert "come back in 35 minutes" in refused.text
    assert 2000 < int(refused.headers["Retry-After"]) <= 2100
    assert len(states()) == 3
    assert visitor(running_shop.app, "198.51.100.1").post("/checkout", data=form).status_code == 303
    given_up = every_order()[0]
    # By us or by Stripe's event of it, whichever comes first.
    assert given_up.state in {OrderState.CANCELLED, OrderState.EXPIRED}
    assert given_up.network is None


def test_an_order_is_not_tried_again_where_too_many_pages_are_open(
    running_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_shop.simulator.expire(running_shop.buy())
    running_shop.wait()
    monkeypatch.setattr(brakes, "MOST_OPEN", 1)
    ben = visitor(running_shop.app)
    assert ben.post("/checkout", data={"sku": SKU, "quantity": "1"}).status_code == 303
    token = every_order()[0].token
    assert visitor(running_shop.app).post(f"/orders/{token}/pay").status_code == 429
    assert states() == [OrderState.EXPIRED, OrderState.PLACED]


@pytest.mark.one_database
def test_neighbors_with_ipv6_are_told_apart_by_household(running_shop: RunningShop) -> None:
    for address in ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1", HOME, "127.0.0.1"):
        visitor(running_shop.app, address).post("/checkout", data={"sku": SKU, "quantity": "1"})
    one, again, neighbor, other, own = [order.network for order in every_order()]
    assert one == again
    assert len({one, neighbor, other}) == 3
    assert own is None
    assert HOME not in str(other)


@pytest.mark.one_database
def test_staff_hear_of_many_declined_payments(app: Flask) -> None:
    declined = Charge(
        id="ch_1", payment_intent="pi_1", amount=9600, currency="USD", status="failed",
        reference="token", made_at=clock.now(),
    )  # fmt: skip
    foreign = replace(declined, reference=None)
    earlier = replace(declined, made_at=clock.now() - timedelta(hours=2))
    few = [declined] * (brakes.MOST_DECLINED - 1)
    assert brakes.watch([*few, foreign, earlier]) == len(few)
    assert alerts() == []
    brakes.watch([*few, declined])
    assert alerts() == ["card_testing"]
