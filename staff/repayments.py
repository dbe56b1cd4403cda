"""Money that goes back for an order: refunds of all or some of it, and orders called off."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from core import money
from shop import payments, refunds, settlement, strays
from shop.models import Order
from shop.orders import NotPossible
from staff import access
from staff import order_page as of_order
from staff.frame import say

pages = Blueprint("repayments", __name__)

_LATER = "Stripe does not answer. It will be asked again, and refund once."


@pages.post("/<int:number>/refund")
def refund(number: int) -> ResponseReturnValue:
    """Give back some lines, an amount, or all that is left."""
    order = of_order.found(number)
    problems: dict[str, str] = {}
    units = of_order.units(order, problems)
    amount = _amount(order, problems)
    if problems:
        return of_order.refuse(order, "refund", problems)
    try:
        made = refunds.refund(
            order.id,
            amount,
            units=units if any(units.values()) else None,
            by=access.member().email,
            why=of_order.line("why"),
            restock="restock" in request.form,
        )
    except NotPossible as error:
        return of_order.refuse(order, "refund", {"amount": str(error)})
    except payments.Refused as error:
        say(f"Stripe refused: {error}", kind="error")
    except payments.Unavailable:
        say(_LATER, kind="warning")
    else:
        say(f"{money.display(made.amount, made.currency)} go back to the customer.")
    return of_order.back(number)


@pages.post("/<int:number>/strays/<int:stray>/give-back")
def give_back(number: int, stray: int) -> ResponseReturnValue:
    """Give back money that the order did not ask for, such as a second payment."""
    try:
        made = strays.give_back(number, stray, by=access.member().email)
    except NotPossible as error:
        say(str(error), kind="error")
    except payments.Refused as error:
        say(f"Stripe refused: {error}", kind="error")
    except payments.Unavailable:
        say(_LATER, kind="warning")
    else:
        say(f"{money.display(made.amount, made.currency)} go back to the customer.")
    return of_order.back(number)


@pages.post("/<int:number>/cancel")
def cancel(number: int) -> ResponseReturnValue:
    """Call off an order of which nothing has left; what was paid goes back."""
    order, why = of_order.found(number), of_order.line("why")
    if not why:
        return of_order.refuse(order, "cancel", {"why": "Say why, for whoever looks later."})
    try:
        _cancel(order, why)
    except NotPossible as error:
        say(str(error), kind="error")
    except payments.Refused as error:
        say(f"Called off, but Stripe refused to refund it: {error}", kind="error")
    except payments.Unavailable:
        late = "Stripe does not answer, so somebody could still pay. Try again."
        say(_LATER if order.bought else late, kind="warning")
    return of_order.back(number)


def _cancel(order: Order, why: str) -> None:
    by = access.member().email
    if not order.bought:
        settlement.cancel(order.id, by=by, why=why)
        say("Called off; what it held is for others.")
        return
    made = refunds.cancel(order.id, by=by, why=why)
    given = f" {money.display(made.amount, made.currency)} go back." if made else ""
    say(f"Called off; the goods are back on the shelf.{given}")


def _amount(order: Order, problems: dict[str, str]) -> int | None:
    """Minor units; None where nothing was entered."""
    entered = of_order.line("amount")
    if not entered:
        return None
    try:
        amount = money.parse(entered, order.currency)
    except ValueError:
        amount = 0
    if amount <= 0:
        problems["amount"] = "This is no amount of money."
    return amount
