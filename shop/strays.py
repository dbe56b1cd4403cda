"""Stray payments: money that came for an order which did not ask for it, and the way to return it.

A page that Stripe took up again may be paid beside the one that counts; a Session may differ from
what its order asked for. Such money changes nothing of the order: it is kept in a row of its own
until staff give it back, and the customer is told when they do.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ScalarSelect, func, select, text, update

from core import clock, db, money
from shop import alerts, orders, payments
from shop.facts import Refund, Session
from shop.models import Order, StrayPayment, StrayState
from shop.orders import NotPossible

RETURNED = "shop.stray_returned"

ALERT = "mismatch"
"""The kind of alert that is raised while such money is here."""

BANK = "the bank"
"""Who gave it back where a dispute was lost."""

# Written out, not bound: the index on what is open serves only a query that names the same rows.
_OPEN = "stray_payment.state <> 'returned'"
_GIVEN_BACK = ("succeeded", "pending", "requires_action")
_RETURNABLE = (StrayState.KEPT, StrayState.FAILED)
_HERE = (*_RETURNABLE, StrayState.DISPUTED)


def keep(order: Order, session: Session, problem: str) -> bool:
    """Write down that a Session was paid beside its order; False where that went back since."""
    with db.transaction():
        is_new = db.insert_missing(
            StrayPayment,
            order_id=order.id,
            session_id=session.id,
            payment_intent=session.payment_intent,
            amount=session.total,
            currency=session.currency,
            email=session.email,
            problem=problem,
            state=StrayState.KEPT,
            found_at=clock.now(),
        )
        if is_new:
            shown = money.display(session.total, session.currency)
            orders.note(order, "another payment came", who="Stripe", why=f"{shown}. {problem}")
        mine = select(StrayPayment.state).where(StrayPayment.session_id == session.id)
        return db.session().scalar(mine) is not StrayState.RETURNED


def waiting() -> Sequence[tuple[StrayPayment, str | None]]:
    """What did not go back yet, with the number of its order; the newest first."""
    here = (
        select(StrayPayment, Order.number)
        .join(Order, Order.id == StrayPayment.order_id)
        .where(text(_OPEN))
        .order_by(StrayPayment.id.desc())
        .limit(100)
    )
    with db.reading() as session:
        return [(stray, number) for stray, number in session.execute(here)]


def count(order_id: int | None = None) -> ScalarSelect[int]:
    """How to count what did not go back yet; of one order, all that ever came."""
    mine = text(_OPEN) if order_id is None else StrayPayment.order_id == order_id
    return select(func.count(StrayPayment.id)).where(mine).scalar_subquery()


def of_order(order_id: int) -> Sequence[StrayPayment]:
    """All that came for an order beside what it asked for."""
    mine = select(StrayPayment).where(StrayPayment.order_id == order_id).order_by(StrayPayment.id)
    with db.reading() as session:
        return session.scalars(mine).all()


def of_payment(payment_intent: str) -> StrayPayment | None:
    """The row of a payment that no order asked for."""
    mine = select(StrayPayment).where(StrayPayment.payment_intent == payment_intent)
    with db.reading() as session:
        return session.scalar(mine, execution_options=_ANEW)


def give_back(order_id: int, number: int, *, by: str) -> StrayPayment:
    """Return all of such a payment through Stripe, once.

    Raises `orders.NotPossible`, `payments.Refused` with Stripe's reason, and
    `payments.Unavailable`: then the reconciler asks again.
    """
    with db.transaction():
        mine = StrayPayment.id == number, StrayPayment.order_id == order_id
        asked = update(StrayPayment).where(*mine, StrayPayment.state.in_(_RETURNABLE))
        values = {"state": StrayState.REQUESTED, "who": by, "asked_at": clock.now()}
        if not db.changed(asked.values(values)):
            raise NotPossible("It went back already, is on its way, or is with the bank.")
        stray = _get(number)
        shown = money.display(stray.amount, stray.currency)
        orders.note(orders.get(order_id), "return of another payment requested", who=by, why=shown)
    return _ask(stray)


def mirror(told: Refund) -> bool:
    """Bring our row to what Stripe says of a refund; False where it is of no such payment."""
    if told.payment_intent is None:
        return False
    with db.transaction() as session:
        mine = select(StrayPayment).where(StrayPayment.payment_intent == told.payment_intent)
        stray = session.scalar(mine.with_for_update(), execution_options=_ANEW)
        if stray is None:
            return False
        if told.status in _GIVEN_BACK:
            _returned(stray, told)
        elif stray.stripe_id == told.id and stray.state is StrayState.RETURNED:
            _failed(stray, told.status)
    return True


def take(stray: StrayPayment) -> None:
    """The customer's bank has taken such a payment, until it decides."""
    _move(stray, StrayState.DISPUTED, _RETURNABLE)


def decide(stray: StrayPayment, *, lost: bool) -> None:
    """The bank gave such a payment to the customer, or back to us: then it is to be returned."""
    if not lost:
        _move(stray, StrayState.KEPT, (StrayState.DISPUTED,))
    elif _move(stray, StrayState.RETURNED, _HERE, who=BANK, returned_at=clock.now()):
        shown = money.display(stray.amount, stray.currency)
        orders.note(orders.get(stray.order_id), "another payment returned", who=BANK, why=shown)
        alerts.close(ALERT, key=stray.session_id, by=BANK)


def ask_again() -> int:
    """Ask Stripe once more for what staff gave back and Stripe has not answered; how many."""
    asked = select(StrayPayment).where(StrayPayment.state == StrayState.REQUESTED)
    with db.reading() as session:
        rows = session.scalars(asked.order_by(StrayPayment.id)).all()
    for stray in rows:
        _ask(stray)
    return len(rows)


_ANEW = {"populate_existing": True}


def _get(number: int) -> StrayPayment:
    with db.reading() as session:
        return session.get_one(StrayPayment, number, populate_existing=True)


def _move(stray: StrayPayment, to: StrayState, states: Sequence[StrayState], **more: Any) -> bool:
    moved = update(StrayPayment).where(StrayPayment.id == stray.id, StrayPayment.state.in_(states))
    return db.changed(moved.values(state=to, **more)) == 1


def _ask(stray: StrayPayment) -> StrayPayment:
    order = orders.get(stray.order_id)
    try:
        mirror(payments.give_back(stray, order.token))
    except payments.Refused as reason:
        with db.transaction() as session:
            _failed(session.get_one(StrayPayment, stray.id), f"refused: {reason}")
        raise
    return _get(stray.id)


def _returned(stray: StrayPayment, told: Refund) -> None:
    """All of it went back: we asked for what was left, or somebody did in Stripe's dashboard."""
    whole = stray.state is StrayState.REQUESTED or told.amount >= stray.amount
    if not whole or stray.state not in (StrayState.REQUESTED, StrayState.KEPT):
        return
    stray.state, stray.stripe_id = StrayState.RETURNED, told.id
    stray.who, stray.returned_at = stray.who or "Stripe", clock.now()
    order, shown = orders.get(stray.order_id), money.display(told.amount, told.currency)
    orders.note(order, "another payment returned", who=stray.who, why=shown)
    orders.write_letter(order, RETURNED, f":{told.id}", to=stray.email, stray=stray.id)
    alerts.close(ALERT, key=stray.session_id, by=stray.who)


def _failed(stray: StrayPayment, why: str) -> None:
    stray.state, stray.returned_at = StrayState.FAILED, None
    order, shown = orders.get(stray.order_id), money.display(stray.amount, stray.currency)
    orders.note(order, "another payment was not returned", who="Stripe", why=why)
    alerts.raise_alert(
        "refund_failed",
        f"{shown} that came for {order.number or 'an order'} by another payment did not go back: "
        f"{why}.",
        key=f"stray:{stray.id}",
        order_id=order.id,
    )
