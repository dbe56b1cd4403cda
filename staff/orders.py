"""The orders desk: what has to go out, and all that happened to each order."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from blog import teasers
from core import money
from core.mail import ledger
from shop import fulfilment, orders, payments, refunds, settlement, withdrawals
from shop.models import BOUGHT, UNPAID, Order, OrderState
from shop.orders import NotPossible
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("orders", __name__, Role.FULFILMENT)

CARRIERS = ("USPS", "UPS", "FedEx", "DHL", "Royal Mail", "Canada Post", "Australia Post")
_SENT_AGAIN = {orders.RECEIPT: "receipt", orders.SHIPPED: "note that it has been shipped"}


@dataclass(frozen=True)
class Origin:
    """How a buyer came: in words, and where that leads."""

    text: str
    href: str | None


@dataclass(frozen=True)
class Group:
    """A tab of the list: its label and which orders are under it."""

    label: str
    states: Collection[OrderState] = ()
    to_ship: bool = False


GROUPS = {
    "": Group("Bought", BOUGHT),
    "to-ship": Group("To ship", to_ship=True),
    "refunded": Group("Refunded", (OrderState.PARTLY_REFUNDED, OrderState.REFUNDED)),
    "awaiting": Group("Awaiting payment", (OrderState.PLACED, OrderState.AWAITING_PAYMENT)),
    "unpaid": Group("Unpaid", UNPAID),
    "all": Group("All"),
}


@desk.get("")
def index() -> ResponseReturnValue:
    """Orders of a group, the newest first; by the beginning of a number, an address or a name."""
    chosen, words = request.args.get("state", ""), request.args.get("q", "").strip()
    group = GROUPS.get(chosen, GROUPS[""])
    found = orders.find(
        states=() if words else group.states,
        to_ship=group.to_ship and not words,
        words=words,
        after=request.args.get("after", type=int),
    )
    labels = {name: each.label for name, each in GROUPS.items()}
    return page("orders.html", found=found, state=chosen, words=words, states=labels)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One order: what, for whom, how they came, what happened, and what we wrote to them."""
    order = _found(number)
    return page(
        "order.html",
        order=order,
        origin=_origin(order.source),
        disputes=refunds.disputes(order.id) if order.disputed_at else [],
        withdrawal=withdrawals.open_of(order.id),
        repayment=withdrawals.PERIOD,
        messages=ledger.under(f"order:{order.id}"),
        carriers=CARRIERS,
        again=_SENT_AGAIN,
    )


@desk.post("/<int:number>/ship")
def ship(number: int) -> ResponseReturnValue:
    """Send an order on its way; the customer is told."""
    carrier = _line("carrier")
    url = _line("url")
    if not carrier or (url and not url.startswith("https://")):
        say("It takes a carrier; a tracking page begins with https://.", kind="error")
        return _back(number)
    try:
        fulfilment.ship(
            _found(number).id,
            carrier=carrier,
            tracking=_line("tracking") or None,
            url=url or None,
            by=access.member().email,
        )
    except NotPossible as error:
        say(str(error), kind="error")
    else:
        say("On its way; the customer is told.")
    return _back(number)


@desk.post("/<int:number>/refund")
def refund(number: int) -> ResponseReturnValue:
    """Give back some of the money, or all that is left."""
    order = _found(number)
    amount = _amount(order)
    if amount == 0:
        say("This is no amount of money.", kind="error")
        return _back(number)
    try:
        made = refunds.refund(
            order.id,
            amount,
            by=access.member().email,
            why=_line("why"),
            restock="restock" in request.form,
        )
    except (NotPossible, payments.Refused) as error:
        say(str(error), kind="error")
    except payments.Unavailable:
        say("Stripe does not answer. It will be asked again, and refund once.", kind="warning")
    else:
        say(f"{money.display(made.amount, made.currency)} go back to the customer.")
    return _back(number)


@desk.post("/<int:number>/cancel")
def cancel(number: int) -> ResponseReturnValue:
    """Call off an order that nobody has paid."""
    try:
        settlement.cancel(_found(number).id, by=access.member().email, why=_line("why"))
    except NotPossible as error:
        say(str(error), kind="error")
    except payments.Unavailable:
        say("Stripe does not answer, so somebody could still pay. Try again.", kind="warning")
    else:
        say("Called off; what it held is for others.")
    return _back(number)


@desk.post("/<int:number>/withdrawal/close")
def close_withdrawal(number: int) -> ResponseReturnValue:
    """The customer's withdrawal is dealt with: the goods and the money are where they belong."""
    if withdrawals.close(_found(number).id, by=access.member().email):
        say("Dealt with. The statement stays in the timeline.")
    return _back(number)


@desk.post("/<int:number>/send-again")
def send_again(number: int) -> ResponseReturnValue:
    """Send the customer a letter about the order once more."""
    letter = request.form.get("letter", "")
    if letter not in _SENT_AGAIN:
        abort(400)
    orders.send_again(_found(number).id, letter, by=access.member().email)
    say(f"The {_SENT_AGAIN[letter]} goes out again.")
    return _back(number)


@desk.post("/<int:number>/note")
def note(number: int) -> ResponseReturnValue:
    """Leave a note for other staff in the timeline."""
    order, text = _found(number), request.form.get("text", "").strip()
    if text:
        orders.note(order, "note", who=access.member().email, why=text[:2000])
    return _back(number)


def _origin(source: str | None) -> Origin | None:
    """What led to the order, such as `post:psoas-trigger-points`, as staff read it."""
    if source is None:
        return None
    kind, _, name = source.partition(":")
    if kind == "post":
        found = teasers.named([name])
        title = found[0].title if found else name
        return Origin(f"the post “{title}”", f"/blog/{name}" if found else None)
    if kind == "newsletter":
        return Origin(f"newsletter {name}", f"/staff/newsletters/{name}")
    if kind in ("muscle", "muscles"):
        return Origin(f"the page on {name}", f"/muscles/{name}")
    return Origin(source, None)


def _amount(order: Order) -> int | None:
    """Minor units; None for all that is left, 0 for what is no amount."""
    entered = _line("amount")
    if not entered:
        return None
    try:
        return max(money.parse(entered, order.currency), 0)
    except ValueError:
        return 0


def _line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _found(number: int) -> Order:
    try:
        return orders.get(number)
    except LookupError:
        abort(404)


def _back(number: int) -> ResponseReturnValue:
    return redirect(f"/staff/orders/{number}", 303)
