"""What arrives at the webhook is believed only when Stripe signed it, and then asked anew."""

import json
import time

import pytest

from shop import alerts as alerting
from shop import webhooks
from shop.models import OrderState
from shop.simulator.webhooks import signature
from tests.shop.running import SECRET, Reply, RunningShop, alerts, letters, the_order


def event(session: str, kind: str = "checkout.session.completed") -> bytes:
    body = {
        "id": f"evt_{kind}",
        "object": "event",
        "type": kind,
        "api_version": "2026-10-28.endive",
        "created": 1,
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "data": {"object": {"id": session, "object": "checkout.session", "payment_status": "paid"}},
    }
    return json.dumps(body).encode()


def deliver(shop: RunningShop, body: bytes, signed: str | None) -> Reply:
    headers = {"Stripe-Signature": signed} if signed else {}
    return shop.visitor().send("/webhooks/stripe", body, headers)


@pytest.mark.parametrize(
    ("secret", "age"),
    [("whsec_of_somebody_else", 0), (SECRET, 600), (None, 0)],
    ids=["forged", "stale", "unsigned"],
)
def test_what_stripe_did_not_sign_of_late_is_refused_and_seen_by_staff(
    running_shop: RunningShop, secret: str | None, age: int
) -> None:
    body = event(running_shop.buy())
    signed = signature(body, secret, int(time.time()) - age) if secret else None
    assert deliver(running_shop, body, signed).status == 400
    assert deliver(running_shop, body, signed).status == 400
    assert the_order().state is OrderState.PLACED
    assert alerts() == ["bad_webhook"]
    warning = alerting.unseen()[0]
    assert warning.count == 2
    assert alerting.acknowledge(warning.id, by="Chloe")
    assert alerting.unseen() == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"id": "evt_1"}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_signed_body_that_is_no_event_is_refused(running_shop: RunningShop, body: bytes) -> None:
    assert deliver(running_shop, body, signature(body, SECRET, int(time.time()))).status == 400
    assert alerts() == ["bad_webhook"]


def test_an_event_is_only_a_hint_and_stripe_is_asked(running_shop: RunningShop) -> None:
    body = event(running_shop.buy())  # says paid, and is not
    reply = deliver(running_shop, body, signature(body, SECRET, int(time.time())))
    assert reply.status == 200
    assert the_order().state is OrderState.PLACED
    assert letters() == []


def test_an_older_secret_is_taken_while_it_is_being_replaced(running_shop: RunningShop) -> None:
    body = event("cs_test_nobody_knows", "payment_intent.created")
    signed = signature(body, "whsec_of_next_month", int(time.time()))
    assert deliver(running_shop, body, signed).status == 200


def test_unknown_kinds_and_foreign_objects_are_taken_and_leave_no_trace(
    running_shop: RunningShop,
) -> None:
    for kind in ("customer.created", "checkout.session.completed"):
        body = event("cs_test_of_another_shop", kind)
        reply = deliver(running_shop, body, signature(body, SECRET, int(time.time())))
        assert reply.status == 200
    assert alerts() == []
    last = webhooks.last_received()
    assert last is not None
    assert last.outcome == "Stripe does not know it"


def test_an_event_that_we_could_not_handle_is_asked_for_again(running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    session = running_shop.buy()
    running_shop.simulator.pay(session)
    name = running_shop.simulator.events("checkout.session.completed")[0]["id"]
    running_shop.simulator.fail_next(3)
    assert running_shop.simulator.redeliver(name) == [503]
    assert the_order().state is OrderState.PLACED
    assert running_shop.simulator.redeliver(name) == [200]
    assert the_order().state is OrderState.PAID
    assert running_shop.simulator.redeliver(name) == [200]
    assert letters() == [("shop.receipt", "ada@example.com")]
