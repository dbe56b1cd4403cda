"""How the blog answers: one frame for every page, and what search engines are told of it."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template

from blog import metadata
from core.web.headers import cache_publicly

Way = Sequence[tuple[str, str]]
"""The pages above a page, as pairs of path and name, from the home page down."""

HOME = ("/", "Home")


def page(
    template: str,
    *,
    title: str,
    summary: str,
    path: str,
    way: Way = (),
    described: Sequence[dict[str, Any]] = (),
    indexed: bool = True,
    **content: Any,
) -> str:
    """Render a page that is found at `path`, below the pages of `way`."""
    crumbs = [metadata.breadcrumbs([*way, (path, title)])] if way else []
    return render_template(
        template,
        title=title,
        summary=summary,
        path=path,
        way=way,
        described=[*described, *crumbs],
        indexed=indexed,
        **content,
    )


def public(html: str, *asked: str, seconds: int = 2) -> Response:
    """A page that is the same for everybody, and reads only what is `asked` of its query."""
    return cache_publicly(make_response(html), seconds, asked=asked)


def private(html: str) -> Response:
    """A page that only whoever has its link may see: it is kept and passed on by nobody."""
    answer = make_response(html)
    answer.headers.update(
        {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
    )
    return answer
