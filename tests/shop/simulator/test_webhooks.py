"""Webhooks are signed, sent again until they are taken, and sent again on demand."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe

from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order


class Endpoint:
    """A webhook endpoint that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.status = 200
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
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
