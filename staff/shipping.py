"""The shipping desk: zones of countries, what a parcel costs there, and how long it takes."""

import re
from dataclasses import dataclass, field

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from core import money, settings
from shop import shipping
from shop.models import ShippingZone
from shop.shipping import Taken, Zone
from staff import access
from staff.frame import page, say

desk = access.desk("shipping", __name__)

_BANDS = 5
_MOST_GRAMS, _MOST_AMOUNT, _MOST_DAYS = 100_000, 10**9, 120


@dataclass
class _Form:
    """A zone as it was filled in, and what to put right in it, by field."""

    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def whole(self, name: str, label: str, most: int, *, least: int = 0) -> int:
        """A whole number from one field."""
        text = self.values[name].replace(",", "").strip()
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        self.problems[name] = f"{label}: a whole number from {least} to {most:,}."
        return least

    def amount(self, name: str, currency: str) -> int:
        """An amount of money from one field, in minor units."""
        try:
            amount = money.parse(self.values[name], currency)
        except ValueError:
            amount = -1
        if not 0 <= amount <= _MOST_AMOUNT:
            self.problems[name] = f"An amount in {currency}, such as {_example(currency)}."
        return max(0, amount)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every zone, the first one first."""
    return page("shipping.html", zones=shipping.zones())


@desk.get("/new")
def new() -> ResponseReturnValue:
    """The form for another zone."""
    return _page(_Form(_empty()), None)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """The form with a zone as it is."""
    zone = shipping.zone(number) or abort(404)
    return _page(_Form(_values(zone)), zone)


@desk.post("/new")
def add() -> ResponseReturnValue:
    """Make a zone."""
    return _save(None)


@desk.post("/<int:number>")
def change(number: int) -> ResponseReturnValue:
    """Change a zone; carts and product pages show it at once, open payment pages keep theirs."""
    return _save(shipping.zone(number) or abort(404))


@desk.post("/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Ship to the countries of a zone no more."""
    zone = shipping.zone(number) or abort(404)
    back = {name: value for name, value in _values(zone).items() if value}
    shipping.remove_zone(number)
    said = f"“{back['title']}” is removed: we ship there no more."
    say(said, undo="/staff/shipping/new", **back)
    return redirect("/staff/shipping", 303)


def _save(zone: ShippingZone | None) -> ResponseReturnValue:
    form = _Form({name: request.form.get(name, "").strip() for name in _empty()})
    before = _values(zone) if zone else {}
    given = _read(form)
    if not form.problems:
        try:
            saved = shipping.save_zone(given, zone.id if zone else None)
        except Taken as taken:
            form.problems["countries"] = str(taken)
    if form.problems:
        return _page(form, zone), 422
    if zone is None:
        say(f"“{given.title}” is added.", undo=f"/staff/shipping/{saved.id}/remove")
    else:
        say(f"“{given.title}” is saved.", undo=f"/staff/shipping/{zone.id}", **before)
    return redirect("/staff/shipping", 303)


def _page(form: _Form, zone: ShippingZone | None) -> str:
    return page(
        "shipping_zone.html",
        zone=zone,
        values=form.values,
        problems=form.problems,
        bands=range(_BANDS),
        currency=form.values["currency"],
    )


def _empty() -> dict[str, str]:
    bands = {f"{name}-{number}": "" for number in range(_BANDS) for name in ("up_to", "amount")}
    texts = dict.fromkeys(("title", "countries", "free_from", "days_min", "days_max"), "")
    return {**texts, "currency": settings.store().currency, "position": "0", **bands}


def _values(zone: ShippingZone) -> dict[str, str]:
    """A zone as its form has it."""
    values = _empty() | {
        "title": zone.title,
        "countries": ", ".join(each.country for each in zone.countries),
        "currency": zone.currency,
        "free_from": _written(zone.free_from, zone.currency),
        "days_min": str(zone.days_min),
        "days_max": str(zone.days_max),
        "position": str(zone.position),
    }
    for number, band in enumerate(shipping.by_weight(zone)):
        values[f"up_to-{number}"] = str(band.up_to_grams or "")
        values[f"amount-{number}"] = _written(band.amount, zone.currency)
    return values


def _read(form: _Form) -> Zone:
    values, problems = form.values, form.problems
    currency = values["currency"].upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        problems["currency"] = "Three letters, such as USD."
        currency = settings.store().currency
    if not values["title"] or len(values["title"]) > 100:
        problems["title"] = "What customers read, up to 100 characters, such as Standard."
    zone = Zone(
        title=values["title"],
        countries=_countries(form),
        bands=_bands(form, currency),
        currency=currency,
        days_min=form.whole("days_min", "Business days", _MOST_DAYS),
        days_max=form.whole("days_max", "Business days", _MOST_DAYS),
        free_from=form.amount("free_from", currency) or None if values["free_from"] else None,
        position=form.whole("position", "Place", 999),
    )
    if zone.days_max < zone.days_min:
        problems.setdefault("days_max", "At most cannot be fewer than at least.")
    return zone


def _countries(form: _Form) -> list[str]:
    entered = filter(None, (each.strip() for each in re.split(r"[,;\n]", form.values["countries"])))
    found = {each: shipping.country_code(each) for each in entered}
    unknown = [each for each, code in found.items() if code is None]
    if unknown:
        form.problems["countries"] = f"Not a country that Stripe takes addresses in: {unknown[0]}."
    elif not found:
        form.problems["countries"] = "One country at least, such as US or United States."
    return list(dict.fromkeys(code for code in found.values() if code))


def _bands(form: _Form, currency: str) -> dict[int | None, int]:
    bands: dict[int | None, int] = {}
    for number in range(_BANDS):
        up_to, amount = f"up_to-{number}", f"amount-{number}"
        if not form.values[up_to] and not form.values[amount]:
            continue
        most = form.whole(up_to, "Grams", _MOST_GRAMS, least=1) if form.values[up_to] else None
        if most in bands:
            form.problems[up_to] = "This weight has a price above."
        bands[most] = form.amount(amount, currency)
    if not bands:
        form.problems["amount-0"] = "What it costs; 0 where shipping is free."
    return bands


def _written(amount: int | None, currency: str) -> str:
    return "" if amount is None else str(money.to_decimal(amount, currency))


def _example(currency: str) -> str:
    return str(money.to_decimal(700 * money.step(currency), currency))
