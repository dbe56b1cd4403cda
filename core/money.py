"""Money: integers in a currency's minor unit, and how people read them."""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency

# As Stripe counts them (https://docs.stripe.com/currencies#zero-decimal and #three-decimal), not
# as CLDR shows them: that has no decimals for some currencies of which Stripe counts hundredths.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - a list of 15
)
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Hundredths are counted, and only whole units charged (#special-cases).
_WHOLE_UNITS = frozenset({"ISK", "UGX"})

# What Stripe charges at once has eight digits (https://docs.stripe.com/currencies#minimum-and-
# maximum-charge-amounts); it allows some currencies more, which nobody needs here.
MOST = 99_999_999


def decimals(currency: str) -> int:
    """How many decimals the minor unit of `currency` (ISO 4217) stands for: 0, 2 or 3."""
    code = currency.upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def step(currency: str) -> int:
    """The smallest difference between two amounts that Stripe charges, in minor units.

    The last digit of an amount with three decimals is 0; of some currencies only whole units are
    charged (https://docs.stripe.com/currencies).
    """
    code = currency.upper()
    return 10 if code in _THREE_DECIMALS else 100 if code in _WHOLE_UNITS else 1


def share(amount: int, percent: int, currency: str) -> int:
    """So many percent of an amount, in minor units that can be charged; halves are rounded up."""
    smallest = step(currency)
    return (amount * percent + 50 * smallest) // (100 * smallest) * smallest


def part(amount: int, numerator: int, denominator: int, currency: str) -> int:
    """A fraction of an amount, in minor units that can be charged; halves are rounded up."""
    smallest = step(currency)
    return (
        (2 * amount * numerator + denominator * smallest) // (2 * denominator * smallest) * smallest
    )


def to_decimal(amount: int, currency: str) -> Decimal:
    """`amount` minor units as an exact decimal in major units."""
    return Decimal(amount).scaleb(-decimals(currency))


def display(amount: int, currency: str, locale: str = "en_US") -> str:
    """`amount` minor units as people read it: `display(8900, "usd")` is `$89.00`."""
    code = currency.upper()
    places = 0 if code in _WHOLE_UNITS else decimals(code)
    usual = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = usual.replace("0.00", f"0.{'0' * places}" if places else "0")
    return format_currency(
        to_decimal(amount, code), code, pattern, locale=locale, currency_digits=False
    )


def parse(text: str, currency: str) -> int:
    """What a person typed, in minor units. Raises `ValueError` where it is no exact amount."""
    try:
        value = Decimal(text.strip().replace(",", ""))
        scaled = value.scaleb(decimals(currency)) if value.is_finite() else value
        exact = scaled.is_finite() and not scaled % step(currency)
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is not an amount") from error
    if not exact:
        raise ValueError(f"{text!r} is not an amount in {currency.upper()}")
    return int(scaled)
