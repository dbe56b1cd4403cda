"""Addresses stand as on an envelope of their country."""

import pytest

from shop import shipping

HOME = {"line1": "5 Sample Street", "line2": None, "city": "Town", "postal_code": "123"}


@pytest.mark.parametrize(
    ("country", "state", "town"),
    [
        ("US", "IL", ["Town, IL 123", "United States"]),
        ("GB", None, ["Town", "123", "United Kingdom"]),
        ("DE", "", ["123 Town", "Germany"]),
    ],
)
def test_the_postal_code_stands_where_the_country_has_it(
    country: str, state: str | None, town: list[str]
) -> None:
    lines = shipping.address_lines("Ada", HOME | {"country": country, "state": state})
    assert lines == ["Ada", "5 Sample Street", *town]


def test_what_is_missing_leaves_no_empty_line() -> None:
    assert shipping.address_lines(None, {"country": "FR"}) == ["France"]
