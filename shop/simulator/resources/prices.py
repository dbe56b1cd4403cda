"""Prices: what a product costs, and in which currency."""

from decimal import Decimal

from shop.simulator import events, lists
from shop.simulator.errors import StripeError, absent
from shop.simulator.resources import products
from shop.simulator.resources.records import Params, fetch, merged, refer, revise
from shop.simulator.store import Object, Store, field, identifier


def create(store: Store, params: Params) -> Object:
    """POST /v1/prices; for an existing product or, by `product_data`, a new one."""
    if "product" in params:
        product = refer(store, "product", params["product"], "product")
    elif "product_data" in params:
        product = products.create(store, params["product_data"])
    else:
        raise StripeError(
            "You must specify either `product` or `product_data` when creating a price.",
            code="parameter_missing",
            param="product",
        )
    return _add(store, params, product, active=params.get("active", True))


def create_inline(store: Store, price_data: Params, at: str) -> Object:
    """The inactive price that `price_data` of a line item makes; `at` is the parameter's name."""
    if "product" in price_data:
        product = refer(store, "product", price_data["product"], f"{at}[product]")
    elif "product_data" in price_data:
        product = products.create(store, {**price_data["product_data"], "active": False})
    else:
        raise absent(f"{at}[product_data]")
    if "recurring" in price_data:
        raise StripeError("You must provide one-time prices in `payment` mode.", param=at)
    return _add(store, price_data, product, active=False)


def create_product(store: Store, params: Params) -> Object:
    """POST /v1/products; with `default_price_data` its price as well."""
    product = products.create(store, params)
    if "default_price_data" in params:
        price = _add(store, params["default_price_data"], product, active=True)
        product["default_price"] = price["id"]
        store.save(product)
    return product


def retrieve(store: Store, _params: Params, price: str) -> Object:
    """GET /v1/prices/:id."""
    return fetch(store, "price", price, param="price")


def update(store: Store, params: Params, price: str) -> Object:
    """POST /v1/prices/:id; an amount never changes."""
    if "lookup_key" in params:
        _claim(store, params)
    body = fetch(store, "price", price, param="price")
    changes = {name: value for name, value in params.items() if name != "transfer_lookup_key"}
    return revise(store, body, changes, event="price.updated")


def index(store: Store, params: Params) -> Object:
    """GET /v1/prices."""
    keys = f" {' '.join(params.get('lookup_keys', []))} "
    condition = "instr(?, ' ' || json_extract(body, '$.lookup_key') || ' ') > 0"
    where = {condition: keys} if "lookup_keys" in params else {}
    return lists.page(store, "price", params, url="/v1/prices", where=where)


def _add(store: Store, params: Params, product: Object, *, active: bool) -> Object:
    amount = _amount(params)
    if "lookup_key" in params:
        _claim(store, params)
    price = store.insert(
        {
            "id": identifier("price_1"),
            "object": "price",
            "active": active,
            "billing_scheme": "per_unit",
            "created": store.now(),
            "currency": params["currency"].lower(),
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": params.get("lookup_key"),
            "metadata": merged({}, params.get("metadata", {})),
            "nickname": params.get("nickname"),
            "product": product["id"],
            "recurring": None,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": int(amount) if amount == int(amount) else None,
            "unit_amount_decimal": f"{amount.normalize():f}",
        }
    )
    events.emit(store, "price.created", price)
    return price


def _amount(params: Params) -> Decimal:
    if ("unit_amount" in params) == ("unit_amount_decimal" in params):
        raise StripeError(
            "Prices require exactly one of `unit_amount` and `unit_amount_decimal`.",
            code="parameter_missing",
            param="unit_amount",
        )
    amount = Decimal(str(params.get("unit_amount", params.get("unit_amount_decimal"))))
    if amount < 0:
        raise StripeError(
            "Invalid non-negative integer", code="parameter_invalid_integer", param="unit_amount"
        )
    return amount


def _claim(store: Store, params: Params) -> None:
    """A lookup key belongs to one price at a time."""
    for holder in store.select("price", {field("lookup_key"): params["lookup_key"]}):
        if not params.get("transfer_lookup_key"):
            raise StripeError(
                f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
            )
        store.save({**holder, "lookup_key": None})
