"""The promotions desk: codes, whom they are for, how often they were used and what came in."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from core import clock, money, settings
from shop import promotions
from shop.models import Promotion
from shop.promotions import InUse, Taken, Terms, Worth
from staff import access
from staff.frame import page, say

desk = access.desk("promotions", __name__)

_ROWS = range(3)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
_MOST_USES, _MOST_AMOUNT = 1_000_000, 10**9


@dataclass
class _Form:
    """A promotion as it was filled in, and what to put right in it, by field."""

    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def whole(self, name: str, most: int) -> int | None:
        """A whole number from one, or None where the field is empty."""
        text = self.values[name].replace(",", "")
        if not text:
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text) <= most:
            return int(text)
        self.problems[name] = f"A whole number from 1 to {most:,}, or nothing."
        return None

    def amount(self, name: str, currency: str) -> int | None:
        """An amount in minor units, or None where the field is empty."""
        if not self.values[name]:
            return None
        try:
            amount = money.parse(self.values[name], currency)
        except ValueError:
            amount = -1
        if not 1 <= amount <= _MOST_AMOUNT:
            self.problems[name] = f"An amount in {currency}, such as 10."
        return amount

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC, or None where the field is empty."""
        if not self.values[name]:
            return None
        try:
            moment = datetime.fromisoformat(self.values[name])
        except ValueError:
            self.problems[name] = "A day and a time, such as 2026-12-01T08:00."
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every promotion with its uses and revenue, and the form for another one."""
    return _page(_Form(_empty()))


@desk.post("")
def make() -> ResponseReturnValue:
    """Make a promotion."""
    form = _Form({name: request.form.get(name, "").strip() for name in _empty()})
    terms = _read(form)
    if not form.problems:
        try:
            made = promotions.make(terms, by=access.member().email)
        except Taken as taken:
            form.problems["code"] = str(taken)
        else:
            say(f"{made.code} can be used.", undo=f"/staff/promotions/{made.id}/pause")
            return redirect("/staff/promotions", 303)
    return _page(form), 422


@desk.get("/<int:number>")
def edit(number: int) -> ResponseReturnValue:
    """The terms of a promotion that no order has yet."""
    promotion = _found(number)
    return _page(_Form(_values(promotion)), promotion)


@desk.post("/<int:number>")
def change(number: int) -> ResponseReturnValue:
    """Give it other terms; the next page can take that back."""
    promotion = _found(number)
    before = _values(promotion)
    form = _Form({name: request.form.get(name, "").strip() for name in _empty()})
    terms = _read(form)
    if not form.problems:
        try:
            changed = promotions.change(number, terms)
        except (InUse, Taken) as error:
            form.problems["code"] = str(error)
        else:
            say(f"Saved {changed.code}.", undo=f"/staff/promotions/{number}", **before)
            return redirect("/staff/promotions", 303)
    return _page(form, promotion), 422


@desk.post("/<int:number>/pause")
def pause(number: int) -> ResponseReturnValue:
    """Let nobody enter a code any more."""
    promotions.pause(number)
    undo = f"/staff/promotions/{number}/resume"
    say("Paused. Whoever is on the payment page already keeps the discount.", undo=undo)
    return redirect("/staff/promotions", 303)


@desk.post("/<int:number>/resume")
def resume(number: int) -> ResponseReturnValue:
    """Let a code be entered again."""
    promotions.pause(number, paused=False)
    say("It can be used again.", undo=f"/staff/promotions/{number}/pause")
    return redirect("/staff/promotions", 303)


@desk.post("/stripe")
def stripe_codes() -> ResponseReturnValue:
    """Let Stripe's page ask for codes that are kept there, or not."""
    allowed = request.form.get("allowed") == "1"
    settings.change(stripe_promotion_codes=allowed)
    say(
        "Stripe's page asks for its own codes now, where none of ours was used."
        if allowed
        else "Stripe's page asks for no codes.",
        undo="/staff/promotions/stripe",
        allowed="0" if allowed else "1",
    )
    return redirect("/staff/promotions", 303)


def _found(number: int) -> Promotion:
    return promotions.get(number) or abort(404)


def _values(promotion: Promotion) -> dict[str, str]:
    """The terms of a promotion as its form has them; moments in UTC."""
    values = _empty() | {"code": promotion.code, "first_order": "1" * promotion.first_order}
    for name in ("percent", "most_uses", "most_each"):
        values[name] = str(getattr(promotion, name) or "")
    for name in ("starts_at", "ends_at"):
        moment = getattr(promotion, name)
        values[name] = f"{moment:%Y-%m-%dT%H:%M}" if moment else ""
    for row, price in enumerate(promotion.prices[: len(_ROWS)]):
        values[f"currency-{row}"] = price.currency
        values[f"amount-{row}"] = _amount(price.amount, price.currency)
        values[f"minimum-{row}"] = _amount(price.minimum, price.currency)
    return values


def _amount(minor: int | None, currency: str) -> str:
    return str(money.to_decimal(minor, currency)) if minor else ""


def _page(form: _Form, editing: Promotion | None = None) -> str:
    return page(
        "promotions.html",
        promotions=promotions.every(),
        takings=promotions.takings(),
        values=form.values,
        problems=form.problems,
        rows=_ROWS,
        editing=editing,
        now=clock.now(),
    )


def _empty() -> dict[str, str]:
    names = ("code", "percent", "starts_at", "ends_at", "first_order", "most_uses", "most_each")
    rows = {f"{name}-{row}": "" for row in _ROWS for name in ("currency", "amount", "minimum")}
    return dict.fromkeys(names, "") | rows | {"currency-0": settings.store().currency}


def _read(form: _Form) -> Terms:
    percent = form.whole("percent", 100)
    worth = _worth(form)
    amounts = [each.amount for each in worth.values()]
    if not form.problems:
        if percent and any(amounts):
            form.problems["percent"] = "Either a percentage or amounts, not both."
        elif not percent and not any(amounts):
            form.problems["percent"] = "A percentage here, or an amount below."
        elif not percent and not all(amounts):
            form.problems["percent"] = "Each currency below needs an amount too."
    starts_at, ends_at = form.moment("starts_at"), form.moment("ends_at")
    if ends_at and ends_at <= (starts_at or clock.now()):
        form.problems.setdefault("ends_at", "It would end before it begins.")
    return Terms(
        code=_code(form),
        percent=percent,
        worth=worth,
        starts_at=starts_at,
        ends_at=ends_at,
        first_order=bool(form.values["first_order"]),
        most_uses=form.whole("most_uses", _MOST_USES),
        most_each=form.whole("most_each", _MOST_USES),
    )


def _code(form: _Form) -> str:
    code = promotions.spelled(form.values["code"])
    if not _CODE.fullmatch(code):
        form.problems["code"] = "3 to 40 letters, digits, - or _, such as SPRING-10."
    return code


def _worth(form: _Form) -> dict[str, Worth]:
    """What was filled in for each currency; a row with no amounts is none."""
    worth: dict[str, Worth] = {}
    for row in _ROWS:
        currency = form.values[f"currency-{row}"].upper()
        if not form.values[f"amount-{row}"] and not form.values[f"minimum-{row}"]:
            continue
        if not re.fullmatch(r"[A-Z]{3}", currency):
            form.problems[f"currency-{row}"] = "Three letters, such as USD."
            continue
        if currency in worth:
            form.problems[f"currency-{row}"] = "This currency stands above."
        minimum = form.amount(f"minimum-{row}", currency) or 0
        worth[currency] = Worth(amount=form.amount(f"amount-{row}", currency), minimum=minimum)
    return worth
