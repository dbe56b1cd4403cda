"""Which addresses of this site lead somewhere, for those who write links to them."""

from sqlalchemy import select

from blog import anatomy
from blog.models import Page, Post, Topic
from core import db, redirects
from shop.models import Product

_FIXED = frozenset(
    {
        *(
            "",
            "/blog",
            "/blog/search",
            "/blog/feed.xml",
            "/blog/feed.json",
            "/pain-finder",
            "/muscles",
            "/cart",
        ),
        *("/orders", "/newsletter", "/newsletter/archive", "/reviews", "/withdraw"),
    }
)
_KEPT: dict[str, type[Topic | Post | Page | Product]] = {
    "/blog/topics/": Topic,
    "/blog/": Post,
    "/pages/": Page,
    "/products/": Product,
}


def lead(address: str) -> bool:
    """Whether a path leads to a page, also to one that is yet to be published."""
    path = address.rstrip("/")
    if path in _FIXED or path.startswith(("/newsletter/archive/", "/media/", "/static/")):
        return True
    if path.startswith("/muscles/"):
        return path.removeprefix("/muscles/") in anatomy.muscles()
    return _is_kept(path) or redirects.find(path) is not None


def _is_kept(path: str) -> bool:
    for start, table in _KEPT.items():
        if path.startswith(start):
            wanted = select(table.id).where(table.slug == path.removeprefix(start))
            with db.reading() as session:
                if session.scalar(wanted) is not None:
                    return True
    return False
