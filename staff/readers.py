"""Readers of the whole site in 30 days: pages opened, sites they came from, ways to the tool."""

from collections.abc import Iterable

from flask import Blueprint
from sqlalchemy import func, select

from core import db
from core.models import Visit
from core.web.visits import CLICK, REFERRER
from shop import attribution
from staff import readership, sources
from staff.frame import page

pages = Blueprint("readers", __name__)

_PAGES = {
    "home": "The home page",
    "post": "Posts",
    "finder": "The pain finder",
    "muscles": "Pages on muscles",
    "product": "Pages of products",
}
_MOST = 20  # lines of a list

Bar = tuple[str, int, str]
"""A name, a number, and the number as it is read."""


@pages.get("/readers")
def index() -> str:
    """What was opened, from where, and what led to the tool: sums of all readers together."""
    sums = _sums()
    ways = {
        source: count
        for (kind, source), count in sums.items()
        if kind == CLICK and attribution.steps(source)
    }
    names = sources.named(step for source in ways for step in attribution.steps(source))
    return page(
        "readers.html",
        days=readership.DAYS,
        opened=_bars((label, sums.get((kind, ""), 0)) for kind, label in _PAGES.items()),
        hosts=_bars((host, n) for (kind, host), n in sums.items() if kind == REFERRER),
        ways=_bars((names[source].title, count) for source, count in ways.items()),
    )


def _sums() -> dict[tuple[str, str], int]:
    """Openings by kind and detail, whichever page it was."""
    counted = (
        select(Visit.kind, Visit.detail, func.sum(Visit.count))
        .where(
            Visit.day >= readership.first_day().date(),
            Visit.kind.in_((*_PAGES, CLICK, REFERRER)),
        )
        .group_by(Visit.kind, Visit.detail)
    )
    with db.reading() as session:
        rows = session.execute(counted).all()
    return {(kind, detail): int(count) for kind, detail, count in rows}


def _bars(counts: Iterable[tuple[str, int]]) -> list[Bar]:
    """The most first."""
    ranked = sorted(counts, key=lambda each: -each[1])[:_MOST]
    return [(name, count, f"{count:,}") for name, count in ranked]
