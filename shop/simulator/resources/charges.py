"""Charges: the attempts to take money, and what came of them."""

from shop.simulator import events, lists
from shop.simulator.resources import balance, payment_methods, presentment
from shop.simulator.resources.records import Params, fetch, revise
from shop.simulator.store import Object, Store, identifier

_DESCRIPTOR = "SAMPLE SHOP"


def create(store: Store, intent: Object, method: Object, *, authenticated: bool = False) -> Object:
    """A charge of a PaymentIntent's amount, pending until `succeed` or `fail`."""
    billing = method["billing_details"]
    return store.insert(
        {
            "id": identifier("ch_3" if method["type"] == "card" else "py_3"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": billing,
            "calculated_statement_descriptor": _DESCRIPTOR,
            "captured": False,
            "created": store.now(),
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": intent["metadata"],
            "on_behalf_of": None,
            "outcome": None,
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": payment_methods.charged(method, authenticated=authenticated),
            "radar_options": {},
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": intent["shipping"],
            **presentment.share(intent, intent["amount"]),
            "source": None,
            "source_transfer": None,
            "statement_descriptor": intent["statement_descriptor"],
            "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
            "status": "pending",
            "transfer_data": None,
            "transfer_group": None,
        }
    )


def succeed(store: Store, charge: Object) -> Object:
    """The money is taken."""
    kind = "charge" if charge["id"].startswith("ch_") else "payment"
    amount = charge["amount"]
    moved = balance.record(store, kind, amount, charge, fee=balance.processing_fee(amount))
    charge |= {
        "amount_captured": amount,
        "balance_transaction": moved["id"],
        "captured": True,
        "outcome": _outcome("authorized", "approved_by_network", "Payment complete."),
        "paid": True,
        "status": "succeeded",
    }
    store.save(charge)
    events.emit(store, "charge.succeeded", charge)
    return charge


def fail(store: Store, charge: Object, code: str, message: str, reason: str | None) -> Object:
    """The money is not taken."""
    seller = "The bank returned the decline code `generic_decline`."
    outcome = _outcome("issuer_declined", "declined_by_network", seller)
    charge |= {
        "failure_code": code,
        "failure_message": message,
        "outcome": {**outcome, "reason": reason},
        "status": "failed",
    }
    store.save(charge)
    events.emit(store, "charge.failed", charge)
    return charge


def retrieve(store: Store, _params: Params, charge: str) -> Object:
    """GET /v1/charges/:id."""
    return fetch(store, "charge", charge)


def update(store: Store, params: Params, charge: str) -> Object:
    """POST /v1/charges/:id."""
    return revise(store, fetch(store, "charge", charge), params, event="charge.updated")


def index(store: Store, params: Params) -> Object:
    """GET /v1/charges."""
    return lists.page(store, "charge", params, url="/v1/charges")


def _outcome(kind: str, network: str, message: str) -> Object:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": message,
        "type": kind,
    }
