"""Disputes: a customer's bank asks for the money back (https://docs.stripe.com/disputes)."""

from shop.simulator import events, lists
from shop.simulator.errors import StripeError
from shop.simulator.resources import balance
from shop.simulator.resources.records import Params, fetch, merged
from shop.simulator.schema import response
from shop.simulator.store import Object, Store, field, identifier

REASONS = (
    "fraudulent",
    "product_not_received",
    "product_unacceptable",
    "duplicate",
    "credit_not_processed",
    "subscription_canceled",
    "unrecognized",
    "general",
)
_DUE_DAYS = 9
_OPEN = ("needs_response", "under_review")
# What Stripe's test mode reads in `uncategorized_text` as an order to itself.
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_dispute(store: Store, charge: str, reason: str = "fraudulent") -> Object:
    """A customer disputes what is left of a charge; its money is withdrawn.

    Raises:
        StripeError: 400, for a charge that took no money or is disputed already.

    """
    body = fetch(store, "charge", charge)
    amount = body["amount"] - body["amount_refunded"]
    if body["status"] != "succeeded" or body["disputed"] or not amount:
        raise StripeError(f"Charge {charge} cannot be disputed.")
    if reason not in REASONS:
        raise StripeError(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    store.save({**body, "disputed": True})
    dispute = store.insert(_build(store, body, amount, reason))
    events.emit(store, "charge.dispute.created", dispute)
    _move(store, dispute, -amount, fee=balance.dispute_fee())
    events.emit(store, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(store: Store, params: Params, dispute: str) -> Object:
    """POST /v1/disputes/:id: evidence, kept or (`submit`) sent to the bank."""
    body = fetch(store, "dispute", dispute, param="dispute")
    if body["status"] not in _OPEN:
        raise StripeError("This dispute is already closed", code="dispute_already_closed")
    if "metadata" in params:
        body["metadata"] = merged(body["metadata"], params["metadata"])
    evidence = params.get("evidence", {})
    body["evidence"] |= {name: value or None for name, value in evidence.items()}
    body["evidence_details"]["has_evidence"] = any(body["evidence"].values())
    if params.get("submit", bool(evidence)) and evidence:
        body["status"] = "under_review"
        body["evidence_details"] |= {"submission_count": 1, "submission_method": "manual"}
    store.save(body)
    events.emit(store, "charge.dispute.updated", body)
    verdict = _VERDICTS.get(body["evidence"]["uncategorized_text"] or "")
    return decide(store, dispute, verdict) if verdict else body


def close(store: Store, _params: Params, dispute: str) -> Object:
    """POST /v1/disputes/:id/close: it is accepted, and so lost."""
    return decide(store, dispute, "lost")


def decide(store: Store, dispute: str, verdict: str) -> Object:
    """The bank decides: `won` brings the money back, `lost` does not.

    Raises:
        StripeError: 400, for a dispute that is over.

    """
    body = fetch(store, "dispute", dispute, param="dispute")
    if body["status"] not in _OPEN:
        raise StripeError("This dispute is already closed", code="dispute_already_closed")
    body["status"] = verdict
    store.save(body)
    if verdict == "won":
        _move(store, body, body["amount"])
        events.emit(store, "charge.dispute.funds_reinstated", body)
    events.emit(store, "charge.dispute.closed", body)
    return body


def warn(store: Store, charge: str) -> Object:
    """A card network's early warning that a charge may be fraud."""
    body = fetch(store, "charge", charge)
    warning = store.insert(
        {
            "id": identifier("issfr_1"),
            "object": "radar.early_fraud_warning",
            "actionable": not body["refunded"],
            "charge": charge,
            "created": store.now(),
            "fraud_type": "misc",
            "livemode": False,
            "payment_intent": body["payment_intent"],
        }
    )
    events.emit(store, "radar.early_fraud_warning.created", warning)
    return warning


def retrieve(store: Store, _params: Params, dispute: str) -> Object:
    """GET /v1/disputes/:id."""
    return fetch(store, "dispute", dispute, param="dispute")


def index(store: Store, params: Params) -> Object:
    """GET /v1/disputes."""
    return lists.page(store, "dispute", params, url="/v1/disputes")


def retrieve_warning(store: Store, _params: Params, warning: str) -> Object:
    """GET /v1/radar/early_fraud_warnings/:id."""
    return fetch(store, "radar.early_fraud_warning", warning, param="early_fraud_warning")


def index_warnings(store: Store, params: Params) -> Object:
    """GET /v1/radar/early_fraud_warnings."""
    url = "/v1/radar/early_fraud_warnings"
    return lists.page(store, "radar.early_fraud_warning", params, url=url)


def of_charge(store: Store, charge: str) -> Object | None:
    """The dispute of a charge, if there is one."""
    found = store.select("dispute", {field("charge"): charge}, limit=1)
    return found[0] if found else None


def _build(store: Store, charge: Object, amount: int, reason: str) -> Object:
    return {
        "id": identifier("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": _no_evidence(),
        "evidence_details": {
            "due_by": store.now() + _DUE_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": "manual",
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        **_details(charge["payment_method_details"]),
        "reason": reason,
        "status": "needs_response",
    }


def _details(method: Object) -> Object:
    """`payment_method_details`, which a bank account's dispute does without."""
    if method["type"] != "card":
        return {}
    brand = method["card"]["brand"]
    case = {"case_type": "chargeback", "network_reason_code": "10.4"}
    card = {"brand": brand, "network": brand, **case}
    return {"payment_method_details": {"type": "card", "card": card}}


def _no_evidence() -> Object:
    fields = response("dispute")["properties"]["evidence"]
    nothing: Object = dict.fromkeys(fields["required"])
    return nothing | {"enhanced_evidence": {}}


def _move(store: Store, dispute: Object, amount: int, *, fee: int = 0) -> None:
    moved = balance.record(store, "adjustment", amount, dispute, fee=fee)
    dispute["balance_transactions"].append(moved)
    store.save(dispute)
