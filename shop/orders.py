"""Orders: found, moved from one state to the next, and remembered in a timeline.

How an order is paid stands in `shop.settlement`, how it leaves in `shop.fulfilment`, how staff look
for it in `shop.order_search`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import joinedload, selectinload

from core import clock, db
from core.mail import ledger
from core.mail.models import Delivery
from shop import redemptions, stock
from shop.models import HOLDING, Order, OrderEvent, OrderState, OrderTag, Progress

RECEIPT = "shop.receipt"
SHIPPED = "shop.shipped"
PAYMENT_FAILED = "shop.payment_failed"


class NotPossible(Exception):
    """The order has come too far, or not far enough; the text says so for people."""


def get(order_id: int) -> Order:
    """An order with all that belongs to it. Raises `LookupError`."""
    return _read(select(Order).where(Order.id == order_id))[0]


def by_token(token: str) -> Order | None:
    """The order that a link names, with all that belongs to it."""
    return _one(select(Order).where(Order.token == token))


def of_session(session_id: str) -> Order | None:
    """The order that is paid through this Session."""
    return _one(select(Order).where(Order.session_id == session_id))


def of_payment(payment_intent: str) -> Order | None:
    """The order that this payment was for."""
    return _one(select(Order).where(Order.payment_intent == payment_intent))


def of_email(email: str) -> Sequence[Order]:
    """The last orders of an address that came to something, the newest first."""
    abandoned = (OrderState.PLACED, OrderState.EXPIRED, OrderState.CANCELLED)
    theirs = select(Order).where(Order.email == email, Order.state.not_in(abandoned))
    return _read(theirs.order_by(Order.id.desc()).limit(50))


def exist() -> bool:
    """Whether there is any order."""
    with db.reading() as session:
        return session.scalar(select(Order.id).limit(1)) is not None


def close(order: Order, state: OrderState, *, by: str, why: str) -> bool:
    """End an order that nobody paid, and let others have what it held; False where it was paid."""
    with db.transaction():
        if not move(order, state, HOLDING):
            return False
        stock.release(order.id)
        redemptions.release(order.id)
        note(order, state, who=by, why=why)
    return True


def send_again(order_id: int, letter: str, *, by: str) -> None:
    """Send a letter about an order once more, such as `RECEIPT`."""
    with db.transaction():
        order = get(order_id)
        write_letter(order, letter, f":{clock.now():%Y%m%d%H%M}")
        note(order, "letter sent again", who=by, why=letter)


def tag(order_id: int, word: str, *, by: str) -> bool:
    """Put a word on an order, to find it again; False where it has it."""
    with db.transaction():
        order = get(order_id)
        is_new = db.insert_missing(OrderTag, order_id=order.id, tag=tag_of(word))
        if is_new:
            note(order, "tagged", who=by, why=tag_of(word))
    return is_new


def untag(order_id: int, word: str, *, by: str) -> bool:
    """Take a word off an order; False where it has none such."""
    with db.transaction():
        order = get(order_id)
        mine = delete(OrderTag).where(OrderTag.order_id == order.id, OrderTag.tag == tag_of(word))
        is_gone = db.changed(mine) == 1
        if is_gone:
            note(order, "tag removed", who=by, why=tag_of(word))
    return is_gone


def tag_of(word: str) -> str:
    """A tag as it is kept: small letters, one space between words, 40 characters at most."""
    return " ".join(word.lower().split())[:40]


def repeat_letter(order_id: int, delivery_id: int, *, by: str) -> bool:
    """Write a letter of the ledger once more; False where it is not about this order.

    What was addressed to the order's customer goes where the order's letters go now.
    """
    with db.transaction() as session:
        order, sent = get(order_id), session.get(Delivery, delivery_id)
        if sent is None or sent.source != f"order:{order.id}" or not sent.recipient:
            return False
        ledger.enqueue(
            key=f"{sent.letter}:{order.id}:{sent.id}:{clock.now():%Y%m%d%H%M}",
            letter=sent.letter,
            recipient=order.email or sent.recipient,
            source=sent.source,
            person=order.id,
            payload=sent.payload,
        )
        note(order, "letter sent again", who=by, why=sent.subject or sent.letter)
    return True


def note(order: Order, what: str, *, who: str, why: str = "") -> None:
    """Write what happened into the order's timeline."""
    with db.transaction() as session:
        session.add(OrderEvent(order_id=order.id, what=what, who=who, why=why, at=clock.now()))


def move(order: Order, to: OrderState, states: Collection[OrderState], **values: Any) -> bool:
    """The one way from a state to another; False where the order is in none of `states`.

    `order` itself follows only where it belongs to the session of the transaction.
    """
    moved = update(Order).where(Order.id == order.id, Order.state.in_(states))
    # Nobody needs to know any more from where the payment page was opened.
    forgotten = {} if to is OrderState.PLACED else {"network": None}
    return db.changed(moved.values(state=to, **forgotten, **values)) == 1


def advance(order: Order, to: Progress, progress: Collection[Progress], **values: Any) -> bool:
    """The one way of the goods from a progress to another; False where it is none of `progress`."""
    moved = update(Order).where(Order.id == order.id, Order.progress.in_(progress))
    return db.changed(moved.values(progress=to, **values)) == 1


def locked(condition: ColumnElement[bool]) -> Order | None:
    """The order as it is now, and nobody else's until we commit."""
    mine = select(Order).where(condition).with_for_update()
    return db.session().scalar(mine, execution_options={"populate_existing": True})


def write_letter(
    order: Order, letter: str, occurrence: str = "", *, to: str | None = None, **about: int
) -> None:
    """Write to the customer, once for each occurrence; not where there is no address yet.

    `to` is their address where it is not the order's. `about` names the rows that the letter is
    about, such as `parcel`.
    """
    recipient = to or order.email
    if recipient is None:
        return
    ledger.enqueue(
        key=f"{letter}:{order.id}{occurrence}",
        letter=letter,
        recipient=recipient,
        source=f"order:{order.id}",
        person=order.id,
        payload=dict(about),
    )


def _read(statement: Select[Order]) -> Sequence[Order]:
    parts = (Order.timeline, Order.fulfilments, Order.refunds, Order.tags)
    whole = statement.options(joinedload(Order.lines), *(selectinload(part) for part in parts))
    with db.reading() as session:
        found = session.scalars(whole, execution_options={"populate_existing": True})
        return found.unique().all()


def _one(statement: Select[Order]) -> Order | None:
    return next(iter(_read(statement)), None)
