"""Customers."""

from shop.simulator import events, lists
from shop.simulator.resources.records import Params, deleted, fetch, merged, revise
from shop.simulator.store import Object, Store, identifier


def create(store: Store, params: Params) -> Object:
    """POST /v1/customers."""
    customer = store.insert(
        {
            "id": identifier("cus_", 14),
            "object": "customer",
            "address": params.get("address"),
            "balance": params.get("balance", 0),
            "created": store.now(),
            "currency": None,
            "customer_account": None,
            "default_source": None,
            "delinquent": False,
            "description": params.get("description"),
            "discount": None,
            "email": params.get("email"),
            "invoice_prefix": identifier("", 8).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": merged({}, params.get("metadata", {})),
            "name": params.get("name"),
            "next_invoice_sequence": 1,
            "phone": params.get("phone"),
            "preferred_locales": params.get("preferred_locales", []),
            "shipping": params.get("shipping"),
            "tax_exempt": params.get("tax_exempt", "none"),
            "test_clock": None,
        }
    )
    events.emit(store, "customer.created", customer)
    return customer


def retrieve(store: Store, _params: Params, customer: str) -> Object:
    """GET /v1/customers/:id."""
    return fetch(store, "customer", customer, param="customer")


def update(store: Store, params: Params, customer: str) -> Object:
    """POST /v1/customers/:id."""
    body = fetch(store, "customer", customer, param="customer")
    known = {name: value for name, value in params.items() if name in body}
    return revise(store, body, known, event="customer.updated")


def delete(store: Store, _params: Params, customer: str) -> Object:
    """DELETE /v1/customers/:id."""
    body = fetch(store, "customer", customer, param="customer")
    events.emit(store, "customer.deleted", body)
    return deleted(store, body)


def index(store: Store, params: Params) -> Object:
    """GET /v1/customers."""
    return lists.page(store, "customer", params, url="/v1/customers")
