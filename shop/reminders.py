"""The one letter to whoever left Stripe's page without paying, with Stripe's link to go on.

Such a letter is advertising in the EU (2002/58/EC, article 13): it goes only to those who agreed to
it, and not at all while `Store.checkout_reminders` is off. A purchase takes it back in its own
transaction; until the letter leaves, a last look asks whether it is still wanted and still true.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from core import clock, db, settings
from core.mail import composing, ledger, letters
from core.mail.letters import Letter, Message, Undeliverable, Verdict, Wait
from core.mail.models import Delivery, State, Stream
from shop import catalog, refusals
from shop.events import CheckoutAbandoned
from shop.models import BOUGHT, LetterRefusal, Order, OrderEvent, OrderState

REMINDER = "shop.checkout_reminder"
PATIENCE = timedelta(hours=1)
"""How long after the page ended the letter goes: many come back by themselves."""

_QUIET = timedelta(days=30)
"""For how long nobody gets a second one."""
_BEGUN = (State.SENDING, State.ACCEPTED, State.UNKNOWN)


def install() -> None:
    """Make the letter known to the worker."""
    letters.register(
        Letter(
            name=REMINDER,
            stream=Stream.MARKETING,
            compose=_compose,
            last_look=_last_look,
            withheld=True,
        )
    )


def on_abandoned(event: CheckoutAbandoned) -> None:
    """Write the letter down, once for each cart, to go when some time has passed."""
    if not settings.store().checkout_reminders:
        return
    ledger.enqueue(
        key=_key(event.order_id, event.cart),
        letter=REMINDER,
        recipient=event.email,
        source=f"order:{event.order_id}",
        person=event.order_id,
        payload={"url": event.url, "until": event.until.isoformat()},
        due_at=clock.now() + PATIENCE,
    )


def take_back(order: Order) -> None:
    """The customer has bought: what has not left of theirs does not go, by address and by cart."""
    left = select(Order.id, Order.cart).where(
        Order.email.is_not(None), Order.email == order.email, Order.state == OrderState.EXPIRED
    )
    with db.transaction() as session:
        keys = {_key(order_id, cart) for order_id, cart in session.execute(left)}
        ledger.call_off({*keys, _key(order.id, order.cart)}, "bought since")


def _key(order_id: int, cart: str | None) -> str:
    return f"{REMINDER}:{cart or order_id}"


def _last_look(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Who must not be reminded by what is true at this moment."""
    verdicts = {delivery.id: _verdict(delivery) for delivery in batch}
    return {number: verdict for number, verdict in verdicts.items() if verdict is not None}


def _verdict(delivery: Delivery) -> Verdict | None:
    order = db.session().get(Order, delivery.person, populate_existing=True)
    if not settings.store().checkout_reminders:
        return "reminders are off"
    if order is None or order.state is not OrderState.EXPIRED:
        return "the order went on"
    if _until(delivery) <= clock.now():
        return "the link has ended"
    return _refused(delivery) or _since(order) or _changed(order)


def _refused(delivery: Delivery) -> str | None:
    session, now = db.session(), clock.now()
    if session.get(LetterRefusal, delivery.recipient) is not None:
        return "wants no such letters"
    before = select(func.count()).where(
        Delivery.recipient == delivery.recipient,
        Delivery.letter == REMINDER,
        Delivery.id != delivery.id,
        Delivery.state.in_(_BEGUN),
        Delivery.created_at > now - _QUIET,
    )
    return "reminded not long ago" if session.scalar(before) else None


def _since(order: Order) -> Verdict | None:
    """What became of the customer's other orders since they left this one."""
    ours = select(OrderEvent.id).where(
        OrderEvent.order_id == Order.id,
        OrderEvent.what == OrderState.CANCELLED,
        OrderEvent.who == "checkout",
    )
    others = select(Order.state, Order.expires_at, ours.exists().label("our_fault")).where(
        Order.id != order.id,
        or_(Order.email == order.email, Order.cart == order.cart),
        func.coalesce(Order.paid_at, Order.placed_at) >= order.placed_at,
    )
    verdicts = [_judge(*row) for row in db.session().execute(others)]
    reasons = [verdict for verdict in verdicts if isinstance(verdict, str)]
    waits = [verdict for verdict in verdicts if isinstance(verdict, Wait)]
    return reasons[0] if reasons else waits[0] if waits else None


def _judge(state: OrderState, expires_at: datetime, our_fault: bool) -> Verdict | None:  # noqa: FBT001 - a row
    if state in BOUGHT or state is OrderState.AWAITING_PAYMENT:
        return "bought since"
    if our_fault or state is OrderState.FAILED:
        return "their payment failed since"
    if state is OrderState.PLACED:
        return Wait(until=expires_at + PATIENCE, reason="they are on the payment page again")
    return None


def _changed(order: Order) -> str | None:
    """Whether all of it could be bought now, at the price that Stripe's link asks for."""
    offers = catalog.offers_of([line.sku for line in order.lines])
    for line in order.lines:
        offer = offers.get(line.sku)
        if offer is None or offer.available < line.quantity:
            return "the goods are gone"
        if offer.amount != line.unit_amount:
            return "the price is another now"
    return None


def _compose(delivery: Delivery) -> Message:
    order = db.session().get(Order, delivery.person)
    if order is None:
        raise Undeliverable("the order is gone")
    return composing.compose(
        "checkout_reminder",
        subject="You left before paying",
        preheader="Nothing was charged. If you still want it, this link takes you on.",
        headers=refusals.headers(
            order, REMINDER, name="reminders", title="Reminders of unfinished orders"
        ),
        order=order,
        link=delivery.payload["url"],
        until=_until(delivery),
        refusal=refusals.url(order),
    )


def _until(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(delivery.payload["until"])
