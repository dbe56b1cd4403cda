"""How the blog answers: one frame for every page, and what search engines are told of it."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template, request

from blog import metadata
from core.web.headers import cache_publicly
from shop import attribution, ways
from shop.ways import Goal

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
    source: str = "",
    **content: Any,
) -> str:
    """Render a page that is found at `path`, below the pages of `way`.

    `source` is what `attribution` knows it by: its links tell it, and what had led here.
    """
    crumbs = [metadata.breadcrumbs([*way, (path, title)])] if way else []
    led = came_by(source) if source else ""
    html = render_template(
        template,
        title=title,
        summary=summary,
        path=path,
        way=way,
        described=[*described, *crumbs],
        indexed=indexed,
        source=led,
        **content,
    )
    if not source:
        return html
    return ways.carry(html, led, _goals(source) if led == source else ways.ALL)


def came_by(source: str) -> str:
    """The way to the page `source`: what its address tells, and itself."""
    return attribution.via(request.args.get("from"), source)


def public(html: str, *asked: str, seconds: int = 2) -> Response:
    """A page that is the same for everybody, and reads only what is `asked` of its query.

    What led here is always asked: the links of the page tell it.
    """
    return cache_publicly(make_response(html), seconds, asked=("from", *asked))


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


def _goals(source: str) -> frozenset[Goal]:
    """To which pages a way is told that begins at `source`.

    Search engines should find pages by plain addresses. So the way is told where it would be lost:
    before the tool, and before pages that are no more than `muscles` or `finder` on an order.
    """
    match source.partition(":")[0]:
        case "post" | "page":
            return frozenset({Goal.PRODUCT, Goal.MUSCLE, Goal.FINDER})
        case "finder":
            return frozenset({Goal.PRODUCT, Goal.MUSCLE, Goal.POST})
        case _:
            return frozenset({Goal.PRODUCT})
