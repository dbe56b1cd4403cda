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


def add_optional(store: Store, session: Object, option: Object, quantity: int) -> None:
    """Put an optional item into a session, change its quantity, or take it out again (0).

    It comes with the quantity that was offered; where that may be changed, within its limits.
    """
    known = of_option(store, session, option)
    limits = option["adjustable_quantity"]
    if not quantity:
        if known:
            store.remove(known["id"])
        return
    if limits and limits["enabled"]:
        quantity = max(limits["minimum"], 1, min(limits["maximum"], quantity))
    else:
        quantity = option["quantity"]
    if known:
        _requantify(store, known, quantity)
    else:
        line = {"quantity": quantity, "adjustable_quantity": limits}
        add(store, session["id"], _built(store, store.get(option["price"]), line))


def of_option(store: Store, session: Object, option: Object) -> Object | None:
    """The line that an optional item became, if it was added."""
    items = store.children(session["id"], "item")
    return next((item for item in items if item["price"]["id"] == option["price"]), None)


def adjust(store: Store, item: Object, quantity: int) -> None:
    """Set a line's quantity, within what the session allows."""
    limits = item["adjustable_quantity"]
    if limits and limits["enabled"]:
        low, high = limits["minimum"], limits["maximum"]
        _requantify(store, item, max(low, min(high, quantity)))


def active(price: Object, at: str) -> Object:
    """A price that can be sold. Raises `StripeError` for an archived one."""
    if not price["active"]:
        raise StripeError(
            f"The price specified is inactive. This field only accepts active prices. "
            f"Price: {price['id']}.",
            param=f"{at}[price]",
        )
    return price


def limits(adjustable: Params | None) -> Object | None:
    """`adjustable_quantity` with its defaults, as it is answered."""
    if not adjustable:
        return None
    enabled = adjustable["enabled"]
    return {
        "enabled": enabled,
        "maximum": adjustable.get("maximum", _ADJUSTABLE_MAX) if enabled else None,
        "minimum": adjustable.get("minimum", 0) if enabled else None,
    }


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
        price = active(refer(store, "price", line["price"], f"{at}[price]"), at)
    else:
        price = prices.create_inline(store, line["price_data"], f"{at}[price_data]")
    return _built(store, price, line)


def _built(store: Store, price: Object, line: Params) -> Object:
    amount = totals.subtotal(price, line["quantity"])
    adjustable = line.get("adjustable_quantity")
    return {
        "id": identifier("li_1"),
        "object": "item",
        "adjustable_quantity": limits(adjustable),
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
