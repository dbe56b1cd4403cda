"""Delivery dates are counted in business days from the moment of the order."""

from dataclasses import dataclass
from datetime import date

import pytest
import time_machine
from flask import Flask

from core import settings
from shop import delivery


@dataclass(frozen=True)
class Pace:
    days_min: int
    days_max: int


@pytest.mark.one_database
def test_a_parcel_leaves_within_two_business_days_and_travels_on_business_days(app: Flask) -> None:
    with time_machine.travel("2026-11-24 14:00:00+00:00", tick=False):
        assert delivery.arrival(Pace(3, 6)) == "Tue, Dec 1 – Fri, Dec 4"
        assert delivery.arrival_in_short(Pace(3, 6)) == "Dec 1–4"
        assert delivery.arrival_in_short(Pace(1, 6)) == "Nov 27–Dec 4"
        assert delivery.arrival(Pace(3, 3)) == "Tue, Dec 1"
        settings.change(handling_days=0)
        assert delivery.arrival(Pace(3, 6)) == "Fri, Nov 27 – Wed, Dec 2"


@pytest.mark.parametrize(
    ("start", "count", "day"),
    [
        (date(2026, 11, 27), 0, date(2026, 11, 27)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 11, 27), 6, date(2026, 12, 7)),
    ],
)
def test_weekends_do_not_count(start: date, count: int, day: date) -> None:
    assert delivery.business_day(start, count) == day
