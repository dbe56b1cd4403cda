"""A Checkout Session's amounts, worked out anew whenever something it sells or costs changes."""

from decimal import Decimal

from shop.simulator import taxes, totals
from shop.simulator.errors import StripeError
from shop.simulator.store import Object, Store, identifier


def reprice(store: Store, session: Object) -> Object:
    """Work out every amount of a session and of its lines, and save them."""
    items = store.children(session["id"], "item")
    shares = totals.discounts(items, _discount(store, session))
    percent = taxes.percent(store, session)
    added = 0
    for item, share in zip(items, shares, strict=True):
        before_tax = item["amount_subtotal"] - share
        tax, extra = totals.tax(before_tax, percent, item["price"])
        added += extra
        item |= {
            "amount_discount": share,
            "amount_tax": tax,
            "amount_total": before_tax + extra,
        }
        store.save(item)
    _sum(store, session, items, percent)
    return store.save(session)


def attach_discount(store: Store, session: Object, coupon: str, code: str | None) -> None:
    """Give a session its one discount."""
    session["discounts"] = [{"coupon": None if code else coupon, "promotion_code": code}]
    discount = {
        "id": identifier("di_1"),
        "object": "discount",
        "checkout_session": session["id"],
        "customer": session["customer"],
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code,
        "source": {"coupon": coupon, "type": "coupon"},
        "start": store.now(),
        "subscription": None,
        "subscription_item": None,
    }
    store.hide(session["id"], discount=discount)


def detach_discount(store: Store, session: Object) -> None:
    """Take a session's discount away."""
    session["discounts"] = []
    store.hide(session["id"], discount=None)


def objection(session: Object, coupon: Object | None, code: Object | None) -> str:
    """Why a coupon, or the promotion code it was reached by, cannot be used; empty if it can."""
    if coupon is None or not coupon["valid"]:
        return "This code is expired."
    if coupon["currency"] not in (None, session["currency"]):
        return f"This code cannot be used with {session['currency'].upper()}."
    limits = code["restrictions"] if code else {}
    if limits.get("first_time_transaction") and not session["customer"]:
        return "This code is for a customer's first order, and a guest's first order is not known."
    if code and code["customer"] not in (None, session["customer"]):
        return "This code belongs to another customer."
    floor = limits.get("minimum_amount") or 0
    if floor > session["amount_subtotal"]:
        return "This order is below the amount that the code asks for."
    return ""


def check_discount(store: Store, session: Object, coupon: str, code: str | None) -> None:
    """Refuse a discount that a session cannot have.

    Raises:
        StripeError: 400, saying why.

    """
    found = store.find(code, "promotion_code") if code else None
    reason = objection(session, store.find(coupon, "coupon"), found)
    if reason or (found and not found["active"]):
        raise StripeError(reason or "This promotion code is not active.", param="discounts[0]")


def breakdown(store: Store, session: Object) -> Object:
    """The expandable `total_details.breakdown`."""
    discount = store.hidden(session["id"]).get("discount")
    amount = session["total_details"]["amount_discount"]
    discounts = [{"amount": amount, "discount": discount}] if discount else []
    return {"discounts": discounts, "taxes": []}


def item_discounts(store: Store, item: Object) -> list[Object]:
    """The expandable `discounts` of a line."""
    parent = store.parent(item["id"])
    discount = parent and store.hidden(parent).get("discount")
    return [{"amount": item["amount_discount"], "discount": discount}] if discount else []


def _discount(store: Store, session: Object) -> totals.Discount | None:
    discount = store.hidden(session["id"]).get("discount")
    if not discount:
        return None
    coupon = store.get(discount["source"]["coupon"])
    products = frozenset(store.hidden(coupon["id"])["products"])
    return totals.Discount(coupon["percent_off"], coupon["amount_off"] or 0, products)


def _sum(store: Store, session: Object, items: list[Object], percent: Decimal) -> None:
    shipping = _shipping_cost(store, session, percent)
    cost = shipping or {"amount_subtotal": 0, "amount_tax": 0, "amount_total": 0}
    session["shipping_cost"] = shipping
    session["amount_subtotal"] = sum(item["amount_subtotal"] for item in items)
    session["amount_total"] = sum(item["amount_total"] for item in items) + cost["amount_total"]
    session["total_details"] = {
        "amount_discount": sum(item["amount_discount"] for item in items),
        "amount_shipping": cost["amount_subtotal"],
        "amount_tax": sum(item["amount_tax"] for item in items) + cost["amount_tax"],
    }


def _shipping_cost(store: Store, session: Object, percent: Decimal) -> Object | None:
    chosen = store.hidden(session["id"]).get("shipping_rate")
    if not chosen:
        return None
    rate = store.get(chosen)
    amount = rate["fixed_amount"]["amount"]
    tax, added = totals.tax(amount, percent, rate | rate["fixed_amount"])
    return {
        "amount_subtotal": amount,
        "amount_tax": tax,
        "amount_total": amount + added,
        "shipping_rate": chosen,
    }
