"""Prices: what variants cost, from when, and what may be called a reduction.

98/6/EC, article 6a (in force since May 28, 2022): who announces a reduction names the lowest price
of the 30 days before it, and the percentage is of that price (CJEU C-330/23, Aldi Süd).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import delete, select

from core import clock, db, money
from shop.models import Price, Variant

PERIOD = timedelta(days=30)


def set_price(
    sku: str,
    amount: int,
    currency: str,
    *,
    at: datetime | None = None,
    why: str = "",
    who: str = "",
) -> None:
    """Let a variant cost `amount` minor units from now, or from `at`.

    Raises `ValueError` for an amount that Stripe would not charge, see `money.step` and
    `money.MOST`, and where another price begins at the same moment.
    """
    if not 1 <= amount <= money.MOST or amount % money.step(currency):
        raise ValueError(f"{amount} minor units of {currency} cannot be charged")
    with db.transaction() as session:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        is_new = db.insert_missing(
            Price,
            variant_id=variant.id,
            amount=amount,
            currency=currency.upper(),
            valid_from=at or clock.now(),
            why=why,
            who=who,
        )
    if not is_new:
        raise ValueError("a price begins at that moment already")


def call_off(price_id: int) -> bool:
    """Take back a price that has not begun; False where it has."""
    planned = delete(Price).where(Price.id == price_id, Price.valid_from > clock.now())
    with db.transaction():
        return db.changed(planned) == 1


def history(variant_id: int) -> Sequence[Price]:
    """Every price that a variant had, has, or is to have; the latest first."""
    mine = select(Price).where(Price.variant_id == variant_id)
    with db.reading() as session:
        return session.scalars(mine.order_by(Price.valid_from.desc(), Price.id.desc())).all()


def earlier(variants: Collection[int], at: datetime | None = None) -> dict[int, int]:
    """The price to compare with, in minor units, of those variants that are reduced at a moment."""
    moment = at or clock.now()
    begun = select(Price).where(Price.variant_id.in_(variants), Price.valid_from <= moment)
    with db.reading() as session:
        found = session.scalars(begun.order_by(Price.variant_id, Price.valid_from)).all()
    compared = {
        variant: _compared(list(prices), moment)
        for variant, prices in groupby(found, lambda price: price.variant_id)
    }
    return {variant: amount for variant, amount in compared.items() if amount is not None}


def lowest(prices: Sequence[Price], until: datetime) -> int | None:
    """The lowest of the 30 days before `until`; None where there was not a price all that time.

    `prices` are of one variant, the oldest first.
    """
    since = until - PERIOD
    begun = [price for price in prices if price.valid_from < until]
    first = max((n for n, price in enumerate(begun) if price.valid_from <= since), default=None)
    if first is None:
        return None
    return min(price.amount for price in begun[first:])


def _compared(prices: Sequence[Price], moment: datetime) -> int | None:
    """A reduction is called one for 30 days: from then on it is what the thing costs."""
    current = prices[-1]
    before = [price for price in prices if price.amount != current.amount]
    if not before or len({price.currency for price in prices}) > 1:
        return None
    last = before[-1]
    began = next(price.valid_from for price in prices if price.valid_from > last.valid_from)
    if last.amount < current.amount or moment - began >= PERIOD:
        return None
    amount = lowest(prices, began)
    return amount if amount is not None and amount > current.amount else None
