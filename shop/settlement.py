"""Settlement: brings an order to the state that Stripe says its payment has.

`settle` is idempotent: the webhook, the return page and the reconciler may call it at once and as
often as they like. It believes nobody but Stripe, asked anew, and everything that follows from a
payment hangs on one conditional UPDATE.
"""

from contextlib import suppress
from typing import Any

from core import clock, db, events
from shop import alerts, consents, numbering, orders, payments, redemptions, reminders, stock
from shop.events import Agreed, CheckoutAbandoned, OrderPaid
from shop.facts import Session
from shop.models import HOLDING, UNPAID, Matter, Order, OrderState, Payment
from shop.orders import NotPossible


def settle(session_id: str, *, by: str = "Stripe") -> Order | None:
    """Ask Stripe about a Session and bring its order to that state; the order, if it is ours.

    Raises `payments.Unavailable` and `payments.Unknown`.
    """
    return conclude(payments.read_session(session_id), by=by)


def conclude(session: Session, *, by: str) -> Order | None:
    """Bring an order to the state that its Session has; nothing where it is there already."""
    with db.transaction():
        order = _order_of(session)
        if order is None:
            _alert_unless_foreign(session)
            return None
        problem = _mismatch(order, session)
        if problem and session.standing in ("paid", "waiting"):
            alerts.raise_alert("mismatch", problem, key=session.id, order_id=order.id)
        elif _is_current(order, session):
            _STEPS[session.standing](order, session, by)
        return order


def cancel(order_id: int, *, by: str, why: str) -> Order:
    """Call off an order that is not paid yet, so that nobody can pay it any more.

    Raises `NotPossible` where it is paid: then refund it. Raises `payments.Unavailable`.
    """
    order = orders.get(order_id)
    if order.session_id and order.state in HOLDING:
        conclude(payments.expire_session(order.session_id), by=by)
    with db.transaction():
        order = orders.locked(Order.id == order_id) or order
        if order.bought or order.state is OrderState.AWAITING_PAYMENT:
            raise NotPossible("It has been paid, or the money is on its way: refund it instead.")
        if not orders.close(order, OrderState.CANCELLED, by=by, why=why):
            orders.move(order, OrderState.CANCELLED, (OrderState.EXPIRED, OrderState.FAILED))
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


def _pay(order: Order, session: Session, by: str) -> None:
    was = order.state
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
    orders.note(
        order, OrderState.PAID, who=by, why="" if was in HOLDING else f"it was {was} before"
    )
    _keep_payment(order, session)
    _keep_consents(order, session)
    _take_stock(order, by)
    redemptions.use(order.id)
    reminders.take_back(order)
    orders.write_letter(order, orders.RECEIPT)
    events.tell(
        OrderPaid(
            order_id=order.id,
            email=order.email or "",
            name=order.name,
            country=order.country,
            agreed=_agreed_to_letters(order),
            source=order.source,
            amount=order.total_amount,
            currency=order.currency,
            skus=tuple(line.sku for line in order.lines),
        )
    )


def _await(order: Order, session: Session, by: str) -> None:
    waiting = {"payment_intent": session.payment_intent, **_customer(order, session)}
    was = order.state
    states = (OrderState.PLACED, *((OrderState.EXPIRED,) if session.recovered_from else ()))
    if orders.move(order, OrderState.AWAITING_PAYMENT, states, **waiting):
        if was is OrderState.EXPIRED:
            _hold_again(order)
        stock.extend(order.id)
        reminders.take_back(order)
        _keep_consents(order, session)
        orders.note(order, OrderState.AWAITING_PAYMENT, who=by)


def _hold_again(order: Order) -> None:
    """Hold what an order let go of, if it is there; else staff hear of it once the money is."""
    with suppress(stock.SoldOut), db.attempt():
        stock.hold(order, clock.now())


def _fail(order: Order, session: Session, by: str) -> None:
    if order.state is OrderState.PLACED:
        _await(order, session, by)
    if orders.close(order, OrderState.FAILED, by=by, why="the bank refused"):
        orders.write_letter(order, orders.PAYMENT_FAILED, occurrence=f":{order.attempt}")


def _expire(order: Order, session: Session, by: str) -> None:
    if order.state is not OrderState.PLACED:
        return
    orders.close(order, OrderState.EXPIRED, by=by, why="nobody paid in time")
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


def _wait(order: Order, session: Session, by: str) -> None:
    """The customer is on Stripe's page."""


_STEPS = {"paid": _pay, "waiting": _await, "failed": _fail, "expired": _expire, "open": _wait}


def _mismatch(order: Order, session: Session) -> str | None:
    """Why the Session is not the one that this order asked for, or None."""
    facts = (
        ("reference", order.token, session.reference),
        ("session", session.id if _continues(order, session) else order.session_id, session.id),
        ("attempt", order.attempt, session.attempt),
        ("currency", order.currency, session.currency),
        ("goods", order.goods_amount, session.subtotal),
        ("shipping", order.shipping_amount, session.shipping),
        # Codes that are typed on Stripe's page are known to Stripe alone.
        (
            "discount",
            session.discount if session.takes_codes else order.discount_amount,
            session.discount,
        ),
        (
            "total",
            order.goods_amount - session.discount + order.shipping_amount + session.tax,
            session.total,
        ),
    )
    wrong = [
        f"{name}: {ours} here, {theirs} there" for name, ours, theirs in facts if ours != theirs
    ]
    return f"Session {session.id} does not fit its order; {'; '.join(wrong)}" if wrong else None


def _is_current(order: Order, session: Session) -> bool:
    """Whether the order was not tried again, or settled through another Session, since."""
    known = order.session_id in (None, session.id) or _continues(order, session)
    return known and order.attempt == session.attempt


def _continues(order: Order, session: Session) -> bool:
    """Whether it is the order's only Session, or Stripe made it of one that expired.

    Of an expired one Stripe makes as many as are asked for: the first that is paid counts.
    """
    return order.session_id is None or (session.recovered_from is not None and not order.ordered)


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


def _agreed_to_letters(order: Order) -> Agreed | None:
    given = consents.find(order.id, Matter.LETTERS)
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
