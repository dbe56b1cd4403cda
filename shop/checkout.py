"""Checkout: from what somebody wants to the page on which they pay, never two of them at once.

The order and its stock are there before Stripe is asked, and Stripe is never asked inside a
transaction. A step that fails lets go of what the steps before it took.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import clock, db, jobs, money, settings
from shop import (
    alerts,
    brakes,
    catalog,
    consents,
    orders,
    payments,
    promotions,
    redemptions,
    settlement,
    shipping,
    stock,
    upsell,
)
from shop.models import (
    BOUGHT,
    HOLDING,
    Matter,
    Order,
    OrderLine,
    OrderState,
    Reservation,
    ReservationState,
)
from shop.payment_page import Wishes

log = logging.getLogger(__name__)

# Stripe takes no less than 30 minutes, by its own clock.
TIME_TO_PAY = timedelta(minutes=35)

_PATIENCE = 5  # how often the same cart may come in between
_CUSTOMER = "customer"


class NotSold(LookupError):
    """Nothing is sold under this SKU, or we do not ship there; the text is for people."""


class AlreadyPaid(Exception):
    """The cart was paid through the page opened before; `order` is the order."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"order {order.number} is paid")
        self.order = order


class Overtaken(Exception):
    """The same cart went to the payment page a second time meanwhile; that one counts."""


class _CartIsOpen(Exception):
    """Another request placed an order for the same cart meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What somebody wants: units by SKU, to a country; the rest where it is known.

    `cart` names the cart it comes from: one cart can be paid through one page at a time. `network`
    is a name for the customer's, `page` is where they filled in the form. `reminder` is their
    consent to be reminded should they not pay, `told` that they were told of letters to customers
    and did not refuse them.
    """

    lines: Mapping[str, int]
    country: str
    cart: str
    email: str | None = None
    source: str | None = None
    marketing_consent: bool = False
    code: str | None = None
    gift_message: str | None = None
    customer_note: str | None = None
    network: str | None = None
    page: str = "/cart"
    reminder: bool = False
    told: bool = False


def begin(purchase: Purchase) -> Order:
    """Place an order and open the page at its `payment_url`; whatever the cart had open is closed.

    Raises `NotSold`, `stock.SoldOut`, `redemptions.NotUsable`, `brakes.TooManyOpen`, `AlreadyPaid`,
    `Overtaken`, `payments.Unavailable` and `payments.Refused`; then nothing can be paid, and
    nothing is held.
    """
    for _ in range(_PATIENCE):
        _start_over(purchase.cart)
        try:
            return _open(place(purchase))
        except _CartIsOpen:
            log.info("cart %s was sent twice at once", purchase.cart)
    raise Overtaken


def place(purchase: Purchase) -> Order:
    """Write the order down, hold its stock and its use of a promotion.

    Raises `NotSold`, `stock.SoldOut`, `redemptions.NotUsable` and `brakes.TooManyOpen`.
    """
    with db.transaction() as session:
        brakes.admit(purchase.network)
        order = _order(purchase)
        session.add(order)
        try:
            session.flush()
        except IntegrityError as error:
            raise _CartIsOpen from error
        stock.hold(order, order.expires_at)
        _hold_promotion(order)
        upsell.offer(order)
        if order.marketing_consent:
            consents.record(order, Matter.LETTERS, consents.LETTERS, place=purchase.page)
        if purchase.told and (wording := consents.customers()):
            consents.record(order, Matter.CUSTOMER, wording, place=purchase.page)
        if purchase.reminder:
            consents.record(order, Matter.REMINDER, consents.REMINDER, place=purchase.page)
        orders.note(order, OrderState.PLACED, who=_CUSTOMER)
    return order


def try_again(order: Order, network: str | None = None) -> Order:
    """Open another page for an order that nobody paid in time, or whose bank refused.

    Raises as `begin` does, and `orders.NotPossible`.
    """
    until = clock.now() + TIME_TO_PAY
    with db.transaction():
        brakes.admit(network)
        again = orders.move(
            order,
            OrderState.PLACED,
            (OrderState.EXPIRED, OrderState.FAILED),
            attempt=Order.attempt + 1,
            cart=None,
            session_id=None,
            payment_url=None,
            expires_at=until,
            network=network,
        )
        if not again:
            raise orders.NotPossible("This order is paid, is being paid, or was canceled.")
        order = orders.get(order.id)
        stock.hold(order, until)
        _hold_promotion(order)
        upsell.offer(order)
        orders.note(order, OrderState.PLACED, who=_CUSTOMER, why="tried again")
    return _open(order)


@jobs.job("shop.sweep", every_minutes=1)
def sweep() -> int:
    """Let go of stock whose time to pay is over, once Stripe confirms it; how many orders."""
    swept = 0
    for order in overdue():
        try:
            swept += _sweep(order)
        except payments.Unavailable as error:
            log.warning("the sweep waits for Stripe: %s", error)
            break
    return swept


def overdue() -> list[Order]:
    """Orders that still hold stock although their time to pay is over."""
    held = select(Reservation.order_id).where(
        Reservation.state == ReservationState.HELD, Reservation.expires_at < clock.now()
    )
    with db.reading() as session:
        overdue = select(Order).where(Order.id.in_(held)).order_by(Order.id).limit(200)
        return list(session.scalars(overdue))


def _hold_promotion(order: Order) -> None:
    if order.promotion_code:
        redemptions.hold(order, order.promotion_code)


def _order(purchase: Purchase) -> Order:
    offers = catalog.offers_of(purchase.lines)
    missing = [sku for sku in purchase.lines if sku not in offers]
    if missing or not purchase.lines:
        raise NotSold("This is not sold any more.")
    lines = [
        OrderLine(
            position=position,
            variant_id=offers[sku].variant_id,
            sku=sku,
            title=offers[sku].title,
            unit_amount=offers[sku].amount,
            quantity=quantity,
        )
        for position, (sku, quantity) in enumerate(purchase.lines.items())
    ]
    goods = sum(line.amount for line in lines)
    grams = sum(offers[line.sku].weight_grams * line.quantity for line in lines)
    currency = offers[lines[0].sku].currency
    discount = _discount(purchase.code, goods, currency)
    rate = shipping.rate(purchase.country, goods=goods - discount, grams=grams)
    if rate is None:
        raise NotSold("We do not ship this to that country yet.")
    currencies = {rate.currency, *(offers[sku].currency for sku in purchase.lines)}
    if len(currencies) > 1:
        raise NotSold("These cannot be bought together.")
    total = goods - discount + rate.amount
    if total > money.MOST:
        raise NotSold("This is more than can be charged at once. Please order fewer.")
    now, store = clock.now(), settings.store()
    return Order(
        token=secrets.token_urlsafe(18),
        state=OrderState.PLACED,
        currency=rate.currency,
        goods_amount=goods,
        shipping_amount=rate.amount,
        discount_amount=discount,
        tax_amount=0,
        tax_included=store.prices_include_tax if store.automatic_tax else None,
        total_amount=total,
        refunded_amount=0,
        promotion_code=promotions.spelled(purchase.code) if purchase.code else None,
        email=purchase.email,
        country=purchase.country,
        shipping_title=rate.title,
        days_min=rate.days_min,
        days_max=rate.days_max,
        marketing_consent=purchase.marketing_consent,
        gift_message=purchase.gift_message,
        customer_note=purchase.customer_note,
        network=purchase.network,
        source=purchase.source,
        cart=purchase.cart,
        attempt=1,
        placed_at=now,
        expires_at=now + TIME_TO_PAY,
        lines=lines,
    )


def _discount(code: str | None, goods: int, currency: str) -> int:
    if not code:
        return 0
    promotion = redemptions.usable(code, goods=goods, currency=currency)
    return redemptions.discount(promotion, goods=goods, currency=currency)


def _open(order: Order) -> Order:
    try:
        session = payments.open_session(order, _wishes(order))
    except payments.Unavailable:
        _give_up(order, "Stripe could not be reached")
        raise
    except payments.Refused as reason:
        _give_up(order, f"Stripe refused: {reason}")
        alerts.raise_alert("checkout_refused", f"Stripe refuses our checkout: {reason}", key="-")
        raise
    with db.transaction():
        remembered = orders.move(
            order,
            OrderState.PLACED,
            (OrderState.PLACED,),
            session_id=session.id,
            payment_url=session.url,
        )
    if not remembered:
        payments.expire_session(session.id)
        raise Overtaken
    return orders.get(order.id)


def _wishes(order: Order) -> Wishes:
    store, offers = settings.store(), upsell.of_order(order.id)
    sold = [*(line.variant_id for line in order.lines), *(each.variant_id for each in offers)]
    return Wishes(
        take_codes=store.stripe_promotion_codes,
        terms=consents.terms().text if store.terms_at_checkout else None,
        promotions=store.promotions_at_checkout and not order.marketing_consent,
        recoverable=store.checkout_reminders,
        adaptive_pricing=store.adaptive_pricing,
        offers=offers,
        tax_codes={} if order.tax_included is None else catalog.tax_codes(sold),
    )


def _give_up(order: Order, why: str) -> None:
    orders.close(order, OrderState.CANCELLED, by="checkout", why=why)


def _start_over(cart: str) -> None:
    """Close the page that was opened for the cart before. Raises `AlreadyPaid`."""
    order = _let_go_of_unopened(cart)
    if order is None or order.session_id is None:
        return
    if order.ordered:
        raise AlreadyPaid(orders.get(order.id))
    session = payments.expire_session(order.session_id)
    if session.standing in ("paid", "waiting"):
        settlement.conclude(session, by=_CUSTOMER)
        raise AlreadyPaid(orders.get(order.id))
    orders.close(order, OrderState.CANCELLED, by=_CUSTOMER, why="started over")


def _let_go_of_unopened(cart: str) -> Order | None:
    """The order that a cart became, ended at once where its payment page is not open yet.

    Whoever is just opening that page will find that it is not wanted. A cart that was paid for
    gets another name once its customer comes back from the payment page.
    """
    with db.transaction():
        order = orders.locked((Order.cart == cart) & Order.state.in_((*HOLDING, *BOUGHT)))
        if order is not None and order.session_id is None:
            orders.close(order, OrderState.CANCELLED, by=_CUSTOMER, why="started over")
    return order


def _sweep(order: Order) -> bool:
    """Stripe's clock may be behind ours: a page that is still open is closed first."""
    if order.session_id is None:
        return orders.close(order, OrderState.EXPIRED, by="sweep", why="it never got a page")
    try:
        session = payments.read_session(order.session_id)
        if session.standing == "open":
            session = payments.expire_session(order.session_id)
    except payments.Unknown:
        return orders.close(order, OrderState.EXPIRED, by="sweep", why="Stripe does not know it")
    settlement.conclude(session, by="sweep")
    return session.standing == "expired"
