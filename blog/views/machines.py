"""What machines ask for: which pages there are, what they may read, whom to tell of a weakness."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from blog import anatomy, cards, teasers, topics
from blog import pages as texts
from core import clock, config, settings
from core.web import pictures
from core.web.headers import cache_publicly
from core.web.sitemap import Listed

pages = Blueprint("machines", __name__)

_DAY = 24 * 3600
_CLOSED = (
    *("/staff/", "/cart", "/checkout", "/orders/", "/blog/search", "/blog/comments/"),
    # Ways of two steps and more: the same pages again, without end.
    "/*from=*,",
)


def addresses() -> list[Listed]:
    """The pages of the blog for the map of the site."""
    return [
        *(Listed(path) for path in ("/", "/blog/", "/pain-finder", "/muscles/")),
        *_articles(),
        *(Listed(f"/blog/topics/{topic.slug}") for topic in topics.with_posts()),
        *(Listed(f"/muscles/{muscle}") for muscle in anatomy.muscles()),
        *(Listed(f"/pain-finder/{region}") for region in anatomy.regions()),
        *(Listed(f"/pages/{page.slug}", page.updated_at) for page in texts.every()),
    ]


def _articles() -> Iterator[Listed]:
    """Every post with its card and its pictures; drawings are part of the page and no files."""
    known: dict[str, str | None] = {}
    for slug, changed, figures in teasers.changes():
        for name in figures:
            if name not in known:
                shown = pictures.find(name)
                known[name] = shown.url if shown else None
        files = [url for name in dict.fromkeys(figures) if (url := known[name])]
        yield Listed(f"/blog/{slug}", changed, [cards.path(slug), *files])


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
