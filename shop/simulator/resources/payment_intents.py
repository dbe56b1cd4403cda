"""PaymentIntents: one customer's way to one payment (https://docs.stripe.com/payments/paymentintents/lifecycle)."""

from shop.simulator import events, lists
from shop.simulator.errors import StripeError
from shop.simulator.resources.records import Params, fetch, merged, revise
from shop.simulator.store import Object, Store, identifier

_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
_EDITABLE = ("description", "metadata", "receipt_email", "shipping", "statement_descriptor_suffix")


def create(store: Store, session: Object, shipping: Object | None) -> Object:
    """The PaymentIntent of a Checkout Session, made when the customer first tries to pay."""
    data = store.hidden(session["id"])["payment_intent_data"]
    name = identifier("pi_3")
    intent = store.insert(
        {
            "id": name,
            "object": "payment_intent",
            "allowed_payment_method_types": session["allowed_payment_method_types"],
            "amount": session["amount_total"],
            "amount_capturable": 0,
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": data.get("capture_method", "automatic_async"),
            "client_secret": identifier(f"{name}_secret_", 25),
            "confirmation_method": "automatic",
            "created": store.now(),
            "currency": session["currency"],
            "customer": session["customer"],
            "customer_account": None,
            "description": data.get("description"),
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "managed_payments": None,
            "metadata": merged({}, data.get("metadata", {})),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {"card": _card_options()},
            "payment_method_types": session["payment_method_types"],
            "payment_record": None,
            "processing": None,
            "receipt_email": data.get("receipt_email"),
            "review": None,
            "setup_future_usage": data.get("setup_future_usage"),
            "shipping": shipping or data.get("shipping"),
            "source": None,
            "statement_descriptor": data.get("statement_descriptor"),
            "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        },
        session=session["id"],
    )
    events.emit(store, "payment_intent.created", intent)
    return intent


def move(store: Store, intent: Object, status: str, event: str, **changes: object) -> Object:
    """Bring a PaymentIntent into another status, and tell."""
    intent = {**intent, "status": status, "next_action": None, **changes}
    store.save(intent)
    events.emit(store, event, intent)
    return intent


def retrieve(store: Store, _params: Params, intent: str) -> Object:
    """GET /v1/payment_intents/:id."""
    return fetch(store, "payment_intent", intent, param="intent")


def update(store: Store, params: Params, intent: str) -> Object:
    """POST /v1/payment_intents/:id: what describes it; its amount is the session's."""
    body = retrieve(store, params, intent)
    for name in params:
        if name not in _EDITABLE:
            raise StripeError(
                f"The parameter {name} cannot be changed on a PaymentIntent of Checkout.",
                code="payment_intent_unexpected_state",
                param=name,
            )
    return revise(store, body, params)


def cancel(store: Store, params: Params, intent: str) -> Object:
    """POST /v1/payment_intents/:id/cancel.

    Raises:
        StripeError: 400, for one that Checkout still holds, or that is over.

    """
    body = retrieve(store, params, intent)
    session = store.get(store.hidden(intent)["session"])
    if session["status"] == "open":
        raise StripeError(
            "You cannot cancel PaymentIntents created by Checkout; expire its Checkout Session."
        )
    if body["status"] not in _CANCELABLE:
        raise StripeError(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{body['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"canceled: {', '.join(_CANCELABLE)}.",
            code="payment_intent_unexpected_state",
        )
    return _cancel(store, body, params.get("cancellation_reason"))


def abandon(store: Store, intent: str) -> None:
    """The session of an unpaid PaymentIntent has expired."""
    body = store.get(intent)
    if body["status"] in _CANCELABLE:
        _cancel(store, body, "expired")


def index(store: Store, params: Params) -> Object:
    """GET /v1/payment_intents."""
    return lists.page(store, "payment_intent", params, url="/v1/payment_intents")


def _cancel(store: Store, body: Object, reason: str | None) -> Object:
    return move(
        store,
        body,
        "canceled",
        "payment_intent.canceled",
        canceled_at=store.now(),
        cancellation_reason=reason,
    )


def _card_options() -> Object:
    return {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
