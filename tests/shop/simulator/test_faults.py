"""The API fails on demand, in each way a shop has to survive."""

import threading
from typing import Any

import pytest
import stripe

from shop.simulator.faults import Kind
from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order

Client = stripe.StripeClient
KEY: Any = {"idempotency_key": "checkout:ada:1"}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", stripe.APIError),
        ("rate_limit", stripe.RateLimitError),
        ("refuse", stripe.APIConnectionError),
        ("timeout", stripe.APIConnectionError),
    ],
)
def test_a_failed_call_did_nothing_and_the_next_one_succeeds(
    client: Client, simulator: Simulator, kind: Kind, error: type[Exception]
) -> None:
    simulator.fail_next(1, kind, seconds=0.01)
    with pytest.raises(error):
        client.v1.checkout.sessions.create(params=order(), options=KEY)
    assert client.v1.checkout.sessions.list().data == []
    assert client.v1.checkout.sessions.create(params=order(), options=KEY).status == "open"


def test_an_answer_that_was_lost_is_found_again_by_its_key(
    client: Client, simulator: Simulator
) -> None:
    simulator.fail_next(1, "lost")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=order(), options=KEY)
    (made,) = client.v1.checkout.sessions.list().data
    assert client.v1.checkout.sessions.create(params=order(), options=KEY).id == made.id


def test_the_library_s_own_retries_make_one_session(simulator: Simulator) -> None:
    stubborn = stripe.StripeClient(
        "sk_test_ada", base_addresses={"api": simulator.base_url}, max_network_retries=2
    )
    simulator.fail_next(1, "lost")
    made = stubborn.v1.checkout.sessions.create(params=order())
    assert [each.id for each in stubborn.v1.checkout.sessions.list().data] == [made.id]


def test_a_second_call_with_a_key_that_is_at_work_is_a_conflict(
    client: Client, simulator: Simulator
) -> None:
    simulator.fail_next(1, "slow", seconds=30)
    first = threading.Thread(
        target=client.v1.checkout.sessions.create, kwargs={"params": order(), "options": KEY}
    )
    first.start()
    assert simulator.faults.wait_until_held(10)
    with pytest.raises(stripe.APIError) as conflict:
        client.v1.checkout.sessions.create(params=order(), options=KEY)
    assert conflict.value.http_status == 409
    assert "idempotency_key_in_use" in str(conflict.value.http_body)
    simulator.faults.clear()
    first.join()
    assert len(client.v1.checkout.sessions.list().data) == 1
