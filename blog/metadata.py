"""What machines read on a page: schema.org descriptions as JSON-LD."""

from collections.abc import Sequence
from typing import Any

from blog import cards
from blog.models import Post
from core import config, settings


def blog_posting(post: Post) -> dict[str, Any]:
    """A post as search engines know it, with all that Google recommends of an article.

    https://developers.google.com/search/docs/appearance/structured-data/article (read 2026-11-30)
    """
    published = post.published_at or post.updated_at
    return {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title,
        "description": post.summary,
        "url": _address(f"/blog/{post.slug}"),
        "mainEntityOfPage": _address(f"/blog/{post.slug}"),
        "datePublished": published.isoformat(),
        "dateModified": max(post.updated_at, published).isoformat(),
        "image": [_address(cards.path(post.slug))],
        "wordCount": post.words,
        "inLanguage": "en-US",
        "author": {
            "@type": "Organization",
            "name": post.author,
            "url": _address("/pages/about"),
        },
        "publisher": {"@type": "Organization", "name": settings.store().name},
        "articleSection": [topic.title for topic in post.topics],
        **({"editor": {"@type": "Person", "name": post.reviewer}} if post.reviewer else {}),
    }


def breadcrumbs(steps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The way to a page, from pairs of path and name (https://schema.org/BreadcrumbList)."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": _address(path)}
            for position, (path, name) in enumerate(steps, 1)
        ],
    }


def _address(path: str) -> str:
    return config.current().site_url + path
