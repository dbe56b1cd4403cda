"""The cart's cookies: signed for us, and a count that the header may read."""

from flask import Response, request

from core import config
from shop import cart
from shop.cart import Cart

_CART, _COUNT = "cart", "cart_count"
_MONTH = 30 * 24 * 3600


def current() -> Cart:
    """The visitor's cart."""
    return cart.read(request.cookies.get(_CART))


def keep(response: Response, kept: Cart) -> Response:
    """Let the visitor's browser keep the cart for a month."""
    secure = config.current().secure
    response.set_cookie(
        _CART, cart.write(kept), max_age=_MONTH, secure=secure, httponly=True, samesite="Lax"
    )
    if kept.count:
        response.set_cookie(_COUNT, str(kept.count), max_age=_MONTH, secure=secure, samesite="Lax")
    else:
        response.delete_cookie(_COUNT, secure=secure, samesite="Lax")
    return response
