"""Addresses stand as on an envelope of their country."""

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from core import db, schema
from shop import shipping
from tests.house.test_migrations import VERSIONS

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


def test_rates_from_before_zones_stay_what_they_were(app: Flask) -> None:
    scripts = ScriptDirectory(str(VERSIONS.parent)).walk_revisions()
    zones = next(each for each in scripts if each.revision.endswith("_shipping_zones"))
    schema.downgrade(str(zones.down_revision))
    with db.transaction() as session:
        session.execute(
            sa.text("INSERT INTO shipping_rate VALUES ('NZ', 'Tracked', 2900, 'USD', 8, 16, 3)")
        )
    schema.upgrade()
    rate = shipping.rate("NZ", goods=8900, grams=5000)
    assert rate == shipping.Rate(
        country="NZ", title="Tracked", amount=2900, currency="USD", days_min=8, days_max=16,
        free_from=None,
    )  # fmt: skip
    schema.downgrade(str(zones.down_revision))
    with db.reading() as session:
        row = session.execute(sa.text("SELECT country, amount FROM shipping_rate")).one()
    assert tuple(row) == ("NZ", 2900)
    schema.upgrade()
