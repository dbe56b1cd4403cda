"""Amounts in a currency's minor unit, as Stripe counts them, and how people read them."""

import re
from decimal import Decimal

from babel.numbers import format_currency

# https://docs.stripe.com/currencies#zero-decimal and #three-decimal
_ZERO = frozenset(re.findall(r"\w+", "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"))
_THREE = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, the common ones
_MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "cad": 50, "aud": 50, "chf": 50, "jpy": 50}


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit stands for."""
    return 0 if currency in _ZERO else 3 if currency in _THREE else 2


def step(currency: str) -> int:
    """The smallest difference between amounts: the last of three decimals is 0."""
    return 10 if currency in _THREE else 1


def show(amount: int, currency: str, locale: str = "en_US") -> str:
    """An amount in minor units as people write it: 8900 usd is $89.00."""
    places = exponent(currency)
    value = Decimal(amount).scaleb(-places)
    pattern = "¤#,##0" + ("." + "0" * places if places else "")
    written: str = format_currency(
        value, currency.upper(), pattern, locale=locale, currency_digits=False
    )
    return written


def minimum(currency: str) -> int:
    """The smallest amount a card can be charged, in minor units."""
    return _MINIMUM.get(currency, 1)
