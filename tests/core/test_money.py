"""Money is whole minor units, and comes back from text exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money


def test_people_read_amounts_in_their_currency_s_own_decimals() -> None:
    assert money.display(8900, "usd") == "$89.00"
    assert money.display(8900, "JPY") == "¥8,900"
    assert money.display(8900, "KWD").endswith("8.900")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD", "ISK"]))
def test_an_amount_survives_being_written_and_read(amount: int, currency: str) -> None:
    assert money.parse(str(money.to_decimal(amount, currency)), currency) == amount


@pytest.mark.parametrize("text", ["", "a lot", "1.005", "NaN", "inf", "1e"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        money.parse(text, "USD")
