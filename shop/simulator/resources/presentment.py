"""What a customer abroad sees with Adaptive Pricing: the amount in their currency, at sample rates.

https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing
"""

from decimal import ROUND_HALF_UP, Decimal

from shop.simulator import currency
from shop.simulator.store import Object

_CURRENCIES = {"US": "usd", "CA": "cad", "GB": "gbp", "DE": "eur", "FR": "eur", "JP": "jpy"}
_PER_DOLLAR = {"usd": "1", "cad": "1.40", "gbp": "0.79", "eur": "0.94", "jpy": "155"}


def of(session: Object, country: str | None) -> Object:
    """The `presentment_details` of a session that somebody pays in a country; else nothing."""
    own, theirs = session["currency"], _CURRENCIES.get(country or "")
    asked = session["adaptive_pricing"]["enabled"] and theirs not in (None, own)
    if not asked or own not in _PER_DOLLAR or theirs is None:
        return {}
    rate = Decimal(_PER_DOLLAR[theirs]) / Decimal(_PER_DOLLAR[own])
    amount = Decimal(session["amount_total"]).scaleb(
        currency.exponent(theirs) - currency.exponent(own)
    )
    return _details(amount * rate, theirs)


def share(whole: Object, amount: int) -> Object:
    """The `presentment_details` of a part of a charge; nothing where it has none."""
    shown = whole.get("presentment_details")
    if not shown:
        return {}
    part = Decimal(shown["presentment_amount"]) * amount / whole["amount"]
    return _details(part, shown["presentment_currency"])


def _details(amount: Decimal, money: str) -> Object:
    rounded = int(amount.quantize(Decimal(1), ROUND_HALF_UP))
    shown = {"presentment_amount": rounded, "presentment_currency": money}
    return {"presentment_details": shown}
