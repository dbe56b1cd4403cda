"""What happens to money after a customer pressed Pay, and what is told of it."""

from typing import Any

import pytest
import stripe

from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order

Client = stripe.StripeClient


def buy(client: Client, simulator: Simulator, **form: str) -> tuple[str, str]:
    """Ada's order: the ids of its session and PaymentIntent."""
    session = client.v1.checkout.sessions.create(params=order())
    simulator.pay(session.id, form)
    return session.id, str(client.v1.checkout.sessions.retrieve(session.id).payment_intent)


def charge_of(client: Client, intent: str) -> str:
    return str(client.v1.payment_intents.retrieve(intent).latest_charge)


def told(simulator: Simulator) -> list[str]:
    uninteresting = ("product.created", "price.created")
    return [each["type"] for each in simulator.events() if each["type"] not in uninteresting]


def test_a_card_payment_is_told_step_by_step(client: Client, simulator: Simulator) -> None:
    buy(client, simulator)
    assert told(simulator) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("number", "code", "decline"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_decline_leaves_the_session_open_and_names_its_code(
    client: Client, simulator: Simulator, number: str, code: str, decline: str
) -> None:
    session, intent = buy(client, simulator, card_number=number)
    error: Any = client.v1.payment_intents.retrieve(intent).last_payment_error
    assert (error.code, error.decline_code) == (code, decline)
    assert client.v1.checkout.sessions.retrieve(session).status == "open"
    assert told(simulator)[-2:] == ["charge.failed", "payment_intent.payment_failed"]


@pytest.mark.parametrize(
    ("outcome", "status", "event"),
    [
        ("succeeds", "paid", "checkout.session.async_payment_succeeded"),
        ("fails", "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_bank_answers_by_itself_after_a_while(
    client: Client, simulator: Simulator, outcome: str, status: str, event: str
) -> None:
    session, _ = buy(client, simulator, method="debit", debit_outcome=outcome)
    completed = simulator.events("checkout.session.completed")[0]["data"]["object"]
    assert (completed["status"], completed["payment_status"]) == ("complete", "unpaid")
    assert not simulator.events(event)
    simulator.advance(60)
    assert client.v1.checkout.sessions.retrieve(session).payment_status == status
    assert told(simulator)[-1] == event


def test_time_expires_a_session_and_cancels_its_payment(
    client: Client, simulator: Simulator
) -> None:
    session, intent = buy(client, simulator, card_number="4000000000000002")
    simulator.advance(24 * 3600 + 1)
    expired = client.v1.checkout.sessions.retrieve(session)
    assert (expired.status, expired.url) == ("expired", None)
    assert client.v1.payment_intents.retrieve(intent).status == "canceled"
    assert told(simulator)[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


@pytest.mark.parametrize(("ahead", "accepted"), [(1700, False), (1900, True), (86500, False)])
def test_a_session_lives_from_half_an_hour_to_a_day(
    client: Client, simulator: Simulator, ahead: int, *, accepted: bool
) -> None:
    params = order(expires_at=simulator.now + ahead)
    if accepted:
        assert client.v1.checkout.sessions.create(params=params).expires_at == params["expires_at"]
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(params=params)
    assert refused.value.param == "expires_at"


def test_a_refund_made_in_the_dashboard_is_told_and_seen(
    client: Client, simulator: Simulator
) -> None:
    _, intent = buy(client, simulator)
    simulator.refund(charge_of(client, intent), 1000, "requested_by_customer")
    assert told(simulator)[-2:] == ["refund.created", "charge.refunded"]
    (refund,) = client.v1.refunds.list(params={"payment_intent": intent}).data
    assert (refund.amount, refund.status) == (1000, "succeeded")


def test_a_refund_can_fail_later_and_its_money_can_be_refunded_again(
    client: Client, simulator: Simulator
) -> None:
    _, intent = buy(client, simulator, card_number="4000000000005126")
    refund = client.v1.refunds.create(params={"payment_intent": intent})
    assert refund.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    simulator.advance(60)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert "refund.failed" in told(simulator)
    assert client.v1.charges.retrieve(charge_of(client, intent)).amount_refunded == 0


def test_a_dispute_takes_the_money_and_evidence_brings_it_back(
    client: Client, simulator: Simulator
) -> None:
    _, intent = buy(client, simulator)
    charge = charge_of(client, intent)
    dispute = simulator.dispute(charge, "product_not_received")
    assert client.v1.charges.retrieve(charge).disputed
    assert told(simulator)[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"charge": charge})
    assert refused.value.code == "charge_disputed"
    evidence: Any = {"uncategorized_text": "winning_evidence"}
    assert client.v1.disputes.update(dispute["id"], params={"evidence": evidence}).status == "won"
    assert told(simulator)[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


def test_a_card_network_may_warn_of_fraud(client: Client, simulator: Simulator) -> None:
    _, intent = buy(client, simulator, card_number="4000000000005423")
    (event,) = simulator.events("radar.early_fraud_warning.created")
    assert event["data"]["object"]["payment_intent"] == intent


def test_a_promotion_code_counts_its_uses_and_ends(client: Client, simulator: Simulator) -> None:
    coupon = client.v1.coupons.create(params={"amount_off": 500, "currency": "usd"})
    promotion: Any = {"type": "coupon", "coupon": coupon.id}
    client.v1.promotion_codes.create(
        params={"code": "ONCE", "promotion": promotion, "max_redemptions": 1}
    )
    for expected in ("paid", "invalid"):
        session = client.v1.checkout.sessions.create(params=order(allow_promotion_codes=True))
        outcome = simulator.pay(session.id, {"promotion_code": "once"})
        assert outcome.status == expected
    (code,) = client.v1.promotion_codes.list(params={"code": "ONCE"}).data
    assert (code.active, code.times_redeemed) == (False, 1)


def test_what_lines_discount_tax_and_shipping_come_to_is_the_total(
    client: Client, simulator: Simulator
) -> None:
    simulator.tax_percent = "7.25"
    coupon = client.v1.coupons.create(params={"percent_off": 33.3})
    for currency in ("usd", "jpy", "kwd"):
        params = order(
            discounts=[{"coupon": coupon.id}],
            automatic_tax={"enabled": True},
            expand=["line_items"],
        )
        params["line_items"] *= 3
        for line in params["line_items"]:
            line["price_data"]["currency"] = currency
        rate = params["shipping_options"][0]["shipping_rate_data"]
        rate["fixed_amount"]["currency"] = currency
        made = client.v1.checkout.sessions.create(params=params).to_dict()
        details = made["total_details"]
        assert details["amount_discount"] == 8891
        assert details["amount_tax"] > 0
        assert made["amount_total"] == (
            made["amount_subtotal"]
            - details["amount_discount"]
            + details["amount_shipping"]
            + details["amount_tax"]
        )
        lines = made["line_items"]["data"]
        assert sum(line["amount_discount"] for line in lines) == details["amount_discount"]
