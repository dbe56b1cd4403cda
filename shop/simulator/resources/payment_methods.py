"""Payment methods: the card or bank account a customer paid with."""

import hashlib
from typing import Any

from shop.simulator.resources.records import Params, fetch
from shop.simulator.store import Object, Store, identifier

_NOT_CHECKED = {"address_line1_check": None, "address_postal_code_check": None}


def create_card(
    store: Store, number: str, brand: str, expiry: tuple[int, int], billing: Object
) -> Object:
    """A card, of which only the last digits and a fingerprint are kept."""
    month, year = expiry
    card = {
        "brand": brand,
        "checks": {**_NOT_CHECKED, "cvc_check": "pass"},
        "country": "US",
        "display_brand": {"amex": "american_express"}.get(brand, brand),
        "exp_month": month,
        "exp_year": year,
        "fingerprint": _fingerprint(number),
        "funding": "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _create(store, "card", card, billing)


def create_debit(store: Store, kind: str, last4: str, billing: Object) -> Object:
    """A bank account, of the kind that the currency calls for."""
    return _create(store, kind, _account(kind, last4), billing)


def charged(method: Object, *, authenticated: bool = False) -> Object:
    """A charge's `payment_method_details`."""
    kind = method["type"]
    own = dict(method[kind])
    if kind != "card":
        return {"type": kind, kind: _charged_account(kind, own)}
    for name in ("display_brand", "generated_from", "networks", "three_d_secure_usage"):
        own.pop(name)
    own |= {
        "amount_authorized": None,
        "authorization_code": "123456",
        "electronic_commerce_indicator": None,
        "installments": None,
        "mandate": None,
        "network": own["brand"],
        "network_token": {"used": False},
        "network_transaction_id": "104102300000000",
        "three_d_secure": _authentication() if authenticated else None,
        "transaction_link_id": None,
    }
    return {"type": "card", "card": own}


def retrieve(store: Store, _params: Params, method: str) -> Object:
    """GET /v1/payment_methods/:id."""
    return fetch(store, "payment_method", method, param="payment_method")


def _create(store: Store, kind: str, own: Object, billing: Object) -> Object:
    return store.insert(
        {
            "id": identifier("pm_1"),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": billing,
            "created": store.now(),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
            kind: own,
        }
    )


def _account(kind: str, last4: str) -> Object:
    own: dict[str, Any] = {"fingerprint": _fingerprint(last4), "last4": last4}
    if kind == "us_bank_account":
        own |= {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    elif kind == "sepa_debit":
        own |= {"bank_code": "37040044", "branch_code": "", "country": "DE", "generated_from": None}
    elif kind == "bacs_debit":
        own |= {"sort_code": "108800"}
    elif kind == "au_becs_debit":
        own |= {"bsb_number": "000000"}
    else:
        own |= {
            "bank_name": "STRIPE TEST BANK",
            "institution_number": "000",
            "transit_number": "11000",
        }
    return own


def _charged_account(kind: str, own: Object) -> Object:
    kept = ("financial_connections_account", "generated_from", "networks", "status_details")
    known = {name: value for name, value in own.items() if name not in kept}
    if kind == "us_bank_account":
        return {**known, "payment_reference": None}
    return {**known, "mandate": None} if kind in ("sepa_debit", "bacs_debit") else known


def _authentication() -> Object:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": "8a0a3f9c-0000-4000-8000-000000000000",
        "version": "2.2.0",
    }


def _fingerprint(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]
