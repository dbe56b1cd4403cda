"""A simulator, and the real library that speaks with it."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from shop.simulator.server import Simulator, start


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with start(retry_delays=(0.05, 0.05, 0.05)) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> stripe.StripeClient:
    return stripe.StripeClient(
        "sk_test_ada",
        base_addresses={"api": simulator.base_url},
        http_client=stripe.RequestsClient(timeout=10),
    )


def order(**changes: Any) -> Any:
    """The parameters of a Session for one tool to the United States."""
    return {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/done?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cart",
        "client_reference_id": "order-1",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 8900,
                    "product_data": {"name": "QL Claw"},
                },
            }
        ],
        "shipping_address_collection": {"allowed_countries": ["US"]},
        "shipping_options": [
            {
                "shipping_rate_data": {
                    "display_name": "Standard",
                    "type": "fixed_amount",
                    "fixed_amount": {"amount": 700, "currency": "usd"},
                }
            }
        ],
        "metadata": {"order": "1"},
        "payment_intent_data": {"metadata": {"order": "1"}},
        **changes,
    }
