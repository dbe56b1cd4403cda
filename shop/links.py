"""Where an order's pages are, for letters and redirects."""

from core import config
from shop.models import Order


def order_path(order: Order) -> str:
    """The path of the page that whoever has the link can see."""
    return f"/orders/{order.token}"


def order_url(order: Order) -> str:
    """The whole address of that page."""
    return f"{config.current().site_url}{order_path(order)}"


def withdrawal_path(order: Order) -> str:
    """The path of the page on which one withdraws from the contract."""
    return f"{order_path(order)}/withdraw"


def withdrawal_url(order: Order) -> str:
    """The whole address of that page."""
    return f"{config.current().site_url}{withdrawal_path(order)}"
