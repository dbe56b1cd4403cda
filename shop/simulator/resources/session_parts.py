"""What a new Checkout Session is made of, and what its request must hold to."""

from typing import Any
from urllib.parse import urlsplit

from shop.simulator import currency
from shop.simulator.errors import StripeError, absent, exclusive
from shop.simulator.resources import line_items, shipping_rates
from shop.simulator.resources.records import Params, merged, refer
from shop.simulator.store import Object, Store, identifier

_HALF_HOUR, _DAY = 1800, 86400
_OPTIONS_MAX, _OPTIONAL_MAX, _LINES_MAX = 5, 10, 100
_DEBITS = {
    "usd": "us_bank_account",
    "eur": "sepa_debit",
    "gbp": "bacs_debit",
    "aud": "au_becs_debit",
    "cad": "acss_debit",
}
# Fields that a session repeats as they were asked for, and what they are when they were not.
_REPEATED: dict[str, Any] = {
    "allow_promotion_codes": None,
    "allowed_payment_method_types": None,
    "billing_address_collection": None,
    "cancel_url": None,
    "client_reference_id": None,
    "customer": None,
    "customer_email": None,
    "integration_identifier": None,
    "locale": None,
    "origin_context": None,
    "payment_method_options": {},
    "permissions": None,
    "submit_type": None,
    "success_url": None,
}


def check(store: Store, params: Params) -> None:
    """Refuse what the OpenAPI description alone cannot.

    Raises:
        StripeError: 400, naming the parameter.

    """
    _check_mode(params)
    if "success_url" not in params:
        raise absent("success_url")
    for name in ("success_url", "cancel_url"):
        _check_url(params.get(name), name)
    _check_discounts(params)
    _check_expiry(store, params)
    if "customer" in params:
        refer(store, "customer", params["customer"], "customer")
        if "customer_email" in params:
            raise exclusive("customer", "customer_email")


def build(store: Store, params: Params, money: str) -> Object:
    """The session's fields, before amounts."""
    name = identifier("cs_test_a1", 56)
    repeated = {key: params.get(key, default) for key, default in _REPEATED.items()}
    return {
        "id": name,
        "object": "checkout.session",
        **repeated,
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", False)},
        "after_expiration": _after_expiration(params.get("after_expiration")),
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": _automatic_tax(params),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": _consent(params.get("consent_collection")),
        "created": store.now(),
        "currency": money,
        "currency_conversion": None,
        "custom_fields": [_custom_field(each) for each in params.get("custom_fields", [])],
        "custom_text": _custom_text(params.get("custom_text", {})),
        "customer_account": None,
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": _customer(params.get("customer_email")),
        "discounts": [],
        "expires_at": params.get("expires_at", store.now() + _DAY),
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merged({}, params.get("metadata", {})),
        "mode": "payment",
        "optional_items": _optional_items(store, params, money),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_types": _method_types(params, money),
        "payment_status": "unpaid",
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": params.get("shipping_address_collection"),
        "shipping_cost": None,
        "shipping_options": options(store, params.get("shipping_options", []), money),
        "status": "open",
        "subscription": None,
        "total_details": None,
        "ui_mode": "hosted_page",
        "url": f"{store.setting('base_url', '')}/c/pay/{name}",
        "wallet_options": None,
    }


def options(store: Store, asked: list[Params], money: str) -> list[Object]:
    """A session's shipping options, of existing rates or of rates made for it."""
    if len(asked) > _OPTIONS_MAX:
        raise StripeError("You can specify up to 5 shipping options.", param="shipping_options")
    return [_option(store, each, money, f"shipping_options[{i}]") for i, each in enumerate(asked)]


def first_rate(session: Object) -> str | None:
    """The shipping rate that is chosen until the customer chooses another."""
    return next((each["shipping_rate"] for each in session["shipping_options"]), None)


def check_amount(session: Object) -> None:
    """Refuse a total that is too small to be charged; nothing at all is fine."""
    least, money = currency.minimum(session["currency"]), session["currency"]
    if 0 < session["amount_total"] < least:
        raise StripeError(
            "The Checkout Session's total amount must convert to at least "
            f"{currency.show(least, money)}.",
            code="amount_too_small",
        )


def nothing_collected() -> Object:
    """`collected_information` before anything was."""
    return {"business_name": None, "individual_name": None, "shipping_details": None}


def shipping_details(details: Params) -> Object:
    """A name and address with every field of an address there."""
    return {"name": details["name"], "address": address(details["address"])}


def address(known: Params) -> Object:
    """An address with all of Stripe's fields."""
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: known.get(name) or None for name in names}


def contact(email: str) -> Object:
    """`customer_details` of whom no more than the address is known."""
    nothing = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return {**dict.fromkeys(nothing), "email": email, "tax_exempt": "none"}


def _customer(email: str | None) -> Object | None:
    return None if email is None else contact(email)


def _check_mode(params: Params) -> None:
    if "mode" not in params:
        raise absent("mode")
    if params["mode"] != "payment":
        raise StripeError(
            "The simulator only has Checkout Sessions in `payment` mode.", param="mode"
        )
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise StripeError("The simulator only has the `hosted_page`.", param="ui_mode")
    capture = params.get("payment_intent_data", {}).get("capture_method", "automatic")
    if capture == "manual":
        name = "payment_intent_data[capture_method]"
        raise StripeError("The simulator only captures automatically.", param=name)


def _check_url(url: str | None, name: str) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise StripeError("Not a valid URL", code="url_invalid", param=name)


def _check_discounts(params: Params) -> None:
    if "allow_promotion_codes" in params and "discounts" in params:
        raise exclusive("allow_promotion_codes", "discounts")
    if len(params.get("discounts", [])) > 1:
        raise StripeError("You can only apply one discount.", param="discounts")


def _check_expiry(store: Store, params: Params) -> None:
    if "expires_at" not in params:
        return
    ahead = params["expires_at"] - store.now()
    if ahead < _HALF_HOUR:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if ahead > _DAY:
        raise StripeError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )


def _option(store: Store, asked: Params, money: str, at: str) -> Object:
    if "shipping_rate" in asked:
        rate = refer(store, "shipping_rate", asked["shipping_rate"], f"{at}[shipping_rate]")
    elif "shipping_rate_data" in asked:
        rate = shipping_rates.create(store, asked["shipping_rate_data"])
    else:
        raise absent(f"{at}[shipping_rate_data]")
    if rate["fixed_amount"]["currency"] != money:
        raise StripeError(
            f"The shipping rate's currency must be {money}, as the line items' is.", param=at
        )
    return {"shipping_amount": rate["fixed_amount"]["amount"], "shipping_rate": rate["id"]}


def _method_types(params: Params, money: str) -> list[str]:
    offered = ["card", *([_DEBITS[money]] if money in _DEBITS else [])]
    allowed = params.get("allowed_payment_method_types", offered)
    excluded = params.get("excluded_payment_method_types", [])
    kept = [each for each in offered if each in allowed and each not in excluded]
    if not kept:
        raise StripeError(
            "No valid payment method types for this Checkout Session.",
            param="allowed_payment_method_types",
        )
    return kept


def _optional_items(store: Store, params: Params, money: str) -> list[Object] | None:
    items = params.get("optional_items")
    if items is None:
        return None
    if len(items) > _OPTIONAL_MAX:
        raise StripeError("You can have up to 10 optional items.", param="optional_items")
    if len(items) + len(params["line_items"]) > _LINES_MAX:
        raise StripeError(
            "Checkout Sessions can have up to 100 line items and optional items together.",
            param="optional_items",
        )
    return [_optional(store, each, money, f"optional_items[{i}]") for i, each in enumerate(items)]


def _optional(store: Store, item: Params, money: str, at: str) -> Object:
    price = line_items.active(refer(store, "price", item["price"], f"{at}[price]"), at)
    if price["currency"] != money:
        raise StripeError(
            f"The price specified only supports `{price['currency']}`. All optional items must "
            "have the currency of the line items.",
            param=f"{at}[price]",
        )
    if item["quantity"] < 1:
        raise StripeError(
            "Invalid positive integer",
            code="parameter_invalid_integer",
            param=f"{at}[quantity]",
        )
    return {
        "adjustable_quantity": line_items.limits(item.get("adjustable_quantity")),
        "price": item["price"],
        "quantity": item["quantity"],
    }


def _after_expiration(asked: Params | None) -> Object | None:
    recovery = (asked or {}).get("recovery")
    if not recovery:
        return None
    return {
        "recovery": {
            "allow_promotion_codes": recovery.get("allow_promotion_codes", False),
            "enabled": recovery["enabled"],
            "expires_at": None,
            "url": None,
        }
    }


def _automatic_tax(params: Params) -> Object:
    enabled = params.get("automatic_tax", {}).get("enabled", False)
    return {
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": "requires_location_inputs" if enabled else None,
    }


def _consent(asked: Params | None) -> Object | None:
    if not asked:
        return None
    names = ("payment_method_reuse_agreement", "promotions", "terms_of_service")
    return {name: asked.get(name) for name in names}


def _custom_text(asked: Params) -> Object:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: asked.get(name) or None for name in names}


def _custom_field(asked: Params) -> Object:
    kind = asked["type"]
    limits = asked.get(kind, {})
    own: dict[str, Any] = {"default_value": limits.get("default_value"), "value": None}
    if kind == "dropdown":
        own["options"] = limits["options"]
    else:
        own |= {name: limits.get(name) for name in ("maximum_length", "minimum_length")}
    label = {"custom": asked["label"]["custom"], "type": "custom"}
    optional = asked.get("optional", False)
    return {"key": asked["key"], "label": label, "optional": optional, "type": kind, kind: own}
