"""The variants of a product: what tells one from the others, what it weighs, what is in it."""

import re
from collections.abc import Mapping
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from core import db
from shop import products
from shop.models import Part, Product, Variant
from staff import access, product_lists
from staff.frame import page, say
from staff.models import Role
from staff.products import Entered

desk = access.desk("variants", __name__, Role.EDITOR)

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_HEAVIEST = 1_000_000  # grams


@desk.get("/new/<int:product>")
def write(product: int) -> ResponseReturnValue:
    """An empty form for one more variant of a product."""
    return _form(_product(product), None, Entered(values={"on_sale": True, "position": "9"}))


@desk.post("/new/<int:product>")
def create(product: int) -> ResponseReturnValue:
    """Make the variant; it is not sold before it has a price."""
    return _save(_product(product), None)


@desk.get("/<int:number>")
def edit(number: int) -> ResponseReturnValue:
    """A variant as it is."""
    variant = _found(number)
    return _form(_product(variant.product_id), variant, Entered(values=_values(variant)))


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Save a variant."""
    variant = _found(number)
    return _save(_product(variant.product_id), variant)


def _save(product: Product, variant: Variant | None) -> ResponseReturnValue:
    given: dict[str, Any] = dict(request.form.items())
    errors: dict[str, str] = {}
    before = _values(variant) if variant else {}
    read = _read(product, variant, errors)
    if not errors:
        try:
            saved = _saved(product, read)
        except ValueError as error:
            errors["parts"] = f"This cannot be: {error}."
        else:
            way_back = f"/staff/variants/{variant.id}" if variant else None
            say(f"Saved {saved.sku}.", undo=way_back, **_fields(before))
            return redirect(f"/staff/products/{product.id}", 303)
    values = given | {"on_sale": "on_sale" in request.form}
    return _form(product, variant, Entered(values=values, errors=errors)), 422


def _saved(product: Product, read: dict[str, Any]) -> Variant:
    parts, sku = read.pop("parts"), read.pop("sku")
    with db.transaction():
        saved = products.save_variant(product, sku, **read)
        products.make_up(sku, parts)
    return saved


def _read(product: Product, variant: Variant | None, errors: dict[str, str]) -> dict[str, Any]:
    """What the fields hold, and in `errors` what is wrong with them."""
    options = _pairs("options", product_lists.read_pairs, errors)
    if options and _is_taken(product, variant, options):
        errors["options"] = "Another variant of this product has these already."
    title = " ".join(request.form.get("title", "").split())
    if not 0 < len(title) <= 200:
        errors["title"] = "Enter a name of at most 200 characters."
    return {
        "sku": variant.sku if variant else _sku(errors),
        "title": title,
        "options": options,
        "parts": _pairs("parts", product_lists.read_counts, errors),
        "weight_grams": _number("weight_grams", _HEAVIEST, errors),
        "position": _number("position", 999, errors) or 0,
        "gtin": _gtin(errors),
        "on_sale": "on_sale" in request.form,
    }


def _pairs(name: str, read: Any, errors: dict[str, str]) -> dict[str, Any]:
    try:
        pairs: dict[str, Any] = read(request.form.get(name, ""))
    except ValueError as error:
        errors[name] = str(error)
        return {}
    return pairs


def _is_taken(product: Product, variant: Variant | None, options: Mapping[str, str]) -> bool:
    others = select(Variant).where(Variant.product_id == product.id)
    return any(
        {each["name"]: each["value"] for each in other.options} == options
        for other in db.session().scalars(others)
        if variant is None or other.id != variant.id
    )


def _sku(errors: dict[str, str]) -> str:
    sku = request.form.get("sku", "").strip()
    if not _SKU.fullmatch(sku):
        errors["sku"] = "Letters, digits, hyphens, dots: at most 50, such as QL-CLAW-PAIR."
    elif db.session().scalar(select(Variant.id).where(Variant.sku == sku)):
        errors["sku"] = "Another variant has this number."
    return sku


def _number(name: str, most: int, errors: dict[str, str]) -> int | None:
    entered = request.form.get(name, "").strip()
    if not entered:
        return None
    if not entered.isascii() or not entered.isdigit() or int(entered) > most:
        errors[name] = f"Enter a whole number from 0 to {most:,}."
        return None
    return int(entered)


def _gtin(errors: dict[str, str]) -> str | None:
    entered = request.form.get("gtin", "").replace(" ", "")
    if entered and not products.is_gtin(entered):
        errors["gtin"] = "This is no GTIN: 8, 12, 13 or 14 digits, the last of which proves them."
    return entered or None


def _values(variant: Variant) -> dict[str, Any]:
    names = select(Variant.sku, Part.quantity).join(Part, Part.part_id == Variant.id)
    parts = db.session().execute(names.where(Part.bundle_id == variant.id).order_by(Variant.sku))
    options = {each["name"]: each["value"] for each in variant.options}
    return {
        "sku": variant.sku,
        "title": variant.title,
        "options": product_lists.write_pairs(options),
        "parts": product_lists.write_pairs(dict(parts.all())),
        "weight_grams": "" if variant.weight_grams is None else str(variant.weight_grams),
        "gtin": variant.gtin or "",
        "position": str(variant.position),
        "on_sale": variant.on_sale,
    }


def _fields(values: Mapping[str, Any]) -> dict[str, str]:
    """The same as a browser sends it: a box that is not ticked is not there."""
    return {name: "1" if value is True else value for name, value in values.items() if value}


def _form(product: Product, variant: Variant | None, entered: Entered) -> str:
    return page("variant.html", product=product, variant=variant, entered=entered)


def _product(number: int) -> Product:
    return db.session().get(Product, number) or abort(404)


def _found(number: int) -> Variant:
    return db.session().get(Variant, number) or abort(404)
