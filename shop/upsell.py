"""Upsell: what Stripe's payment page offers beside an order, and what came of it.

What is offered is written down with the order, before Stripe is asked. Only that can come to the
order on the page, at the price and up to the number that were offered. It is not held meanwhile:
most who see it do not take it, and would keep it from those who want it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, select

from core import db, money
from shop import catalog, facts, shipping
from shop.catalog import Offer
from shop.models import Order, OrderLine, OrderOffer, Product, Upsell, Variant

# Stripe offers ten at most (https://docs.stripe.com/api/checkout/sessions/create, `optional_items`)
MOST_OFFERED = 10


class NotOffered(ValueError):
    """The payment page was paid with something that the order's page did not offer so."""


def choose(product: Product, offered: Mapping[str, int]) -> None:
    """Offer up to so many units of variants of others (by SKU) to whoever orders a product.

    Raises `ValueError` where one is not there or is the product's own, and for more than ten.
    """
    if len(offered) > MOST_OFFERED:
        raise ValueError(f"Stripe's page offers {MOST_OFFERED} things at most")
    with db.transaction() as session:
        others = select(Variant.sku, Variant.id).where(
            Variant.sku.in_(offered), Variant.product_id != product.id
        )
        found = dict(session.execute(others).all())
        if missing := [sku for sku in offered if sku not in found]:
            raise ValueError(f"no other product has a variant {', '.join(missing)}")
        session.execute(delete(Upsell).where(Upsell.product_id == product.id))
        session.add_all(
            Upsell(product_id=product.id, variant_id=found[sku], position=position, most=most)
            for position, (sku, most) in enumerate(offered.items())
        )


def chosen(product: Product) -> dict[str, int]:
    """What is offered to whoever orders a product: how many at most, by SKU."""
    mine = select(Variant.sku, Upsell.most).join(Upsell, Upsell.variant_id == Variant.id)
    with db.reading() as session:
        mine = mine.where(Upsell.product_id == product.id).order_by(Upsell.position)
        return dict(session.execute(mine).all())


def offer(order: Order) -> None:
    """Write down what the payment page of an order that is being placed is to offer.

    That is what can be bought now and is not ordered already, and only so much of it that shipping
    costs the same with all of it: Stripe's page cannot work out shipping anew.
    """
    with db.transaction() as session:
        session.execute(delete(OrderOffer).where(OrderOffer.order_id == order.id))
        wanted = dict(session.execute(_beside(order)).all())
        if wanted:
            skus = [*wanted, *(line.sku for line in order.lines)]
            offers = catalog.offers_of(skus, compared=False)
            session.add_all(_fitting(order, wanted, offers))


def of_order(order_id: int) -> Sequence[OrderOffer]:
    """What an order's payment page offers, the first one first."""
    mine = select(OrderOffer).where(OrderOffer.order_id == order_id)
    with db.reading() as session:
        return session.scalars(mine.order_by(OrderOffer.position)).all()


def taken_up(order: Order, lines: Sequence[facts.Line]) -> list[OrderLine]:
    """What came to an order on the payment page, as lines that are not in it yet.

    `lines` are those of its Session. Raises `NotOffered` where anything else is among them.
    """
    offered = {each.sku: each for each in of_order(order.id)}
    before = sum(line.amount for line in lines if line.offered is None)
    if before != order.goods_amount:
        ordered, paid = (
            money.display(amount, order.currency) for amount in (order.goods_amount, before)
        )
        raise NotOffered(f"goods: {ordered} here, {paid} there")
    added = [line for line in lines if line.offered is not None]
    if len({line.offered for line in added}) < len(added):
        raise NotOffered("something that was offered is there twice")
    return [_line(order, offered.get(line.offered or ""), line) for line in added]


def _beside(order: Order) -> Select[str, int]:
    mine = select(Variant.product_id).where(
        Variant.id.in_([line.variant_id for line in order.lines])
    )
    return (
        select(Variant.sku, Upsell.most)
        .join(Upsell, Upsell.variant_id == Variant.id)
        .where(Upsell.product_id.in_(mine), Variant.sku.not_in([line.sku for line in order.lines]))
        .order_by(Upsell.product_id, Upsell.position)
    )


@dataclass
class _Parcel:
    """What an order's parcel would hold with all that was offered so far: minor units, grams."""

    goods: int
    grams: int

    def with_more(self, offer: Offer, units: int) -> "_Parcel":
        """With so many units of something more."""
        return _Parcel(self.goods + offer.amount * units, self.grams + offer.weight_grams * units)


def _fitting(
    order: Order, wanted: Mapping[str, int], offers: Mapping[str, Offer]
) -> list[OrderOffer]:
    zone = shipping.zone_of(order.country)
    ordered = [(offers.get(line.sku), line.quantity) for line in order.lines]
    if zone is None:
        return []

    def costs_the_same(parcel: _Parcel) -> bool:
        rate = shipping.rate_in(
            zone,
            order.country,
            goods=parcel.goods - order.discount_amount,
            grams=parcel.grams,
        )
        total = parcel.goods + order.shipping_amount
        return rate is not None and rate.amount == order.shipping_amount and total <= money.MOST

    grams = sum(each.weight_grams * units for each, units in ordered if each)
    parcel = _Parcel(order.goods_amount, grams)
    fitting: list[OrderOffer] = []
    for sku, most in wanted.items():
        each = offers.get(sku)
        if each is None or each.currency != order.currency or len(fitting) == MOST_OFFERED:
            continue
        counts = range(min(most, each.available), 0, -1)
        units = next((n for n in counts if costs_the_same(parcel.with_more(each, n))), 0)
        if units:
            parcel = parcel.with_more(each, units)
            fitting.append(_offered(order, each, units, len(fitting)))
    return fitting


def _offered(order: Order, each: Offer, most: int, position: int) -> OrderOffer:
    return OrderOffer(
        order_id=order.id,
        variant_id=each.variant_id,
        position=position,
        sku=each.sku,
        title=each.title,
        unit_amount=each.amount,
        most=most,
    )


def _line(order: Order, offered: OrderOffer | None, line: facts.Line) -> OrderLine:
    fits = (
        offered is not None
        and 1 <= line.quantity <= offered.most
        and line.amount == offered.unit_amount * line.quantity
    )
    if offered is None or not fits:
        shown = money.display(line.amount, order.currency)
        raise NotOffered(f"{line.quantity} × {line.offered} for {shown} was not offered")
    return OrderLine(
        variant_id=offered.variant_id,
        sku=offered.sku,
        title=offered.title,
        unit_amount=offered.unit_amount,
        quantity=line.quantity,
    )
