"""What a Checkout Session's lines, discount, tax and shipping come to, in whole minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shop.simulator import currency
from shop.simulator.store import Object


@dataclass(frozen=True)
class Discount:
    """A coupon's effect.

    Attributes:
        percent: Off the eligible lines, 0 to 100; or None.
        amount: Off the eligible lines, in minor units, where `percent` is None.
        products: The products it is limited to; empty for all.

    """

    percent: float | None
    amount: int
    products: frozenset[str]


def subtotal(price: Object, quantity: int) -> int:
    """A line's amount before discount and tax."""
    return _round(Decimal(str(price["unit_amount_decimal"])) * quantity)


def discounts(items: Sequence[Object], discount: Discount | None) -> list[int]:
    """Each line's share of the discount; the shares add up to the whole of it exactly."""
    if discount is None:
        return [0] * len(items)
    eligible = [_eligible(item, discount) for item in items]
    base = sum(eligible)
    if discount.percent is None:
        whole = min(discount.amount, base)
    else:
        whole = _round(Decimal(base) * Decimal(str(discount.percent)) / 100)
    return _distribute(whole, eligible)


def tax(amount: int, percent: Decimal, price: Object) -> tuple[int, int]:
    """The tax on an amount, and how much of it comes on top (none where the price includes it).

    What `price` does not say of itself is the account's default, which is `exclusive`.
    """
    smallest = currency.step(price["currency"])
    if price["tax_behavior"] == "inclusive":
        return _round(amount - amount / (1 + percent / 100), smallest), 0
    added = _round(amount * percent / 100, smallest)
    return added, added


def _eligible(item: Object, discount: Discount) -> int:
    if discount.products and item["price"]["product"] not in discount.products:
        return 0
    amount: int = item["amount_subtotal"]
    return amount


def _distribute(whole: int, weights: list[int]) -> list[int]:
    """Split by weight; what rounding leaves goes to the largest remainders."""
    total = sum(weights) or 1
    shares = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(whole * weights[i] % total))
    for i in by_remainder[: whole - sum(shares)]:
        shares[i] += 1
    return shares


def _round(amount: Decimal, smallest: int = 1) -> int:
    return int((amount / smallest).quantize(Decimal(1), ROUND_HALF_UP)) * smallest
