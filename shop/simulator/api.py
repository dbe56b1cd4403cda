"""Stripe's HTTP API: authentication, checking, idempotency, and the way to each operation."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from shop.simulator import events, expansion, idempotency, schema, timing
from shop.simulator.errors import StripeError, unauthorized, unrecognized
from shop.simulator.faults import Fault, Faults
from shop.simulator.resources import (
    balance,
    charges,
    coupons,
    customers,
    disputes,
    payment_intents,
    payment_methods,
    prices,
    pricing,
    products,
    refunds,
    sessions,
    shipping_rates,
    webhook_endpoints,
)
from shop.simulator.resources import events as recorded_events
from shop.simulator.store import Object, Store, identifier

Handler = Callable[..., Object]

_OPERATIONS: dict[str, Handler] = {
    "GET /v1/checkout/sessions": sessions.index,
    "POST /v1/checkout/sessions": sessions.create,
    "GET /v1/checkout/sessions/{session}": sessions.retrieve,
    "POST /v1/checkout/sessions/{session}": sessions.update,
    "POST /v1/checkout/sessions/{session}/expire": sessions.expire,
    "GET /v1/checkout/sessions/{session}/line_items": sessions.index_items,
    "GET /v1/products": products.index,
    "POST /v1/products": prices.create_product,
    "GET /v1/products/{id}": products.retrieve,
    "POST /v1/products/{id}": products.update,
    "DELETE /v1/products/{id}": products.delete,
    "GET /v1/prices": prices.index,
    "POST /v1/prices": prices.create,
    "GET /v1/prices/{price}": prices.retrieve,
    "POST /v1/prices/{price}": prices.update,
    "GET /v1/coupons": coupons.index,
    "POST /v1/coupons": coupons.create,
    "GET /v1/coupons/{coupon}": coupons.retrieve,
    "POST /v1/coupons/{coupon}": coupons.update,
    "DELETE /v1/coupons/{coupon}": coupons.delete,
    "GET /v1/promotion_codes": coupons.index_codes,
    "POST /v1/promotion_codes": coupons.create_code,
    "GET /v1/promotion_codes/{promotion_code}": coupons.retrieve_code,
    "POST /v1/promotion_codes/{promotion_code}": coupons.update_code,
    "GET /v1/shipping_rates": shipping_rates.index,
    "POST /v1/shipping_rates": shipping_rates.create,
    "GET /v1/shipping_rates/{shipping_rate_token}": shipping_rates.retrieve,
    "POST /v1/shipping_rates/{shipping_rate_token}": shipping_rates.update,
    "GET /v1/customers": customers.index,
    "POST /v1/customers": customers.create,
    "GET /v1/customers/{customer}": customers.retrieve,
    "POST /v1/customers/{customer}": customers.update,
    "DELETE /v1/customers/{customer}": customers.delete,
    "GET /v1/payment_intents": payment_intents.index,
    "GET /v1/payment_intents/{intent}": payment_intents.retrieve,
    "POST /v1/payment_intents/{intent}": payment_intents.update,
    "POST /v1/payment_intents/{intent}/cancel": payment_intents.cancel,
    "GET /v1/payment_methods/{payment_method}": payment_methods.retrieve,
    "GET /v1/charges": charges.index,
    "GET /v1/charges/{charge}": charges.retrieve,
    "POST /v1/charges/{charge}": charges.update,
    "GET /v1/refunds": refunds.index,
    "POST /v1/refunds": refunds.create,
    "GET /v1/refunds/{refund}": refunds.retrieve,
    "POST /v1/refunds/{refund}": refunds.update,
    "POST /v1/refunds/{refund}/cancel": refunds.cancel,
    "GET /v1/disputes": disputes.index,
    "GET /v1/disputes/{dispute}": disputes.retrieve,
    "POST /v1/disputes/{dispute}": disputes.update,
    "POST /v1/disputes/{dispute}/close": disputes.close,
    "GET /v1/radar/early_fraud_warnings": disputes.index_warnings,
    "GET /v1/radar/early_fraud_warnings/{early_fraud_warning}": disputes.retrieve_warning,
    "GET /v1/events": recorded_events.index,
    "GET /v1/events/{id}": recorded_events.retrieve,
    "GET /v1/webhook_endpoints": webhook_endpoints.index,
    "POST /v1/webhook_endpoints": webhook_endpoints.create,
    "GET /v1/webhook_endpoints/{webhook_endpoint}": webhook_endpoints.retrieve,
    "POST /v1/webhook_endpoints/{webhook_endpoint}": webhook_endpoints.update,
    "DELETE /v1/webhook_endpoints/{webhook_endpoint}": webhook_endpoints.delete,
    "GET /v1/balance": balance.retrieve,
    "GET /v1/balance_transactions": balance.index_transactions,
    "GET /v1/balance_transactions/{id}": balance.retrieve_transaction,
}
_INCLUDES: expansion.Includes = {
    ("checkout.session", "line_items"): sessions.included_items,
    ("checkout.session", "total_details.breakdown"): pricing.breakdown,
    ("item", "discounts"): pricing.item_discounts,
    ("charge", "refunds"): refunds.of_charge,
    ("coupon", "applies_to"): coupons.applies_to,
}
_ADDRESSES = Map(
    [
        Rule(re.sub(r"{(\w+)}", r"<\1>", path), methods=[method], endpoint=(method, path))
        for method, path in (operation.split(" ") for operation in _OPERATIONS)
    ]
)
_KEY = re.compile(r"(sk|rk)_test_\w+")


@dataclass(frozen=True)
class Asked:
    """An operation by its address in the OpenAPI description, and the ids in it."""

    method: str
    path: str
    ids: Mapping[str, str]


class Api:
    """The API of one account.

    Args:
        store: The account.
        faults: What is to go wrong on purpose.

    """

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    def respond(self, request: Request) -> Response:
        """Answer a request as Stripe does, errors included.

        Raises:
            ConnectionAbortedError: Where the connection is to be dropped, by order.

        """
        name = identifier("req_", 14)
        fault = self._faults.take()
        headers = {"Request-Id": name, "Stripe-Version": schema.api_version()}
        try:
            self._faults.strike_before(fault)
            _authenticate(request)
            status, body, more = self._perform(request, name, fault)
        except StripeError as error:
            status, more = error.status, {}
            body = _written({"error": {**error.error, "request_log_url": _log(request, name)}})
        if fault and fault.kind == "lost":
            raise ConnectionAbortedError
        return Response(body, status, headers | more, mimetype="application/json")

    def _perform(
        self, request: Request, name: str, fault: Fault | None
    ) -> tuple[int, str, dict[str, str]]:
        asked = _route(request)
        expected = schema.parameters(asked.path, asked.method)
        params = schema.check(expected, schema.decode(_sent(request)))
        key = request.headers.get("Idempotency-Key") if asked.method == "POST" else None
        if key is None:
            self._faults.hold(fault)
            return 200, self._execute(asked, params, None, name), {}
        made = idempotency.call(key, asked.method, request.path, params, name)
        before = idempotency.begin(self._store, made)
        said = {"Idempotency-Key": key}
        if before:
            replayed = {"Idempotent-Replayed": "true", "Original-Request": before.request}
            return before.status, before.body, said | replayed
        try:
            self._faults.hold(fault)
            body = self._execute(asked, params, made, name)
        except StripeError:
            idempotency.release(self._store, made)
            raise
        return 200, body, said | {"Original-Request": name}

    def _execute(
        self, asked: Asked, params: dict[str, Any], made: idempotency.Call | None, name: str
    ) -> str:
        timing.catch_up(self._store)
        paths = params.pop("expand", [])
        token = events.request.set({"id": name, "idempotency_key": made.key if made else None})
        try:
            with self._store.transaction():
                operation = _OPERATIONS[f"{asked.method} {asked.path}"]
                answer = operation(self._store, params, *asked.ids.values())
                body = _written(expansion.expand(self._store, answer, paths, _INCLUDES))
                if made:
                    idempotency.finish(self._store, made, 200, body)
        finally:
            events.request.reset(token)
        return body


def _authenticate(request: Request) -> None:
    key = _key(request.headers.get("Authorization", ""))
    if not key:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or "
            "we can help at https://support.stripe.com/."
        )
    if not _KEY.fullmatch(key):
        stars = "*" * max(0, len(key) - 12)
        raise unauthorized(f"Invalid API Key provided: {key[:8]}{stars}{key[-4:]}")
    version = request.headers.get("Stripe-Version", schema.api_version())
    if version != schema.api_version():
        raise StripeError(
            f"Invalid Stripe API version: {version}. The simulator speaks {schema.api_version()}."
        )


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _route(request: Request) -> Asked:
    try:
        (method, path), ids = _ADDRESSES.bind("").match(request.path, request.method)
    except HTTPException as error:
        raise unrecognized(request.method, request.path) from error
    return Asked(method, path, ids)


def _sent(request: Request) -> str:
    if request.method == "POST":
        return request.get_data(as_text=True)
    return request.query_string.decode()


def _log(request: Request, name: str) -> str:
    return f"{request.host_url}#{name}"


def _written(body: Object) -> str:
    return json.dumps(body, indent=2)
