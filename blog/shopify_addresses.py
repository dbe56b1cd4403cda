"""Addresses of a Shopify shop, led on to where the same is here."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from blog import addresses
from core import arrivals, redirects
from core.arrivals import Fate, LeftOut
from core.tables import Row

_LONGEST = 500
_USUAL = {
    "/collections": "/",
    "/collections/all": "/",
    "/collections/frontpage": "/",
    "/blogs/news": "/blog/",
    "/account": "/orders/",
    "/account/login": "/orders/",
    "/policies/refund-policy": "/pages/returns",
    "/policies/shipping-policy": "/pages/shipping",
    "/policies/privacy-policy": "/pages/privacy",
    "/policies/terms-of-service": "/pages/terms",
    "/policies/contact-information": "/pages/contact",
    "/pages/about-us": "/pages/about",
    "/pages/contact-us": "/pages/contact",
}
"""What every shop there has."""


def lead_usual_on() -> None:
    """Let the addresses that every such shop has lead on, once, unless they lead somewhere."""
    for path, target in _USUAL.items():
        free = addresses.lead(target) and not addresses.lead(path)
        if free and arrivals.remember("shopify address", path, target) is Fate.NEW:
            redirects.add(path, target)


def take(rows: Sequence[Row]) -> Fate:
    """Take a redirect. Raises `ValueError` and `LeftOut` as `arrivals` asks."""
    path, target = path_of(rows[0]), rows[0].text("Redirect to", "Target")
    _check(path, target)
    if _is_page(path):
        raise LeftOut("there is a page at that address")
    fate = arrivals.remember("shopify redirect", path, target)
    led = redirects.find(path)
    if fate is Fate.NEW and led is not None and led != (redirects.find(target) or target):
        raise LeftOut("it leads elsewhere here")
    if fate is not Fate.SAME:
        redirects.add(path, target)
    return fate


def path_of(row: Row) -> str:
    """The old address of a row, as the table of redirects has it."""
    return row.text("Redirect from", "Path").rstrip("/") or "/"


def leads(row: Row) -> bool:
    """Whether the new address of a row leads anywhere yet."""
    target = row.text("Redirect to", "Target")
    return not target.startswith("/") or addresses.lead(urlsplit(target).path)


def _check(path: str, target: str) -> None:
    if not path.startswith("/") or path.startswith(("//", "/staff", "/static")):
        raise ValueError("the old address begins with one slash")
    if max(len(path), len(target)) > _LONGEST:
        raise ValueError(f"an address has at most {_LONGEST} characters")
    if any(letter.isspace() for letter in path + target):
        raise ValueError("an address holds no spaces")
    if not target.startswith(("/", "https://")) or target.startswith("//"):
        raise ValueError("the new address begins with one slash, or with https://")
    if target.startswith("/") and not addresses.lead(urlsplit(target).path):
        raise ValueError(f"{target} leads nowhere here")


def _is_page(path: str) -> bool:
    return addresses.lead(path) and redirects.find(path) is None
