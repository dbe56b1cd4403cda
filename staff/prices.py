"""The prices desk: what a variant cost, costs and will cost, and what may be called a reduction."""

from datetime import UTC, datetime

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from core import clock, db, money, settings
from shop import catalog, prices
from shop.models import Price, Variant
from staff import access
from staff.frame import page, say
from staff.products import Entered

desk = access.desk("prices", __name__)


@desk.get("/<sku>")
def show(sku: str) -> ResponseReturnValue:
    """The history of a variant's price, the latest first, and a form for the next one."""
    return _page(_found(sku), Entered())


@desk.post("/<sku>")
def change(sku: str) -> ResponseReturnValue:
    """Let a variant cost something else, from now or from a moment to come; history is kept."""
    variant, currency = _found(sku), _currency(sku)
    errors: dict[str, str] = {}
    at = _moment(errors)
    try:
        amount = money.parse(request.form.get("amount", ""), currency)
        if not errors:
            prices.set_price(sku, amount, currency, at=at, why=_why(), who=access.member().email)
    except ValueError as error:
        field = "at" if "moment" in str(error) else "amount"
        errors[field] = "Another price begins then." if field == "at" else "This is no price."
    if errors:
        return _page(variant, Entered(values=request.form, errors=errors)), 422
    _tell(sku, amount, currency, at)
    return redirect(f"/staff/prices/{sku}", 303)


@desk.post("/<sku>/call-off")
def call_off(sku: str) -> ResponseReturnValue:
    """Take back a price that has not begun."""
    number = request.form.get("price", 0, type=int)
    planned = next((each for each in prices.history(_found(sku).id) if each.id == number), None)
    again = _fields(planned) if planned else {}
    if planned is not None and prices.call_off(number):
        say("Called off. The price stays as it is.", undo=f"/staff/prices/{sku}", **again)
    else:
        say("It has begun already: set another price.", kind="error")
    return redirect(f"/staff/prices/{sku}", 303)


def _page(variant: Variant, entered: Entered) -> str:
    return page(
        "prices.html",
        variant=variant,
        offer=catalog.offer(variant.sku),
        currency=_currency(variant.sku),
        history=prices.history(variant.id),
        now=clock.now(),
        entered=entered,
    )


def _tell(sku: str, amount: int, currency: str, at: datetime | None) -> None:
    shown = money.display(amount, currency)
    if at is not None:
        planned = prices.history(_found(sku).id)
        number = next(each.id for each in planned if each.valid_from == at)
        undo = f"/staff/prices/{sku}/call-off"
        said = f"{sku} will cost {shown} from {at:%B %-d, %Y, %H:%M} UTC."
        say(said, undo=undo, price=str(number))
        return
    before = next(iter(_before(sku)), None)
    if before is None:
        say(f"{sku} costs {shown} from now on.")
    else:
        exact = str(money.to_decimal(before, currency))
        undo = f"/staff/prices/{sku}"
        say(f"{sku} costs {shown} from now on.", undo=undo, amount=exact, why="undone")


def _fields(planned: Price) -> dict[str, str]:
    """What the form held when this price was planned."""
    exact = str(money.to_decimal(planned.amount, planned.currency))
    return {"amount": exact, "at": planned.valid_from.isoformat(), "why": planned.why}


def _before(sku: str) -> list[int]:
    """What it cost before the present price, the latest first."""
    begun = [each for each in prices.history(_found(sku).id) if each.valid_from <= clock.now()]
    return [each.amount for each in begun[1:]]


def _why() -> str:
    return " ".join(request.form.get("why", "").split())[:200]


def _moment(errors: dict[str, str]) -> datetime | None:
    entered = request.form.get("at", "").strip()
    if not entered:
        return None
    try:
        moment = datetime.fromisoformat(entered)
    except ValueError:
        errors["at"] = "Enter a day and a time, such as 2026-12-01T08:00."
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= clock.now():
        errors["at"] = "This moment is over. Leave it empty for now."
    return moment


def _currency(sku: str) -> str:
    """That of its last price; the store's for what has none yet."""
    last = next(iter(prices.history(_found(sku).id)), None)
    return last.currency if last else settings.store().currency


def _found(sku: str) -> Variant:
    found = select(Variant).where(Variant.sku == sku)
    return db.session().scalar(found) or abort(404)
