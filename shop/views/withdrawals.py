"""Withdraw from contract here: the way to the form, the form, its confirmation, the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.headers import cache_publicly
from core.web.limits import limiter
from shop import withdrawals
from shop.forms import Invalid, read_email
from shop.links import order_path, withdrawal_path
from shop.models import Order, OrderLine
from shop.orders import NotPossible
from shop.views.orders import named, privately
from shop.withdrawals import Declaration

pages = Blueprint("withdrawals", __name__)

_LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A form as it was filled in, and what to put right in it, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@pages.get("/withdraw")
def ask() -> Response:
    """The form for whoever does not have the order's link at hand."""
    return cache_publicly(Response(render_template("shop/withdraw_ask.html", entered=Entered())))


@pages.post("/withdraw")
@limiter.limit("10 per minute; 60 per hour")
def send_link() -> ResponseReturnValue:
    """The same answer whoever asks; the link goes to the order's own address."""
    errors: dict[str, str] = {}
    number = request.form.get("number", "").strip().upper()
    if not number:
        errors["number"] = "Enter the order number, such as QL-1001. It is on your receipt."
    name, email = _read_name(errors), _read_email(errors)
    if errors:
        entered = Entered(values=request.form, errors=errors)
        return render_template("shop/withdraw_ask.html", entered=entered), 400
    withdrawals.send_link(number, email, name=name)
    return render_template("shop/withdraw_asked.html", email=email)


@pages.get("/orders/<token>/withdraw")
def show(token: str) -> ResponseReturnValue:
    """The form, or the statement that we received."""
    order = named(token)
    return _form(order, Entered(values={"name": order.name or "", "email": order.email or ""}))


@pages.post("/orders/<token>/withdraw")
@limiter.limit("30 per minute")
def review(token: str) -> ResponseReturnValue:
    """The statement, to be read once more and confirmed; nothing is recorded yet."""
    order = named(token)
    if not withdrawals.possible(order) or withdrawals.open_of(order.id):
        return redirect(withdrawal_path(order), 303)
    declared, errors = _read(order)
    if errors or "change" in request.form:
        return _form(order, Entered(values=request.form, errors=errors), 400 if errors else 200)
    text = withdrawals.statement(order, declared.units)
    return privately(
        render_template("shop/withdraw_confirm.html", order=order, declared=declared, text=text)
    )


@pages.post("/orders/<token>/withdraw/confirm")
@limiter.limit("10 per minute")
def confirm(token: str) -> ResponseReturnValue:
    """Record the statement, once."""
    order = named(token)
    declared, errors = _read(order)
    if errors:
        return _form(order, Entered(values=request.form, errors=errors), 400)
    try:
        withdrawals.record(order.id, declared)
    except NotPossible:
        return redirect(order_path(order), 303)
    return redirect(withdrawal_path(order), 303)


def _form(order: Order, entered: Entered, status: int = 200) -> Response:
    html = render_template(
        "shop/withdraw.html",
        order=order,
        entered=entered,
        withdrawal=withdrawals.open_of(order.id),
        may_withdraw=withdrawals.possible(order),
        end=withdrawals.ends_at(order),
    )
    return privately(html, status)


def _read(order: Order) -> tuple[Declaration, dict[str, str]]:
    errors: dict[str, str] = {}
    units = {line.id: _read_units(line, errors) for line in order.lines}
    if not errors and not any(units.values()):
        errors[f"units-{order.lines[0].id}"] = "Leave at least one thing to withdraw from."
    declared = Declaration(name=_read_name(errors), email=_read_email(errors), units=units)
    return declared, errors


def _read_units(line: OrderLine, errors: dict[str, str]) -> int:
    """How many units of a line; all of them where nothing was entered."""
    entered = request.form.get(f"units-{line.id}", "").strip()
    if not entered:
        return line.quantity
    if entered.isascii() and entered.isdigit() and int(entered) <= line.quantity:
        return int(entered)
    errors[f"units-{line.id}"] = f"Enter a whole number from 0 to {line.quantity}."
    return 0


def _read_name(errors: dict[str, str]) -> str:
    name = " ".join(request.form.get("name", "").split())
    if not 0 < len(name) <= _LONGEST_NAME:
        errors["name"] = f"Enter your name, in no more than {_LONGEST_NAME} characters."
    return name


def _read_email(errors: dict[str, str]) -> str:
    try:
        email = read_email(request.form.get("email", ""))
    except Invalid as error:
        errors["email"] = str(error)
        return ""
    if email is None:
        errors["email"] = "Enter an e-mail address."
    return email or ""
