"""Products: what is sold."""

from shop.simulator import events, lists
from shop.simulator.errors import StripeError
from shop.simulator.resources.records import Params, deleted, fetch, merged, revise
from shop.simulator.store import Object, Store, identifier


def create(store: Store, params: Params) -> Object:
    """POST /v1/products. `default_price_data` is left to the prices module."""
    name = params.get("id") or identifier("prod_", 14)
    if store.find(name):
        raise StripeError(
            f"Product already exists. (ID: {name})", code="resource_already_exists", param="id"
        )
    product = store.insert(
        {
            "id": name,
            "object": "product",
            "active": params.get("active", True),
            "created": store.now(),
            "default_price": None,
            "description": params.get("description"),
            "images": params.get("images", []),
            "livemode": False,
            "marketing_features": params.get("marketing_features", []),
            "metadata": merged({}, params.get("metadata", {})),
            "name": params["name"],
            "package_dimensions": params.get("package_dimensions"),
            "shippable": params.get("shippable"),
            "statement_descriptor": params.get("statement_descriptor"),
            "tax_code": params.get("tax_code"),
            "tax_details": None,
            "type": params.get("type", "service"),
            "unit_label": params.get("unit_label"),
            "updated": store.now(),
            "url": params.get("url"),
        }
    )
    events.emit(store, "product.created", product)
    return product


def retrieve(store: Store, _params: Params, product: str) -> Object:
    """GET /v1/products/:id."""
    return fetch(store, "product", product)


def update(store: Store, params: Params, product: str) -> Object:
    """POST /v1/products/:id."""
    body = fetch(store, "product", product)
    return revise(store, body, {**params, "updated": store.now()}, event="product.updated")


def delete(store: Store, _params: Params, product: str) -> Object:
    """DELETE /v1/products/:id; not while it has prices."""
    body = fetch(store, "product", product)
    if store.select("price", {"json_extract(body, '$.product') = ?": product}, limit=1):
        raise StripeError(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    events.emit(store, "product.deleted", body)
    return deleted(store, body)


def index(store: Store, params: Params) -> Object:
    """GET /v1/products."""
    where = (
        {"instr(?, ' ' || id || ' ') > 0": f" {' '.join(params['ids'])} "}
        if "ids" in params
        else {}
    )
    return lists.page(store, "product", params, url="/v1/products", where=where)
