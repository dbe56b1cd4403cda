"""What came of each post: readers, who went on to the tool, orders, and sign-ups.

All of it is sums over a time: what pages were opened (`core.web.visits`), what links told of orders
(`shop.takings`), and where people stood when they asked for letters.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, distinct, exists, func, literal, select, union_all
from sqlalchemy.orm import aliased

from blog.models import Post
from core import clock, db
from core.models import Visit
from core.web.visits import CLICK, REFERRER
from newsletter.models import Consent, ConsentEvent
from shop import attribution, catalog, takings

DAYS = 30
"""For how many days it is told, today among them."""


@dataclass(kw_only=True)
class Readership:
    """Of one post: how often it was opened, and what followed from it.

    `takings` are minor units by currency, net of refunds; an order counts as in `shop.takings`.
    `joined` are people who asked for letters on it and confirmed. `hosts` are other sites by how
    many came from them.
    """

    readers: int = 0
    clicks: int = 0
    orders: int = 0
    joined: int = 0
    takings: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Led:
    """A product that a post leads to, and whether it can be bought now."""

    slug: str
    in_stock: bool


def of_posts() -> defaultdict[str, Readership]:
    """Of every post, by its slug; one query."""
    found: defaultdict[str, Readership] = defaultdict(Readership)
    with db.reading() as session:
        rows = session.execute(union_all(*_sums(first_day()))).all()
    for kind, name, detail, count, amount in rows:
        _enter(found, _Sum(kind, name, detail, int(count), int(amount)))
    return found


def products(post: Post) -> list[Led]:
    """What its cards and links lead to, in that order; one query where there is any."""
    cards = [slot["given"].get("slug", "") for slot in post.slots if slot["name"] == "product"]
    slugs = dict.fromkeys([*cards, *_LINK.findall(post.html)])
    there = {offer.slug for offer in catalog.on_sale() if offer.in_stock} if slugs else set()
    return [Led(slug, slug in there) for slug in slugs]


class _Sum(NamedTuple):
    kind: str
    name: str
    detail: str
    times: int
    amount: int


_LINK = re.compile(r'href="/products/([a-z0-9-]+)')
_Sums = Select[str, str, str, int, int]


def first_day() -> datetime:
    """The beginning of the first of these days, in UTC."""
    first = clock.now().astimezone(UTC) - timedelta(days=DAYS - 1)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def _sums(since: datetime) -> Collection[_Sums]:
    return _visits(since), takings.by_way(since), _joined(since)


def _visits(since: datetime) -> _Sums:
    kinds = ("post", CLICK, REFERRER)
    return (
        select(Visit.kind, Visit.name, Visit.detail, func.sum(Visit.count), literal(0))
        .where(Visit.day >= since.date(), Visit.kind.in_(kinds))
        .group_by(Visit.kind, Visit.name, Visit.detail)
    )


def _joined(since: datetime) -> _Sums:
    confirmed = aliased(Consent)
    stayed = exists().where(
        confirmed.subscriber_id == Consent.subscriber_id,
        confirmed.event == ConsentEvent.CONFIRMED,
    )
    people = func.count(distinct(Consent.subscriber_id))
    return (
        select(literal("joined"), Consent.page, literal(""), people, literal(0))
        .where(
            Consent.at >= since,
            Consent.event == ConsentEvent.REQUESTED,
            Consent.page.startswith(_BLOG),
            stayed,
        )
        .group_by(Consent.page)
    )


_BLOG = "/blog/"


def _enter(found: defaultdict[str, Readership], of: _Sum) -> None:
    """One sum, where it belongs to posts."""
    match of.kind:
        case "post":
            found[of.name].readers += of.times
        case "joined":
            found[of.name.removeprefix(_BLOG)].joined += of.times
        case "click":
            for slug in _posts(of.detail):
                found[slug].clicks += of.times
        case "referrer" if of.name.startswith("post:"):
            found[of.name.removeprefix("post:")].hosts[of.detail] += of.times
        case "order":
            for slug in _posts(of.name):
                found[slug].orders += of.times
                found[slug].takings[of.detail] += of.amount


def _posts(way: str) -> set[str]:
    return {step.name for step in attribution.steps(way) if step.kind == "post"}
