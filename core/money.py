"""Money: integers in a currency's minor unit, and how people read them."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

# Stripe keeps two decimals in its API for these, although the currency has none
# (https://docs.stripe.com/currencies#special-cases).
_STRIPE_TWO_DECIMALS = frozenset({"ISK", "UGX"})


def decimals(currency: str) -> int:
    """How many decimals the minor unit of `currency` (ISO 4217) stands for: 0, 2 or 3."""
    code = currency.upper()
    return 2 if code in _STRIPE_TWO_DECIMALS else get_currency_precision(code)


def to_decimal(amount: int, currency: str) -> Decimal:
    """`amount` minor units as an exact decimal in major units."""
    return Decimal(amount).scaleb(-decimals(currency))


def display(amount: int, currency: str, locale: str = "en_US") -> str:
    """`amount` minor units as people read it: `display(8900, "usd")` is `$89.00`."""
    return format_currency(to_decimal(amount, currency), currency.upper(), locale=locale)


def parse(text: str, currency: str) -> int:
    """What a person typed, in minor units. Raises `ValueError` where it is no exact amount."""
    try:
        value = Decimal(text.strip().replace(",", ""))
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is not an amount") from error
    scaled = value.scaleb(decimals(currency)) if value.is_finite() else value
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is not an amount in {currency.upper()}")
    return int(scaled)
