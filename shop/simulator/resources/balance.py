"""The balance and what moved it."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from shop.simulator import lists
from shop.simulator.resources.records import Params, fetch
from shop.simulator.store import Object, Store, identifier

_DISPUTE_FEE = 1500
_REPORTED_AS = {"adjustment": "dispute", "payment": "charge", "payment_refund": "refund"}


def record(store: Store, kind: str, amount: int, source: Object, *, fee: int = 0) -> Object:
    """A balance transaction: `amount` and `fee` in minor units, money out being negative."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return store.insert(
        {
            "id": identifier("txn_3"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": store.now(),
            "balance_type": "payments",
            "created": store.now(),
            "currency": source["currency"],
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees if fee else [],
            "net": amount - fee,
            "reporting_category": _REPORTED_AS.get(kind, kind),
            "source": source["id"],
            "status": "available",
            "type": kind,
        }
    )


def processing_fee(amount: int) -> int:
    """A sample of Stripe's fee: 2.9 % and 30 minor units."""
    return int((Decimal(amount) * 29 / 1000).quantize(Decimal(1), ROUND_HALF_UP)) + 30


def dispute_fee() -> int:
    """A sample of what a dispute costs, in minor units."""
    return _DISPUTE_FEE


def retrieve(store: Store, _params: Params) -> Object:
    """GET /v1/balance."""
    sums: Counter[str] = Counter()
    for each in store.select("balance_transaction"):
        sums[each["currency"]] += each["net"]
    available = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sums.items()
    ]
    pending = [{"amount": 0, "currency": currency} for currency in sums]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


def retrieve_transaction(store: Store, _params: Params, transaction: str) -> Object:
    """GET /v1/balance_transactions/:id."""
    return fetch(store, "balance_transaction", transaction)


def index_transactions(store: Store, params: Params) -> Object:
    """GET /v1/balance_transactions."""
    return lists.page(store, "balance_transaction", params, url="/v1/balance_transactions")
