"""Webhooks are signed, sent again until they are taken, and sent again on demand."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import stripe

from shop.simulator import checkout
from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order


class Endpoint:
    """A webhook endpoint that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.status = 200
        self.asked_for = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append((body, self.headers["Stripe-Signature"]))
                if b'"type": "checkout.session.completed"' in body:
                    endpoint.asked_for.set()
                    endpoint.may_answer.wait(10)
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint(simulator: Simulator) -> Iterator[Endpoint]:
    endpoint = Endpoint()
    simulator.webhook_secret = "whsec_ada"
    simulator.webhook_url = endpoint.url
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


def delivery_of(simulator: Simulator, event: str) -> dict[str, Any]:
    (delivery,) = [each for each in simulator.deliveries() if each["event"] == event]
    return delivery


def test_the_library_accepts_the_signature(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    simulator.pay(session.id)
    assert simulator.wait_until_idle()
    events = [
        client.construct_event(body, signature, "whsec_ada")
        for body, signature in endpoint.received
    ]
    assert "checkout.session.completed" in [event.type for event in events]


def test_an_event_that_was_refused_is_sent_again(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    endpoint.status = 500
    session = client.v1.checkout.sessions.create(params=order())
    client.v1.checkout.sessions.expire(session.id)
    (event,) = simulator.events("checkout.session.expired")
    deadline = time.monotonic() + 10
    while (first := delivery_of(simulator, event["id"]))["state"] in ("pending", "sending"):
        assert time.monotonic() < deadline
        simulator.wait_until_idle(0.1)
    assert (first["state"], first["attempts"]) == ("failed", 4)
    endpoint.status = 200
    simulator.retry_now()
    assert simulator.wait_until_idle()
    assert delivery_of(simulator, event["id"])["state"] == "delivered"


def test_held_back_events_come_when_deliveries_go_on(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    simulator.pause()
    session = client.v1.checkout.sessions.create(params=order())
    simulator.pay(session.id)
    assert endpoint.received == []
    simulator.resume()
    assert simulator.wait_until_idle()
    assert endpoint.received


def test_one_event_can_be_delivered_five_times_at_once(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    simulator.pay(session.id)
    simulator.wait_until_idle()
    (event,) = simulator.events("checkout.session.completed")
    assert simulator.redeliver(event["id"], times=5) == [200] * 5


def test_the_customer_goes_back_only_when_the_shop_has_been_told(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    endpoint.may_answer.clear()
    session = client.v1.checkout.sessions.create(params=order())
    form = checkout.sample(simulator.store.get(session.id))
    sent: list[str] = []

    def press_pay() -> None:
        answer = requests.post(str(session.url), data=form, allow_redirects=False, timeout=10)
        sent.append(answer.headers["Location"])

    customer = threading.Thread(target=press_pay)
    customer.start()
    assert endpoint.asked_for.wait(10)
    assert sent == []
    endpoint.may_answer.set()
    customer.join(10)
    assert sent == [f"http://127.0.0.1:9/done?session_id={session.id}"]


def test_undelivered_events_can_be_listed_in_the_order_they_happened(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    seen = client.v1.products.create(params={"name": "Ball"})
    assert simulator.wait_until_idle()
    (before,) = client.v1.events.list(params={"delivery_success": True}).data
    endpoint.status = 500
    simulator.pay(client.v1.checkout.sessions.create(params=order()).id)
    assert simulator.wait_until_idle()
    kinds = ["charge.succeeded", "checkout.session.completed"]
    params: Any = {
        "types": kinds,
        "delivery_success": False,
        "ending_before": before.id,
        "limit": 1,
    }
    missed = client.v1.events.list(params=params).auto_paging_iter()
    assert [event.type for event in missed] == kinds
    assert before.to_dict()["data"]["object"]["id"] == seen.id


def test_an_endpoint_made_by_the_api_gets_only_what_it_asked_for(
    client: stripe.StripeClient, simulator: Simulator, endpoint: Endpoint
) -> None:
    (configured,) = client.v1.webhook_endpoints.list().data
    client.v1.webhook_endpoints.delete(configured.id)
    made = client.v1.webhook_endpoints.create(
        params={"url": endpoint.url, "enabled_events": ["checkout.session.completed"]}
    )
    simulator.pay(client.v1.checkout.sessions.create(params=order()).id)
    assert simulator.wait_until_idle()
    ((body, signature),) = endpoint.received
    event = client.construct_event(body, signature, str(made.secret))
    assert event.type == "checkout.session.completed"
    assert event.api_version == made.api_version == "2026-10-28.endive"
