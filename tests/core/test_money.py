"""Money is whole minor units, and comes back from text exactly."""

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from core import money
from shop.simulator import currency as stripe


def test_people_read_amounts_in_their_currency_s_own_decimals() -> None:
    assert money.display(8900, "usd") == "$89.00"
    assert money.display(8900, "JPY") == "¥8,900"
    assert money.display(8900, "KWD").endswith("8.900")
    assert money.display(8950, "RSD").endswith("89.50")
    assert money.display(8900, "ISK").endswith("89")


@given(currency=st.sampled_from(sorted(list_currencies())))
def test_the_minor_unit_is_the_one_that_stripe_counts(currency: str) -> None:
    assert money.decimals(currency) == stripe.exponent(currency.lower())


@given(st.integers(-(10**10), 10**10), st.sampled_from(["USD", "JPY", "KWD", "ISK"]))
def test_an_amount_survives_being_written_and_read(steps: int, currency: str) -> None:
    amount = steps * money.step(currency)
    assert money.parse(str(money.to_decimal(amount, currency)), currency) == amount


@pytest.mark.parametrize(("text", "currency"), [("1.005", "KWD"), ("89.50", "ISK"), ("5.5", "JPY")])
def test_an_amount_that_stripe_does_not_charge_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        money.parse(text, currency)


@given(
    st.integers(0, 10**9), st.integers(0, 100), st.sampled_from(["USD", "JPY", "KWD", "BHD", "ISK"])
)
def test_a_share_can_be_charged_and_is_off_by_half_a_step_at_most(
    amount: int, percent: int, currency: str
) -> None:
    share = money.share(amount, percent, currency)
    assert share % money.step(currency) == 0
    assert abs(200 * share - 2 * amount * percent) <= 100 * money.step(currency)


@pytest.mark.parametrize("text", ["", "a lot", "1.005", "NaN", "inf", "1e", "9" * 30, "1e999999"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        money.parse(text, "USD")
