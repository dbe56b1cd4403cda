"""The returns desk: what customers want to send back, what arrived, and who withdrew by law."""

from dataclasses import dataclass

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select

from core import db, money, settings
from shop import returns, withdrawals
from shop.models import Order, Return, ReturnState, Withdrawal
from shop.orders import NotPossible
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("returns", __name__, Role.FULFILMENT)
terms = access.desk("return-terms", __name__)

_LONGEST_ANSWER = 2000
_LONGEST_TERM = 300
_MOST_DAYS = 365


@dataclass(frozen=True)
class Group:
    """A tab of the list: its label and which returns are under it."""

    label: str
    states: tuple[ReturnState, ...]


GROUPS = {
    "": Group("Wait for you", returns.TO_DO),
    "approved": Group("On their way", (ReturnState.APPROVED,)),
    "closed": Group("Closed", (ReturnState.CLOSED,)),
    "refused": Group("Refused", (ReturnState.REFUSED,)),
    "cancelled": Group("Called off", (ReturnState.CANCELLED,)),
}


@desk.get("")
def index() -> ResponseReturnValue:
    """Returns of a group, the newest first, and on the first tab the withdrawals that are open."""
    chosen = request.args.get("state", "")
    group = GROUPS.get(chosen, GROUPS[""])
    return page(
        "returns.html",
        found=returns.find(group.states, after=request.args.get("after", type=int)),
        withdrawn=[] if chosen else _withdrawn(),
        repayment=withdrawals.PERIOD,
        state=chosen,
        states={name: each.label for name, each in GROUPS.items()},
        reasons=returns.REASONS,
        goods=returns.goods,
        worth=_worth,
        terms=settings.store(),
        most_days=_MOST_DAYS,
        may_set=access.may_use("return-terms"),
    )


@desk.post("/<int:number>/approve")
def approve(number: int) -> ResponseReturnValue:
    """The customer may send it; the letter names the address."""
    if returns.approve(_found(number).id, by=access.member().email, answer=_text("answer")):
        say("The customer is told where to send it.")
    else:
        _say_too_late()
    return _back()


@desk.post("/<int:number>/refuse")
def refuse(number: int) -> ResponseReturnValue:
    """The customer is told why not."""
    back, answer = _found(number), _text("answer")
    if not answer:
        say("Tell the customer why, in words that you would want to read.", kind="error")
    elif returns.refuse(back.id, by=access.member().email, answer=answer):
        say("Refused; the customer is told why.")
    else:
        _say_too_late()
    return _back()


@desk.post("/<int:number>/receive")
def receive(number: int) -> ResponseReturnValue:
    """The parcel is here: what was in it, and what of it goes back on the shelf."""
    back = _found(number)
    received, restocked = _units(back, "received"), _units(back, "restocked")
    if not any(received.values()):
        say("What was in it? Where no parcel came, call the return off.", kind="error")
        return _back()
    try:
        is_here = returns.receive(
            back.id, received=received, restocked=restocked, by=access.member().email
        )
    except NotPossible as error:
        say(str(error), kind="error")
        return _back()
    if is_here:
        say("It is here, and the customer knows. Now the money.")
    else:
        _say_too_late()
    return redirect("/staff/returns", 303)


@desk.post("/<int:number>/close")
def close(number: int) -> ResponseReturnValue:
    """The money is where it belongs."""
    if returns.close(_found(number).id, by=access.member().email):
        say("Closed.", undo=f"/staff/returns/{number}/reopen")
    else:
        _say_too_late()
    return _back()


@desk.post("/<int:number>/reopen")
def reopen(number: int) -> ResponseReturnValue:
    """It was closed too soon."""
    if returns.reopen(_found(number).id, by=access.member().email):
        say("It waits for its money again.", kind="info")
    else:
        _say_too_late()
    return _back()


@desk.post("/<int:number>/cancel")
def cancel(number: int) -> ResponseReturnValue:
    """No parcel came, or the customer keeps it."""
    if returns.cancel(_found(number).id, by=access.member().email):
        say("Called off; the goods count as the customer’s.")
    else:
        _say_too_late()
    return _back()


@terms.post("")
def set_terms() -> ResponseReturnValue:
    """For how many days goods may come back, where to, and what to tell customers."""
    days = request.form.get("days", type=int)
    address, instructions = _line("address"), _line("instructions")
    if days is None or not 0 < days <= _MOST_DAYS:
        say(f"Enter a whole number of days from 1 to {_MOST_DAYS}.", kind="error")
    elif not address or not instructions or max(len(address), len(instructions)) > _LONGEST_TERM:
        say(f"It takes an address and a hint, each up to {_LONGEST_TERM} characters.", kind="error")
    else:
        store = settings.store()
        undone = {
            "days": str(store.return_days),
            "address": store.return_address,
            "instructions": store.return_instructions,
        }
        settings.change(return_days=days, return_address=address, return_instructions=instructions)
        say("Saved. Does the page on returns say the same?", undo="/staff/return-terms", **undone)
    return _back()


def _withdrawn() -> list[Row[Withdrawal, Order]]:
    """The statements that staff have not dealt with yet, the oldest first: the law counts days."""
    waiting = (
        select(Withdrawal, Order)
        .join(Order, Order.id == Withdrawal.order_id)
        .where(Withdrawal.closed_at.is_(None))
        .order_by(Withdrawal.id)
        .limit(50)
    )
    return list(db.session().execute(waiting).all())


def _worth(back: Return) -> str:
    """What the form for the refund begins with."""
    return str(money.to_decimal(returns.worth(back), back.order.currency))


def _units(back: Return, name: str) -> dict[int, int]:
    """Units by order line; what is no number counts as more than can be."""
    found = {}
    for each in back.lines:
        entered = request.form.get(f"{name}-{each.order_line_id}", "").strip() or "0"
        is_number = entered.isascii() and entered.isdigit()
        found[each.order_line_id] = int(entered) if is_number else each.quantity + 1
    return found


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:_LONGEST_ANSWER]


def _line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _found(number: int) -> Return:
    return returns.get(number) or abort(404)


def _say_too_late() -> None:
    say("This return has gone on meanwhile.", kind="info")


def _back() -> ResponseReturnValue:
    """To the list that the deed was done on."""
    state = request.form.get("state", "")
    return redirect(
        f"/staff/returns?state={state}" if state in GROUPS and state else "/staff/returns", 303
    )
