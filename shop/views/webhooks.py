"""Where Stripe's events arrive."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shop import payments, webhooks

pages = Blueprint("webhooks", __name__)


@pages.post("/webhooks/stripe")
def receive() -> ResponseReturnValue:
    """200 once all is committed; 400 for what Stripe did not sign; 503 where we need it again."""
    try:
        outcome = webhooks.receive(
            request.get_data(cache=False), request.headers.get("Stripe-Signature")
        )
    except webhooks.BadEvent as error:
        return {"error": str(error)}, 400
    except payments.Unavailable:
        return {"error": "Stripe could not be asked; please send it again."}, 503
    return {"outcome": outcome}
