"""Every object the simulator makes is one that Stripe's OpenAPI description allows."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
import stripe

from shop.simulator import schema
from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order

# Stripe has it, the description at hand does not.
UNDESCRIBED = {"radar.early_fraud_warning"}


@cache
def described() -> dict[str, Any]:
    """The description as JSON Schema, which has no `nullable` of its own."""
    plain: dict[str, Any] = translated(schema.description()["components"])
    return plain


def translated(part: Any) -> Any:
    if isinstance(part, list):
        return [translated(each) for each in part]
    if not isinstance(part, dict):
        return part
    plain = {key: translated(value) for key, value in part.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if part.get("nullable") is True else plain


def complaints(body: dict[str, Any]) -> Iterator[str]:
    kind = body["object"]
    whole = {"$ref": f"#/components/schemas/{kind}", "components": described()}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(body):
        deepest = jsonschema.exceptions.best_match([error])
        yield f"{kind} {'.'.join(map(str, deepest.absolute_path))}: {deepest.message[:200]}"


def play(client: stripe.StripeClient, simulator: Simulator) -> None:
    """Let Ada, Ben and Chloe do all there is to do."""
    api = client.v1
    customer = api.customers.create(params={"email": "ada@example.com", "name": "Ada"})
    product = api.products.create(
        params={"name": "Ball", "default_price_data": {"currency": "usd", "unit_amount": 900}}
    )
    coupon = api.coupons.create(params={"percent_off": 10, "max_redemptions": 5})
    promotion = {"type": "coupon", "coupon": coupon.id}
    code = api.promotion_codes.create(
        params={"code": "HELLO", "promotion": promotion, "restrictions": {"minimum_amount": 100}}  # type: ignore[typeddict-item]  # built up for reading
    )
    api.webhook_endpoints.create(
        params={"url": "http://127.0.0.1:9/", "enabled_events": ["refund.failed"]}
    )
    simulator.pause()
    everything = order(
        discounts=[{"promotion_code": code.id}],
        optional_items=[{"price": str(product.default_price), "quantity": 1}],
        after_expiration={"recovery": {"enabled": True}},
        automatic_tax={"enabled": True},
        consent_collection={"terms_of_service": "required", "promotions": "auto"},
        custom_fields=[
            {"key": "note", "label": {"custom": "Note", "type": "custom"}, "type": "text"},
            {
                "key": "size",
                "label": {"custom": "Size", "type": "custom"},
                "type": "dropdown",
                "dropdown": {"options": [{"label": "Small", "value": "s"}]},
            },
        ],
        custom_text={"submit": {"message": "Thank you."}},
        phone_number_collection={"enabled": True},
        customer=customer.id,
    )
    simulator.tax_percent = "7.25"
    for card in ("4242424242424242", "4000000000000259", "4000000000005423", "378282246310005"):
        session = api.checkout.sessions.create(params=everything)
        simulator.pay(
            session.id, {"card_number": card, "card_cvc": "1234" if card[0] == "3" else "123"}
        )
    for card in ("4000000000000002", "4000000000000127", "4000002500003155"):
        simulator.pay(api.checkout.sessions.create(params=order()).id, {"card_number": card})
    challenged = api.checkout.sessions.create(params=order())
    simulator.pay(challenged.id, {"card_number": "4000000000003220"})
    simulator.authenticate(challenged.id)
    refused = api.checkout.sessions.create(params=order(customer_creation="always"))
    simulator.pay(refused.id, {"card_number": "4000000000003220"})
    simulator.authenticate(refused.id, passed=False)
    simulator.expire(refused.id)
    simulator.expire(api.checkout.sessions.create(params=everything).id)
    for money, succeeds in (
        ("usd", True),
        ("eur", False),
        ("gbp", True),
        ("aud", True),
        ("cad", True),
    ):
        params = order(shipping_options=[])
        params["line_items"][0]["price_data"]["currency"] = money
        debit = api.checkout.sessions.create(params=params)
        simulator.pay(debit.id, {"method": "debit"})
        intent = str(api.checkout.sessions.retrieve(debit.id).payment_intent)
        simulator.settle(intent, succeeds=succeeds)
        if succeeds:
            api.refunds.create(params={"payment_intent": intent, "amount": 100})
    charges = [each for each in api.charges.list().data if each.paid and not each.disputed]
    simulator.fail_refund(simulator.refund(charges[0].id, 100)["id"])
    dispute = simulator.dispute(charges[1].id, "product_not_received")["id"]
    api.disputes.update(dispute, params={"evidence": {"uncategorized_text": "winning_evidence"}})
    simulator.advance(60)


def test_every_object_and_every_event_s_object_is_as_described(
    client: stripe.StripeClient, simulator: Simulator
) -> None:
    play(client, simulator)
    kinds = {row["kind"] for row in simulator.store.execute("SELECT kind FROM objects")}
    assert kinds >= {"checkout.session", "item", "refund", "dispute", "balance_transaction"}
    bodies = [body for kind in kinds for body in simulator.store.select(kind)]
    bodies += [event["data"]["object"] for event in simulator.events()]
    found = {
        line for body in bodies if body["object"] not in UNDESCRIBED for line in complaints(body)
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("checkout.session", ["line_items", "payment_intent.latest_charge.balance_transaction"]),
        ("checkout.session", ["total_details.breakdown", "line_items.data.discounts"]),
        ("checkout.session", ["line_items.data.price.product", "shipping_cost.shipping_rate"]),
        ("charge", ["refunds", "payment_intent.payment_method", "customer"]),
        ("dispute", ["charge", "payment_intent"]),
        ("refund", ["charge.balance_transaction", "failure_balance_transaction"]),
    ],
)
def test_expanded_objects_are_as_described(
    client: stripe.StripeClient, simulator: Simulator, kind: str, paths: list[str]
) -> None:
    play(client, simulator)
    lists: dict[str, Any] = {
        "checkout.session": client.v1.checkout.sessions,
        "charge": client.v1.charges,
        "dispute": client.v1.disputes,
        "refund": client.v1.refunds,
    }
    params = {"expand": [f"data.{path}" for path in paths], "limit": 100}
    # The library reads amounts in decimals as such; on the wire they are text.
    answer = json.loads(json.dumps(lists[kind].list(params=params).to_dict(), default=str))
    assert answer["data"]
    found = {line for body in answer["data"] for line in complaints(body)}
    assert not found, "\n".join(sorted(found))
