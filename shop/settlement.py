"""Settlement: brings an order to the state that Stripe says its payment has.

`settle` is idempotent: the webhook, the return page and the reconciler may call it at once and as
often as they like. It believes nobody but Stripe, asked anew, and everything that follows from a
payment hangs on one conditional UPDATE.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from core import clock, db, events, money
from shop import (
    alerts,
    consents,
    numbering,
    orders,
    payments,
    redemptions,
    reminders,
    stock,
    strays,
    upsell,
    verification,
)
from shop.events import Agreed, CheckoutAbandoned, OrderPaid
from shop.facts import Line, Session
from shop.models import HOLDING, UNPAID, Matter, Order, OrderLine, OrderState, Payment
from shop.orders import NotPossible
from shop.upsell import NotOffered
from shop.verification import COMPLETE, Mismatch

OVERSOLD = "oversold"
"""The tag of an order that was paid although something of it is not there."""

_CUSTOMER = "customer"
_PAID_BEFORE = "Another payment page of this order was paid before."


def settle(session_id: str, *, by: str = "Stripe") -> Order | None:
    """Ask Stripe about a Session and bring its order to that state; the order, if it is ours.

    Raises `payments.Unavailable` and `payments.Unknown`.
    """
    return conclude(payments.read_session(session_id), by=by)


def conclude(session: Session, *, by: str) -> Order | None:
    """Bring an order to the state that its Session has; nothing where it is there already.

    Raises `payments.Unavailable`.
    """
    lines = _lines_beyond(session)
    with db.transaction():
        order = _order_of(session)
        if order is None:
            _alert_unless_foreign(session)
            return None
        try:
            added = upsell.taken_up(order, lines) if _holds_more(order, session) else []
            verification.check(order, session, added)
        except (NotOffered, Mismatch) as problem:
            _alert_mismatch(order, session, str(problem))
        else:
            if verification.is_current(order, session):
                _STEPS[session.standing](order, _News(session, added, by))
        return order


def cancel(order_id: int, *, by: str, why: str) -> Order:
    """Call off an order that is not paid yet, so that nobody can pay it any more.

    Raises `NotPossible` where it is paid (then refund it) or called off already, and
    `payments.Unavailable`.
    """
    order = orders.get(order_id)
    if order.session_id and order.state in HOLDING:
        conclude(payments.expire_session(order.session_id), by=by)
    with db.transaction():
        order = orders.locked(Order.id == order_id) or order
        if order.bought or order.state is OrderState.AWAITING_PAYMENT:
            raise NotPossible("It has been paid, or the money is on its way: refund it instead.")
        if orders.close(order, OrderState.CANCELLED, by=by, why=why):
            return order
        if not orders.move(order, OrderState.CANCELLED, (OrderState.EXPIRED, OrderState.FAILED)):
            raise NotPossible("It is called off already.")
        orders.note(order, OrderState.CANCELLED, who=by, why=why)
    return order


def order_paid_with(payment_intent: str) -> Order | None:
    """The order that a payment was for, settled before if it was not.

    Raises `payments.Unavailable`.
    """
    known = orders.of_payment(payment_intent)
    if known is not None and known.bought:
        return known
    # Not by the order's own Session: Stripe may have made another of it, once it had expired.
    session_id = payments.session_of(payment_intent)
    if session_id is not None:
        settle(session_id)
    return orders.of_payment(payment_intent)


def _order_of(session: Session) -> Order | None:
    known = orders.locked(Order.session_id == session.id)
    return known or orders.locked(Order.token == session.reference)


@dataclass(frozen=True)
class _News:
    """What a Session tells of its order, what was added on its page, and who brought it."""

    session: Session
    added: Sequence[OrderLine]
    by: str


def _lines_beyond(session: Session) -> Sequence[Line]:
    """The lines of a Session with more in it than was ordered, asked before any transaction."""
    if session.standing not in COMPLETE:
        return ()
    mine = or_(Order.session_id == session.id, Order.token == session.reference)
    with db.reading() as reading:
        amounts = set(reading.scalars(select(Order.goods_amount).where(mine)))
    return () if amounts <= {session.subtotal} else payments.lines_of(session.id)


def _holds_more(order: Order, session: Session) -> bool:
    return session.standing in COMPLETE and order.goods_amount != session.subtotal


def _pay(order: Order, news: _News) -> None:
    was, session = order.state, news.session
    paid = {"paid_at": clock.now(), "payment_intent": session.payment_intent}
    amounts = {
        "discount_amount": session.discount,
        "tax_amount": session.tax,
        "total_amount": session.total,
    }
    if not orders.move(
        order, OrderState.PAID, UNPAID, **paid, **amounts, **_customer(order, session)
    ):
        return
    order.number = numbering.give()
    _take_up(order, news)
    orders.note(
        order, OrderState.PAID, who=news.by, why="" if was in HOLDING else f"it was {was} before"
    )
    _keep_payment(order, session)
    _keep_consents(order, session)
    _take_stock(order, news.by)
    redemptions.use(order.id)
    reminders.take_back(order)
    orders.write_letter(order, orders.RECEIPT)
    events.tell(
        OrderPaid(
            order_id=order.id,
            email=order.email or "",
            name=order.name,
            country=order.country,
            agreed=_agreed_to(Matter.LETTERS, order),
            told=_agreed_to(Matter.CUSTOMER, order),
            source=order.source,
            amount=order.total_amount,
            currency=order.currency,
            skus=tuple(line.sku for line in order.lines),
        )
    )


def _await(order: Order, news: _News) -> None:
    was, session = order.state, news.session
    waiting = {"payment_intent": session.payment_intent, **_customer(order, session)}
    states = (OrderState.PLACED, *((OrderState.EXPIRED,) if session.recovered_from else ()))
    if orders.move(order, OrderState.AWAITING_PAYMENT, states, **waiting):
        if was is OrderState.EXPIRED:
            _hold_again(order)
        _take_up(order, news)
        stock.extend(order.id)
        reminders.take_back(order)
        _keep_consents(order, session)
        orders.note(order, OrderState.AWAITING_PAYMENT, who=news.by)


def _hold_again(order: Order) -> None:
    """Hold what an order let go of, if it is there; else staff hear of it once the money is."""
    with suppress(stock.SoldOut), db.attempt():
        stock.hold(order, clock.now())


def _take_up(order: Order, news: _News) -> None:
    """Let the order have what its customer added on the payment page."""
    for line in news.added:
        line.position = len(order.lines)
        order.lines.append(line)
        order.goods_amount += line.amount
        shown = money.display(line.amount, order.currency)
        orders.note(
            order, "added on the payment page", who=_CUSTOMER,
            why=f"{line.quantity} × {line.title}, {shown}",
        )  # fmt: skip
    if news.added:
        db.session().flush()
        stock.hold_added(news.added, clock.now())


def _fail(order: Order, news: _News) -> None:
    if order.state is OrderState.PLACED:
        _await(order, news)
    if orders.close(order, OrderState.FAILED, by=news.by, why="the bank refused"):
        orders.write_letter(order, orders.PAYMENT_FAILED, occurrence=f":{order.attempt}")


def _expire(order: Order, news: _News) -> None:
    if order.state is not OrderState.PLACED:
        return
    session = news.session
    orders.close(order, OrderState.EXPIRED, by=news.by, why="nobody paid in time")
    email = session.email or order.email
    may_remind = consents.record_of_left_page(order, session)
    if may_remind and email and session.recovery_url and session.recovery_ends_at:
        order.email = email
        events.tell(
            CheckoutAbandoned(
                order_id=order.id,
                cart=order.cart,
                email=email,
                url=session.recovery_url,
                until=session.recovery_ends_at,
            )
        )


def _wait(order: Order, news: _News) -> None:
    """The customer is on Stripe's page."""


_STEPS = {"paid": _pay, "waiting": _await, "failed": _fail, "expired": _expire, "open": _wait}


def _alert_mismatch(order: Order, session: Session, problem: str) -> None:
    """Tell staff of money that the order did not ask for, until it went back."""
    seen = _PAID_BEFORE if order.bought else problem
    if session.standing == "paid" and not strays.keep(order, session, seen):
        return
    twice = (
        f"{order.number} was paid once more: give that back on its page. " if order.bought else ""
    )
    alerts.raise_alert(
        strays.ALERT,
        f"{twice}Session {session.id} does not fit its order; {problem}",
        key=session.id,
        order_id=order.id,
    )


def _alert_unless_foreign(session: Session) -> None:
    """Other programs may use the same Stripe account; their Sessions have no mark of ours."""
    if session.attempt is not None and session.standing == "paid":
        alerts.raise_alert(
            "unknown_order",
            f"Session {session.id} was paid for an order that is not here: {session.reference}",
            key=session.id,
        )


def _customer(order: Order, session: Session) -> dict[str, Any]:
    return {
        "email": session.email or order.email,
        "name": session.name,
        "phone": session.phone,
        "address": session.address,
        "presented_amount": session.presented and session.presented.amount,
        "presented_currency": session.presented and session.presented.currency,
        "session_id": session.id,
    }


def _keep_payment(order: Order, session: Session) -> None:
    db.insert_missing(
        Payment,
        order_id=order.id,
        session_id=session.id,
        payment_intent=session.payment_intent,
        amount=session.total,
        currency=session.currency,
        at=clock.now(),
    )


def _keep_consents(order: Order, session: Session) -> None:
    consents.record_of_page(order, session)
    if session.agreed_to_promotions:
        order.marketing_consent = True


def _agreed_to(matter: Matter, order: Order) -> Agreed | None:
    given = consents.find(order.id, matter)
    if given is None:
        return None
    return Agreed(wording=given.wording, version=given.version, place=given.place, at=given.at)


def _take_stock(order: Order, by: str) -> None:
    for line in stock.take(order, by=by):
        alerts.raise_alert(
            "oversold",
            f"{order.number} was paid after its stock had gone to others: {line.quantity} × "
            f"{line.title} are missing. Restock, or refund it.",
            key=f"{order.id}:{line.sku}",
            order_id=order.id,
        )
        orders.tag(order.id, OVERSOLD, by=by)
