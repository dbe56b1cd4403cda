"""The lines of a Checkout Session."""

from shop.simulator import totals
from shop.simulator.errors import StripeError, absent
from shop.simulator.resources import prices
from shop.simulator.resources.records import Params, refer
from shop.simulator.store import Object, Store, identifier

_LINES_MAX, _QUANTITY_MAX, _ADJUSTABLE_MAX = 100, 999_999, 99


def resolve(store: Store, params: Params) -> list[Object]:
    """The lines of a request as unsaved items.

    Raises:
        StripeError: 400, for a line without price or quantity, or in another currency.

    """
    lines = params.get("line_items")
    if not lines:
        raise absent("line_items")
    if len(lines) > _LINES_MAX:
        raise StripeError("Checkout Sessions can have up to 100 line items.", param="line_items")
    items = [_item(store, line, f"line_items[{i}]") for i, line in enumerate(lines)]
    currencies = {item["currency"] for item in items} | {params.get("currency", "").lower()} - {""}
    if len(currencies) > 1:
        raise StripeError(
            "The price specified only supports "
            f"`{items[-1]['currency']}`. All line items must have the same currency.",
            param="line_items",
        )
    return items


def add(store: Store, session: str, item: Object) -> Object:
    """Save a line of a session."""
    return store.insert(item, parent=session)


def add_optional(store: Store, session: Object, price: str, quantity: int) -> None:
    """Put an optional item into a session, change its quantity, or take it out again (0)."""
    for item in store.children(session["id"], "item"):
        if item["price"]["id"] == price:
            if quantity:
                _requantify(store, item, quantity)
            else:
                store.remove(item["id"])
            return
    if quantity:
        add(store, session["id"], _built(store, store.get(price), {"quantity": quantity}))


def adjust(store: Store, item: Object, quantity: int) -> None:
    """Set a line's quantity, within what the session allows."""
    limits = item["adjustable_quantity"]
    if limits and limits["enabled"]:
        low, high = limits["minimum"], limits["maximum"]
        _requantify(store, item, max(low, min(high, quantity)))


def _requantify(store: Store, item: Object, quantity: int) -> None:
    amount = totals.subtotal(item["price"], quantity)
    store.save({**item, "quantity": quantity, "amount_subtotal": amount, "amount_total": amount})


def _item(store: Store, line: Params, at: str) -> Object:
    if ("price" in line) == ("price_data" in line):
        raise absent(f"{at}[price]")
    if "quantity" not in line:
        raise absent(f"{at}[quantity]")
    if not 1 <= line["quantity"] <= _QUANTITY_MAX:
        raise StripeError(
            "Invalid positive integer",
            code="parameter_invalid_integer",
            param=f"{at}[quantity]",
        )
    if "price" in line:
        price = _active(refer(store, "price", line["price"], f"{at}[price]"), at)
    else:
        price = prices.create_inline(store, line["price_data"], f"{at}[price_data]")
    return _built(store, price, line)


def _active(price: Object, at: str) -> Object:
    if not price["active"]:
        raise StripeError(
            f"The price specified is inactive. This field only accepts active prices. "
            f"Price: {price['id']}.",
            param=f"{at}[price]",
        )
    return price


def _built(store: Store, price: Object, line: Params) -> Object:
    amount = totals.subtotal(price, line["quantity"])
    adjustable = line.get("adjustable_quantity")
    return {
        "id": identifier("li_1"),
        "object": "item",
        "adjustable_quantity": _limits(adjustable) if adjustable else None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": store.get(price["product"])["name"],
        "metadata": line.get("metadata", {}),
        "price": price,
        "quantity": line["quantity"],
    }


def _limits(adjustable: Params) -> Object:
    enabled = adjustable["enabled"]
    return {
        "enabled": enabled,
        "maximum": adjustable.get("maximum", _ADJUSTABLE_MAX) if enabled else None,
        "minimum": adjustable.get("minimum", 0) if enabled else None,
    }
