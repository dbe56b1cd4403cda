"""The real library cannot tell the simulator from Stripe."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order

Client = stripe.StripeClient


def test_a_session_carries_totals_reference_and_an_address_on_the_same_host(
    client: Client, simulator: Simulator
) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_subtotal, session.amount_total) == (8900, 9600)
    assert session.client_reference_id == "order-1"
    assert session.url
    assert session.url.startswith(f"{simulator.base_url}/c/pay/cs_test_")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"colour": "green"}, "colour"),
        ({"mode": "gift"}, "mode"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
        ({"line_items": [{"quantity": "many"}]}, "line_items[0][quantity]"),
    ],
)
def test_an_unknown_or_ill_typed_parameter_is_stripe_s_own_400(
    client: Client, change: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(params=order(**change))
    assert refused.value.http_status == 400
    assert refused.value.param == param


def test_a_key_of_another_kind_is_refused(simulator: Simulator) -> None:
    stranger = stripe.StripeClient("nonsense", base_addresses={"api": simulator.base_url})
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.checkout.sessions.list()


def test_the_same_idempotency_key_replays_and_with_other_parameters_is_an_error(
    client: Client,
) -> None:
    options: Any = {"idempotency_key": "checkout:1:1"}
    first = client.v1.checkout.sessions.create(params=order(), options=options)
    again = client.v1.checkout.sessions.create(params=order(), options=options)
    assert again.id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(
            params=order(client_reference_id="order-2"), options=options
        )


def test_of_ten_calls_at_once_with_one_key_one_session_comes(client: Client) -> None:
    def create(_: int) -> str | None:
        options: Any = {"idempotency_key": "checkout:1:1", "max_network_retries": 5}
        return client.v1.checkout.sessions.create(params=order(), options=options).id

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(create, range(10)))) == 1


def test_paying_moves_session_intent_and_charge_and_carries_metadata(
    client: Client, simulator: Simulator
) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    assert simulator.pay(session.id).status == "paid"
    expand: Any = {"expand": ["line_items", "payment_intent.latest_charge"]}
    paid = client.v1.checkout.sessions.retrieve(session.id, params=expand).to_dict()
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    assert paid["line_items"]["data"][0]["amount_total"] == 8900
    assert paid["collected_information"]["shipping_details"]["address"]["country"] == "US"
    intent = paid["payment_intent"]
    assert intent["metadata"] == intent["latest_charge"]["metadata"] == {"order": "1"}
    assert intent["amount_received"] == 9600


def test_a_whole_discount_needs_no_payment(client: Client, simulator: Simulator) -> None:
    coupon = client.v1.coupons.create(params={"percent_off": 100, "duration": "once"})
    params = order(discounts=[{"coupon": coupon.id}], shipping_options=[])
    session = client.v1.checkout.sessions.create(params=params)
    assert simulator.pay(session.id).status == "free"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "no_payment_required"


def test_only_an_open_session_can_be_expired(client: Client, simulator: Simulator) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)
    assert simulator.pay(session.id).status == "closed"


def test_lists_page_through_all_there_is(client: Client) -> None:
    made = [client.v1.checkout.sessions.create(params=order()).id for _ in range(5)]
    listed = client.v1.checkout.sessions.list(params={"limit": 2})
    assert [session.id for session in listed.auto_paging_iter()] == made[::-1]


def test_a_refund_is_bounded_by_what_is_left(client: Client, simulator: Simulator) -> None:
    session = client.v1.checkout.sessions.create(params=order())
    simulator.pay(session.id)
    intent = str(client.v1.checkout.sessions.retrieve(session.id).payment_intent)
    first = client.v1.refunds.create(params={"payment_intent": intent, "amount": 9000})
    assert (first.status, first.amount) == ("succeeded", 9000)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params={"payment_intent": intent, "amount": 601})


def test_an_unreachable_stripe_is_a_connection_error(client: Client, simulator: Simulator) -> None:
    simulator.fail_next(1, "refuse")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=order())
    assert client.v1.checkout.sessions.create(params=order()).status == "open"


@pytest.mark.parametrize(("currency", "shown"), [("jpy", "¥8,900"), ("kwd", "8.900")])
def test_the_hosted_page_knows_currencies_without_and_with_three_decimals(
    client: Client, simulator: Simulator, currency: str, shown: str
) -> None:
    params = order()
    del params["shipping_options"], params["shipping_address_collection"]
    params["line_items"][0]["price_data"]["currency"] = currency
    session = client.v1.checkout.sessions.create(params=params)
    with urllib.request.urlopen(str(session.url)) as page:
        assert shown in page.read().decode()
