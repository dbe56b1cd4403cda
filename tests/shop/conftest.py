"""What the shop's tests share: the sample shop, and what is on its shelf."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import db
from shop import samples
from shop.models import Stock, StockMovement, Variant

SKU = "QL-CLAW"


@pytest.fixture
def sample_shop(app: Flask) -> Flask:
    """The shop with its sample product: 40 on hand, $89.00, shipped to five countries."""
    samples.seed()
    return app


def shelf(sku: str = SKU) -> tuple[int, int]:
    """How many are on hand, and how many of them are held."""
    with db.reading() as session:
        mine = select(Stock.on_hand, Stock.reserved).join(Variant).where(Variant.sku == sku)
        row = session.execute(mine).one()
        session.rollback()
        return row.on_hand, row.reserved


def moved(sku: str = SKU) -> int:
    """The sum of all movements, which is what is on hand."""
    with db.reading() as session:
        sum_of = select(func.sum(StockMovement.change)).join(Variant).where(Variant.sku == sku)
        return session.scalar(sum_of) or 0
