"""The payment page as Stripe is asked for it: the parameters of a Checkout Session.

Tax is asked for explicitly, or explicitly not: else the account's default would decide.
https://docs.stripe.com/api/checkout/sessions/create, API version 2026-10-28.endive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from core import config
from shop.models import Order, OrderLine, OrderOffer

Params = dict[str, Any]

_SHIPPING = "txcd_92010001"  # Stripe's tax code for shipping


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What else Stripe's page is to do.

    `take_codes` lets it ask for codes that Stripe keeps, unless the order has a discount of ours;
    `terms` are words to agree to; `promotions` offers promotional e-mails.
    `recoverable` lets Stripe keep a link that takes up the page again once it has expired;
    `adaptive_pricing` shows the total in the customer's own currency. `offers` may be added there.
    `tax_codes` say by variant what is sold, in Stripe's terms; without, its preset counts.
    """

    take_codes: bool = False
    terms: str | None = None
    promotions: bool = False
    recoverable: bool = False
    adaptive_pricing: bool = False
    offers: Sequence[OrderOffer] = ()
    tax_codes: Mapping[int, str] = field(default_factory=dict)


def session(order: Order, wishes: Wishes) -> Params:
    """The page on which an order is paid; without what has to be made at Stripe first."""
    marks = {"order": order.token, "attempt": str(order.attempt)}
    site_url = config.current().site_url
    params: Params = {
        "mode": "payment",
        "client_reference_id": order.token,
        "metadata": marks,
        # A Session's own metadata does not reach its payment, refunds and disputes.
        "payment_intent_data": {"metadata": marks},
        "line_items": [_line_item(order, line, wishes.tax_codes) for line in order.lines],
        "automatic_tax": {"enabled": order.tax_included is not None},
        "shipping_address_collection": {"allowed_countries": [order.country]},
        "shipping_options": [{"shipping_rate_data": _shipping(order)}],
        "adaptive_pricing": {"enabled": wishes.adaptive_pricing},
        "expires_at": int(order.expires_at.timestamp()),
        "success_url": f"{site_url}/checkout/complete?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{site_url}/cart",
    }
    params |= _consents(wishes)
    if wishes.recoverable:
        params["after_expiration"] = {"recovery": {"enabled": True}}
    if order.email:
        params["customer_email"] = order.email
    return params


def coupon(order: Order) -> Params:
    """A coupon of exactly the order's discount, for this one page."""
    return {
        "amount_off": order.discount_amount,
        "currency": order.currency.lower(),
        "duration": "once",
        "max_redemptions": 1,
        "name": order.promotion_code or "Discount",
        "metadata": {"order": order.token},
    }


def price(order: Order, offer: OrderOffer, tax_codes: Mapping[int, str]) -> Params:
    """A price that lasts, since Stripe takes no other for what it offers.

    Its `lookup_key` says all that it holds: what was made once is found again by it.
    """
    made: Params = {
        "currency": order.currency.lower(),
        "unit_amount": offer.unit_amount,
        "product_data": _product(offer, tax_codes),
        "metadata": {"offered": offer.sku},
        **_tax_behavior(order),
    }
    digest = sha256(repr(made).encode()).hexdigest()[:24]
    return made | {"lookup_key": f"offered:{offer.sku}:{digest}", "transfer_lookup_key": True}


def optional_item(offer: OrderOffer, price_id: str) -> Params:
    """What may be added on the page: one at first, and where there are more, up to as many."""
    item: Params = {"price": price_id, "quantity": 1}
    if offer.most > 1:
        item["adjustable_quantity"] = {"enabled": True, "minimum": 1, "maximum": offer.most}
    return item


def _consents(wishes: Wishes) -> Params:
    asked = {"terms_of_service": "required"} if wishes.terms else {}
    asked |= {"promotions": "auto"} if wishes.promotions else {}
    text = {"custom_text": {"terms_of_service_acceptance": {"message": wishes.terms}}}
    return ({"consent_collection": asked} if asked else {}) | (text if wishes.terms else {})


def _line_item(order: Order, line: OrderLine, tax_codes: Mapping[int, str]) -> Params:
    return {
        "quantity": line.quantity,
        "price_data": {
            "currency": order.currency.lower(),
            "unit_amount": line.unit_amount,
            "product_data": _product(line, tax_codes),
            **_tax_behavior(order),
        },
    }


def _product(sold: OrderLine | OrderOffer, tax_codes: Mapping[int, str]) -> Params:
    code = tax_codes.get(sold.variant_id)
    named = {"name": sold.title, "metadata": {"sku": sold.sku}}
    return named | ({"tax_code": code} if code else {})


def _tax_behavior(order: Order) -> Params:
    if order.tax_included is None:
        return {}
    return {"tax_behavior": "inclusive" if order.tax_included else "exclusive"}


def _shipping(order: Order) -> Params:
    taxed = {**_tax_behavior(order), "tax_code": _SHIPPING}
    return {
        **({} if order.tax_included is None else taxed),
        "display_name": order.shipping_title,
        "type": "fixed_amount",
        "fixed_amount": {"amount": order.shipping_amount, "currency": order.currency.lower()},
        "delivery_estimate": {
            "minimum": {"unit": "business_day", "value": order.days_min},
            "maximum": {"unit": "business_day", "value": order.days_max},
        },
    }
