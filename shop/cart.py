"""The cart: what somebody gathered, kept in a signed cookie of theirs, never in our tables."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from core import links
from core.links import BadLink
from shop import catalog, redemptions, shipping
from shop.catalog import Offer
from shop.forms import MOST
from shop.models import Order, Promotion
from shop.redemptions import NotUsable
from shop.shipping import Rate

_PURPOSE = "cart"


@dataclass(frozen=True, kw_only=True)
class Cart:
    """Units by SKU, the country they go to, and what led here. `id` names it on its orders.

    `code` is a promotion code that was entered, `gift` a message to whoever opens the parcel,
    `note` one to whoever packs it.
    """

    id: str
    lines: dict[str, int] = field(default_factory=dict)
    country: str | None = None
    source: str | None = None
    code: str | None = None
    gift: str | None = None
    note: str | None = None

    @property
    def count(self) -> int:
        """How many units are in it."""
        return sum(self.lines.values())


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line of the cart at the price of the moment."""

    offer: Offer
    quantity: int

    @property
    def amount(self) -> int:
        """What it costs, in minor units."""
        return self.offer.amount * self.quantity


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What a cart costs now, shipping included; `rate` is None where nobody can be shipped to.

    `rates` are those of every country that takes it. `problem` says why the cart's promotion code
    takes nothing off.
    """

    items: Sequence[Item]
    rates: Sequence[Rate]
    rate: Rate | None
    promotion: Promotion | None = None
    problem: str | None = None

    @property
    def goods(self) -> int:
        """The items alone."""
        return sum(item.amount for item in self.items)

    @property
    def grams(self) -> int:
        """What the items weigh."""
        return sum(item.offer.weight_grams * item.quantity for item in self.items)

    @property
    def discount(self) -> int:
        """What the promotion takes off the goods."""
        if self.promotion is None:
            return 0
        return redemptions.discount(self.promotion, goods=self.goods, currency=self.currency)

    @property
    def total(self) -> int:
        """All that Stripe will ask for."""
        return self.goods - self.discount + (self.rate.amount if self.rate else 0)

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.items[0].offer.currency


def read(cookie: str | None) -> Cart:
    """The cart in a cookie; an empty one where there is none, or none of ours."""
    try:
        kept = links.read(_PURPOSE, cookie) if cookie else None
    except BadLink:
        kept = None
    return Cart(**kept) if kept else Cart(id=secrets.token_urlsafe(12))


def write(cart: Cart) -> str:
    """The cookie for a cart."""
    return links.sign(_PURPOSE, asdict(cart))


def add(cart: Cart, sku: str, quantity: int) -> Cart:
    """The cart with more units of something, up to the most that one order may hold."""
    return change(cart, sku, min(MOST, cart.lines.get(sku, 0) + quantity))


def change(cart: Cart, sku: str, quantity: int) -> Cart:
    """The cart with so many units of something; none removes it."""
    others = {each: count for each, count in cart.lines.items() if each != sku}
    if sku in cart.lines:
        kept = {each: quantity if each == sku else count for each, count in cart.lines.items()}
    else:
        kept = {**others, sku: quantity}
    return replace(cart, lines=kept if quantity else others)


def without(cart: Cart, order: Order) -> Cart:
    """What is left in the cart once its order is paid: a new one without what was bought."""
    bought = {line.sku: line.quantity for line in order.lines}
    left = {sku: count - bought.get(sku, 0) for sku, count in cart.lines.items()}
    kept = {sku: count for sku, count in left.items() if count > 0}
    return Cart(id=secrets.token_urlsafe(12), lines=kept, country=cart.country)


def bill(cart: Cart) -> Bill:
    """What the cart costs now; what is not sold any more is not on it."""
    offers = catalog.offers_of(cart.lines)
    items = [
        Item(offer=offers[sku], quantity=count)
        for sku, count in cart.lines.items()
        if sku in offers
    ]
    whole = Bill(items=items, rates=(), rate=None)
    if cart.code and items:
        whole = _reduced(whole, cart.code)
    rates = _rates(whole)
    mine = (rate for rate in rates if rate.country == cart.country)
    return replace(whole, rates=rates, rate=next(mine, next(iter(rates), None)))


def _reduced(whole: Bill, code: str) -> Bill:
    try:
        found = redemptions.usable(code, goods=whole.goods, currency=whole.currency)
    except NotUsable as problem:
        return replace(whole, problem=str(problem))
    return replace(whole, promotion=found)


def _rates(whole: Bill) -> Sequence[Rate]:
    currencies = {item.offer.currency for item in whole.items}
    found = shipping.rates(goods=whole.goods - whole.discount, grams=whole.grams)
    return [rate for rate in found if {rate.currency} == currencies]
