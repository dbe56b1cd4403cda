"""Parcels of an order: sent, arrived, put right before they leave, and many sent at once."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shop import carriers, dispatch, fulfilment, order_search, words
from shop.dispatch import Row
from shop.models import Order
from shop.orders import NotPossible
from shop.words import TooLong
from staff import access
from staff import order_page as of_order
from staff.frame import page, say

pages = Blueprint("parcels", __name__)

_ADDRESS = {
    "name": ("Name", 200),
    "line1": ("Street and number", 200),
    "line2": ("Apartment, building", 200),
    "city": ("City", 100),
    "state": ("State or region", 100),
    "postal_code": ("Postal code", 20),
}
_NEEDED = ("name", "line1", "city")


@pages.post("/<int:number>/ship")
def ship(number: int) -> ResponseReturnValue:
    """Send a parcel with some of an order or all that is left; the customer is told."""
    order = of_order.found(number)
    problems = _problems_of_parcel()
    packed = of_order.units(order, problems) if _has_units() else None
    if problems:
        return of_order.refuse(order, "ship", problems)
    try:
        fulfilment.ship(
            order.id,
            carrier=of_order.line("carrier"),
            tracking=of_order.line("tracking") or None,
            url=of_order.line("url") or None,
            units=packed,
            by=access.member().email,
        )
    except NotPossible as error:
        return of_order.refuse(order, "ship", {"ship": str(error)})
    say("On its way; the customer is told.")
    return of_order.back(number)


@pages.post("/<int:number>/delivered")
def deliver(number: int) -> ResponseReturnValue:
    """A parcel has arrived."""
    order, parcel = of_order.found(number), request.form.get("parcel", type=int)
    try:
        fulfilment.deliver(order.id, parcel, by=access.member().email)
    except NotPossible as error:
        say(str(error), kind="error")
    else:
        way_back = f"/staff/orders/{number}/not-delivered" if parcel else None
        say("Marked as delivered.", undo=way_back, parcel=str(parcel))
    return of_order.back(number)


@pages.post("/<int:number>/not-delivered")
def take_back_arrival(number: int) -> ResponseReturnValue:
    """A parcel is still on its way after all."""
    order, parcel = of_order.found(number), request.form.get("parcel", 0, type=int)
    try:
        fulfilment.take_back_arrival(order.id, parcel, by=access.member().email)
    except NotPossible as error:
        say(str(error), kind="error")
    else:
        say("It is on its way again.", kind="info")
    return of_order.back(number)


@pages.post("/<int:number>/address")
def correct_address(number: int) -> ResponseReturnValue:
    """Put the address right before anything has left."""
    order = of_order.found(number)
    given = {name: of_order.line(name) for name in _ADDRESS}
    problems = {name: "Please fill this in." for name in _NEEDED if not given[name]}
    problems |= {
        name: f"No more than {longest} characters, please."
        for name, (_, longest) in _ADDRESS.items()
        if len(given[name]) > longest
    }
    if problems:
        return of_order.refuse(order, "address", problems)
    name, before = given.pop("name"), _address_of(order)
    try:
        fulfilment.correct_address(order.id, name=name, address=given, by=access.member().email)
    except NotPossible as error:
        return of_order.refuse(order, "address", {"address": str(error)})
    is_whole = all(before[name] for name in _NEEDED)
    way_back = f"/staff/orders/{number}/address" if is_whole else None
    say("The address is put right.", undo=way_back, **before)
    return of_order.back(number)


@pages.post("/<int:number>/words")
def change_words(number: int) -> ResponseReturnValue:
    """Change the gift message and the customer's note before anything has left."""
    order = of_order.found(number)
    given: dict[str, str | None] = {}
    problems = {}
    for name in ("gift", "note"):
        try:
            given[name] = words.read(request.form.get(name, ""))
        except TooLong as error:
            problems[name] = str(error)
    if problems:
        return of_order.refuse(order, "words", problems)
    try:
        before = {"gift": order.gift_message or "", "note": order.customer_note or ""}
        words.change(order.id, gift=given["gift"], note=given["note"], by=access.member().email)
    except NotPossible as error:
        return of_order.refuse(order, "words", {"words": str(error)})
    say("The words are changed.", undo=f"/staff/orders/{number}/words", **before)
    return of_order.back(number)


@pages.get("/ship")
def choose() -> ResponseReturnValue:
    """A row for each chosen order, to enter how it travels; or a file that says so."""
    wanted = order_search.chosen(request.args.getlist("order", type=int)[: dispatch.MOST])
    rows = [Row(number=order.number or "", order=order) for order in wanted if order.to_ship]
    return _form(rows)


@pages.post("/ship")
def ship_many() -> ResponseReturnValue:
    """Look at the rows of a file, or send what was entered; what cannot go stays in the form."""
    if "file" in request.files and request.files["file"].filename:
        return _read_file()
    columns = (request.form.getlist(name) for name in ("number", "carrier", "tracking"))
    rows = [
        Row(number=number.strip().upper(), carrier=carrier.strip(), tracking=tracking.strip())
        for number, carrier, tracking in zip(*columns, strict=False)
        if number.strip()
    ]
    if "check" in request.form:
        return _form(dispatch.check(rows))
    gone, left = dispatch.ship(rows, by=access.member().email)
    if gone:
        say(f"{len(gone)} on the way; their customers are told.")
    return _form(left, gone=gone), 422 if left else 200


def _address_of(order: Order) -> dict[str, str]:
    """Where an order goes, as the form for it has it."""
    at = {**(order.address or {}), "name": order.name}
    return {name: at.get(name) or "" for name in _ADDRESS}


def _read_file() -> ResponseReturnValue:
    try:
        rows = dispatch.read(request.files["file"].read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _form([], problem="Save the file as CSV in UTF-8, and try again."), 422
    except ValueError as error:
        return _form([], problem=str(error)), 422
    if not rows:
        return _form([], problem="There is no row in this file."), 422
    return _form(dispatch.check(rows))


def _form(rows: list[Row], *, gone: list[Row] | None = None, problem: str | None = None) -> str:
    return page(
        "dispatch.html", rows=rows, gone=gone or [], problem=problem, carriers=carriers.NAMES
    )


def _problems_of_parcel() -> dict[str, str]:
    carrier, url = of_order.line("carrier"), of_order.line("url")
    problems: dict[str, str] = {}
    if not 0 < len(carrier) <= 64:
        problems["carrier"] = "Which carrier takes it?"
    if len(of_order.line("tracking")) > 120:
        problems["tracking"] = "No more than 120 characters, please."
    if url and not url.startswith("https://"):
        problems["url"] = "A tracking page begins with https://."
    return problems


def _has_units() -> bool:
    return any(name.startswith("units-") for name in request.form)
