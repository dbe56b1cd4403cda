"""Returns on the order's page: ask for one, see how far it is, call it off."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core import settings
from core.web.limits import limiter
from shop import returns, withdrawals
from shop.links import order_path
from shop.models import Order, ReturnReason, ReturnState
from shop.orders import NotPossible
from shop.returns import Wish
from shop.views.orders import named, privately

pages = Blueprint("returns", __name__)

_LONGEST = 2000
_NEEDS_WORDS = (ReturnReason.FAULTY, ReturnReason.WRONG, ReturnReason.UNSAFE, ReturnReason.OTHER)


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A form as it was filled in, and what to put right in it, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@pages.get("/orders/<token>/return")
def show(token: str) -> ResponseReturnValue:
    """The returns of an order, and the form for another one."""
    return _page(named(token), Entered())


@pages.post("/orders/<token>/return")
@limiter.limit("20 per minute; 60 per hour")
def ask(token: str) -> ResponseReturnValue:
    """Take a request; nothing is to be sent before staff have answered."""
    order = named(token)
    wish, errors = _read(order)
    if wish is None:
        return _page(order, Entered(values=request.form, errors=errors), 400)
    try:
        returns.request(order.id, wish)
    except NotPossible as error:
        entered = Entered(values=request.form, errors={"form": str(error)})
        return _page(named(token), entered, 409)
    return redirect(_path(order), 303)


@pages.post("/orders/<token>/return/<int:number>/cancel")
@limiter.limit("10 per minute")
def cancel(token: str, number: int) -> ResponseReturnValue:
    """The customer keeps it after all."""
    order = named(token)
    if number not in [back.id for back in returns.of_order(order.id)]:
        abort(404, "There is no such return.")
    returns.cancel(number, by="customer")
    return redirect(_path(order), 303)


def _path(order: Order) -> str:
    return f"{order_path(order)}/return"


def _page(order: Order, entered: Entered, status: int = 200) -> Response:
    made = returns.of_order(order.id)
    store = settings.store()
    html = render_template(
        "shop/return.html",
        order=order,
        entered=entered,
        made=made,
        waits=any(back.state is ReturnState.REQUESTED for back in made),
        goods=returns.goods,
        left=returns.returnable(order),
        possible=returns.possible(order),
        end=returns.ends_at(order),
        may_withdraw=withdrawals.possible(order),
        reasons=returns.REASONS,
        days=store.return_days,
        address=store.return_address,
        instructions=store.return_instructions,
        longest=_LONGEST,
    )
    return privately(html, status)


def _read(order: Order) -> tuple[Wish | None, dict[str, str]]:
    errors: dict[str, str] = {}
    left = {line: most for line, most in returns.returnable(order).items() if most}
    units = {line: _read_units(line, most, len(left) == 1, errors) for line, most in left.items()}
    if left and not errors and not any(units.values()):
        errors[f"units-{next(iter(left))}"] = "Enter how many come back, at least one in all."
    chosen = request.form.get("reason", "")
    if chosen not in set(ReturnReason):
        errors["reason"] = "Choose the reason that is nearest."
    words = request.form.get("words", "").replace("\r\n", "\n").strip()
    if not words and chosen in _NEEDS_WORDS:
        errors["words"] = "Tell us what happened, in a sentence or two."
    elif len(words) > _LONGEST:
        errors["words"] = f"Use no more than {_LONGEST:,} characters; these are {len(words):,}."
    if errors:
        return None, errors
    return Wish(units=units, reason=ReturnReason(chosen), words=words), errors


def _read_units(line: int, most: int, is_only_one: bool, errors: dict[str, str]) -> int:  # noqa: FBT001 - read once, above
    """How many of a line come back; where nothing was entered all of the only line, else none."""
    entered = request.form.get(f"units-{line}", "").strip()
    if not entered:
        return most if is_only_one else 0
    if entered.isascii() and entered.isdigit() and int(entered) <= most:
        return int(entered)
    errors[f"units-{line}"] = f"Enter a whole number from 0 to {most}."
    return 0
