"""Requests are read and refused as Stripe's own description says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shop.simulator import schema, totals
from shop.simulator.errors import StripeError

SESSION = schema.parameters("/v1/checkout/sessions", "POST")
REFUND = schema.parameters("/v1/refunds", "POST")


def read(form: str, expected: Any = SESSION) -> dict[str, Any]:
    return schema.check(expected, schema.decode(form))


def test_nested_forms_become_typed_values() -> None:
    form = (
        "mode=payment&line_items[0][quantity]=2&line_items[0][price_data][currency]=usd"
        "&metadata[order]=7&allow_promotion_codes=true&expand[]=line_items&expand[]=customer"
    )
    assert read(form) == {
        "mode": "payment",
        "line_items": [{"quantity": 2, "price_data": {"currency": "usd"}}],
        "metadata": {"order": "7"},
        "allow_promotion_codes": True,
        "expand": ["line_items", "customer"],
    }


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("succes_url=x", "parameter_unknown", "succes_url"),
        (
            "line_items[0][price_data][cost]=1",
            "parameter_unknown",
            "line_items[0][price_data][cost]",
        ),
        ("line_items[0][quantity]=1.5", "parameter_invalid_integer", "line_items[0][quantity]"),
        ("phone_number_collection[a]=1", "parameter_unknown", "phone_number_collection[a]"),
        ("automatic_tax[liability][account]=x", "parameter_missing", "automatic_tax[enabled]"),
        ("customer_email=", "parameter_invalid_empty", "customer_email"),
        ("allow_promotion_codes=yes", None, "allow_promotion_codes"),
        ("line_items=x", None, "line_items"),
        ("metadata=x", None, "metadata"),
        ("client_reference_id=" + "x" * 201, None, "client_reference_id"),
        ("mode=gift", None, "mode"),
        ("metadata[order]=" + "x" * 501, None, "metadata[order]"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(form: str, code: str | None, param: str) -> None:
    with pytest.raises(StripeError) as refused:
        read(form)
    error = refused.value.error
    assert (error.get("code"), error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"


def test_a_misspelt_parameter_is_told_its_neighbour() -> None:
    with pytest.raises(
        StripeError, match=r"unknown parameter: succes_url. Did you mean success_url"
    ):
        read("succes_url=x")


def test_metadata_is_emptied_by_an_empty_text() -> None:
    assert read("metadata=", REFUND) == {"metadata": ""}


@given(some.lists(some.integers(0, 10**6), min_size=1, max_size=9), some.floats(0.01, 100))
def test_the_shares_of_a_discount_add_up_exactly(amounts: list[int], percent: float) -> None:
    lines = [{"amount_subtotal": each, "price": {"product": "prod_1"}} for each in amounts]
    shares = totals.discounts(lines, totals.Discount(round(percent, 2), 0, frozenset()))
    assert all(0 <= share <= amount for share, amount in zip(shares, amounts, strict=True))
    assert abs(sum(shares) - sum(amounts) * round(percent, 2) / 100) <= 0.5 + 1e-6


@given(some.lists(some.integers(0, 10**6), min_size=1, max_size=9), some.integers(1, 10**6))
def test_an_amount_off_never_exceeds_what_is_sold(amounts: list[int], off: int) -> None:
    lines = [{"amount_subtotal": each, "price": {"product": "prod_1"}} for each in amounts]
    shares = totals.discounts(lines, totals.Discount(None, off, frozenset()))
    assert sum(shares) == min(off, sum(amounts))
