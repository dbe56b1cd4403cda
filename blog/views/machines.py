"""What machines ask for: which pages there are, what they may read, whom to tell of a weakness."""

from datetime import datetime, timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from blog import anatomy, teasers, topics
from blog import pages as texts
from core import clock, config, settings
from core.web.headers import cache_publicly

pages = Blueprint("machines", __name__)

_DAY = 24 * 3600
_CLOSED = ("/staff/", "/cart", "/checkout", "/orders/", "/blog/search", "/blog/comments/")


def addresses() -> list[tuple[str, datetime | None]]:
    """The pages of the blog for the map of the site."""
    return [
        *(("/", None), ("/blog/", None), ("/pain-finder", None), ("/muscles/", None)),
        *((f"/blog/{slug}", changed) for slug, changed in teasers.changes()),
        *((f"/blog/topics/{topic.slug}", None) for topic in topics.with_posts()),
        *((f"/muscles/{muscle}", None) for muscle in anatomy.muscles()),
        *((f"/pain-finder/{region}", None) for region in anatomy.regions()),
        *((f"/pages/{page.slug}", page.updated_at) for page in texts.every()),
    ]


@pages.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What crawlers may read (RFC 9309)."""
    closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
    site = config.current().site_url
    return _text(f"User-agent: *\n{closed}\nSitemap: {site}/sitemap.xml\n")


@pages.get("/.well-known/security.txt")
def security() -> ResponseReturnValue:
    """Whom to tell of a weakness (RFC 9116); it has to end, so it ends half a year from today."""
    ends = (clock.now() + timedelta(days=180)).replace(hour=0, minute=0, second=0, microsecond=0)
    return _text(
        f"Contact: mailto:{settings.store().support_email}\n"
        f"Expires: {ends.isoformat()}\n"
        "Preferred-Languages: en\n"
        f"Canonical: {config.current().site_url}/.well-known/security.txt\n"
    )


def _text(content: str) -> Response:
    return cache_publicly(Response(content, content_type="text/plain; charset=utf-8"), _DAY)
