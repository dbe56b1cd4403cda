"""The orders desk: the list of orders, and what is done to each apart from goods and money."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response, request
from flask.typing import ResponseReturnValue

from core import clock
from core.web.download import download
from shop import exports, order_search, orders, withdrawals
from shop.models import BOUGHT, SHIPPABLE, UNPAID, DisputeState, OrderState, Progress
from shop.order_search import Wanted
from staff import access
from staff import order_page as of_order
from staff.frame import page, say
from staff.models import Role

desk = access.desk("orders", __name__, Role.FULFILMENT)


@dataclass(frozen=True)
class Group:
    """A tab of the list: its label and which orders are under it."""

    label: str
    states: Collection[OrderState] = ()
    progress: Collection[Progress] = ()
    disputes: Collection[DisputeState] = ()
    to_ship: bool = False


GROUPS = {
    "": Group("Bought", BOUGHT),  # also whatever is no tab, such as "bought" beside filters
    "to-ship": Group("To ship", to_ship=True),
    "shipped": Group("On the way", SHIPPABLE, (Progress.FULFILLED,)),
    "delivered": Group("Delivered", progress=(Progress.DELIVERED,)),
    "refunded": Group("Refunded", (OrderState.PARTLY_REFUNDED, OrderState.REFUNDED)),
    "disputed": Group("Disputed", disputes=tuple(DisputeState)),
    "awaiting": Group("Awaiting payment", (OrderState.PLACED, OrderState.AWAITING_PAYMENT)),
    "unpaid": Group("Unpaid", UNPAID),
    "all": Group("All"),
}
_EVERYTHING = Group("All")


@desk.get("")
def index() -> ResponseReturnValue:
    """Orders of a group, the newest first, narrowed by the filters in the address."""
    problems: dict[str, str] = {}
    found = order_search.find(_wanted(problems), after=request.args.get("after", type=int))
    return page(
        "orders.html",
        found=found,
        filters=request.args,
        problems=problems,
        states={name: each.label for name, each in GROUPS.items()},
        payments=OrderState,
        progress=Progress,
        narrowed=any(request.args.get(name) for name in _NARROWING),
    )


@desk.get("/export.csv")
def export() -> Response:
    """The same orders as the list, all of them, for a spreadsheet."""
    rows = exports.write(order_search.every(_wanted({})))
    return download(rows, f"orders-{clock.now():%Y-%m-%d}.csv", "text/csv")


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One order with all that belongs to it."""
    return of_order.show(of_order.found(number))


@desk.post("/<int:number>/send-again")
def send_again(number: int) -> ResponseReturnValue:
    """Send the customer a letter about the order once more: one of the ledger, or the receipt."""
    order = of_order.found(number)
    by = access.member().email
    delivery = request.form.get("delivery", type=int)
    if delivery is not None and orders.repeat_letter(order.id, delivery, by=by):
        say("It goes out again, to the address that the order has now.")
    elif delivery is None and order.bought:
        orders.send_again(order.id, orders.RECEIPT, by=by)
        say("The receipt goes out again.")
    else:
        say("There is no such letter.", kind="error")
    return of_order.back(number)


@desk.post("/<int:number>/note")
def note(number: int) -> ResponseReturnValue:
    """Leave a note for other staff in the timeline."""
    order, text = of_order.found(number), request.form.get("text", "").strip()
    if not text or len(text) > _LONGEST_NOTE:
        wrong = f"Write a note of no more than {_LONGEST_NOTE} characters."
        return of_order.refuse(order, "note", {"text": wrong})
    orders.note(order, "note", who=access.member().email, why=text)
    return of_order.back(number)


@desk.post("/<int:number>/tags")
def tag(number: int) -> ResponseReturnValue:
    """Put a tag on the order, to find it again."""
    order, word = of_order.found(number), of_order.line("tag")
    if not word or len(word) > _LONGEST_TAG:
        wrong = f"Write a tag of no more than {_LONGEST_TAG} characters."
        return of_order.refuse(order, "tag", {"tag": wrong})
    if orders.tag(order.id, word, by=access.member().email):
        way_back = f"/staff/orders/{number}/tags/remove"
        say(f"Tagged “{orders.tag_of(word)}”.", undo=way_back, tag=word)
    return of_order.back(number)


@desk.post("/<int:number>/tags/remove")
def untag(number: int) -> ResponseReturnValue:
    """Take a tag off the order."""
    word = of_order.line("tag")
    if orders.untag(of_order.found(number).id, word, by=access.member().email):
        say(f"The tag “{word}” is off.", undo=f"/staff/orders/{number}/tags", tag=word)
    return of_order.back(number)


@desk.post("/<int:number>/withdrawal/close")
def close_withdrawal(number: int) -> ResponseReturnValue:
    """The customer's withdrawal is dealt with: the goods and the money are where they belong."""
    if withdrawals.close(of_order.found(number).id, by=access.member().email):
        way_back = f"/staff/orders/{number}/withdrawal/reopen"
        say("Dealt with. The statement stays in the timeline.", undo=way_back)
    return of_order.back(number)


@desk.post("/<int:number>/withdrawal/reopen")
def reopen_withdrawal(number: int) -> ResponseReturnValue:
    """It was not dealt with after all."""
    if withdrawals.reopen(of_order.found(number).id, by=access.member().email):
        say("The withdrawal waits again.", kind="info")
    return of_order.back(number)


_NARROWING = ("payment", "goods", "tag", "country", "since", "until", "source")
_LONGEST_NOTE, _LONGEST_TAG = 2000, 40


def _wanted(problems: dict[str, str]) -> Wanted:
    """What the address asks for; what cannot be read asks for nothing, and is told."""
    words = request.args.get("q", "").strip()[:200]
    narrowed = words or any(request.args.get(name) for name in _NARROWING)
    chosen = request.args.get("state", "")
    group = GROUPS.get(chosen, GROUPS[""]) if chosen or not narrowed else _EVERYTHING
    payment, goods = request.args.get("payment", ""), request.args.get("goods", "")
    until = _day("until", problems)
    return Wanted(
        states=(OrderState(payment),) if payment in set(OrderState) else group.states,
        progress=(Progress(goods),) if goods in set(Progress) else group.progress,
        disputes=group.disputes,
        to_ship=group.to_ship,
        tag=orders.tag_of(request.args.get("tag", "")),
        country=request.args.get("country", "").strip().upper(),
        since=_day("since", problems),
        until=until and until + timedelta(days=1),
        source=request.args.get("source", "").strip()[:200],
        words=words,
    )


def _day(name: str, problems: dict[str, str]) -> datetime | None:
    """The beginning of a day, in UTC."""
    entered = request.args.get(name, "").strip()
    if not entered:
        return None
    try:
        return datetime.strptime(entered, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        problems[name] = "Enter a day like 2026-11-24."
        return None
