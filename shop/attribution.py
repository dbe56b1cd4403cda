"""Attribution: what led to an order, carried in links and frozen on the order, without cookies.

A source is written `kind:name`, a sequence's `sequence:version:position`, as in the mail ledger;
after it may stand the place of the link on the page, such as `post:psoas-trigger-points:card-2`.
Where one page led to another, `via` joins them, oldest first: `newsletter:12,post:the-ql:text-1`;
`ways` lets the links of a page tell it.

No muscle and no part of the body is kept: beside a buyer's name it would be said of their health.
What a link says of one becomes `muscles` or `finder`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shop.models import Order

MOST = 160
"""Characters that a whole way may have; a longer one loses its middle: how it began and what led to
the product are what staff ask for."""

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PLACE = rf"(?::(?P<place>{_SLUG}))?"
_NAMED = rf"(?P<kind>post|page|topic|product):(?P<name>{_SLUG}){_PLACE}"
_ISSUE = rf"(?P<kind>newsletter):(?P<name>\d{{1,9}}){_PLACE}"
_STEP = rf"(?P<kind>sequence):(?P<name>\d{{1,9}}:\d{{1,3}}){_PLACE}"
_ALONE = rf"(?P<kind>home|finder|muscles|blog|archive|restock){_PLACE}"
_OF_THE_BODY = re.compile(rf"(?P<kind>muscle|region):{_SLUG}(?::{_SLUG})?")
_KEPT_AS = {"muscle": "muscles", "region": "finder"}
_SHAPES = [re.compile(shape) for shape in (_NAMED, _ISSUE, _STEP, _ALONE)]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that led on; `at` is None where a link tells no time."""

    kind: str
    name: str = ""
    place: str = ""
    at: datetime | None = None

    @property
    def source(self) -> str:
        """It without its place: what is counted."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


_others: list[Callable[[Order], Iterable[Step]]] = []


def read(entered: str | None) -> str | None:
    """A way as a link carried it; unknown sources are left out, and nothing is left as None."""
    written = [_unnamed(each) for each in (entered or "")[: 4 * MOST].split(",")]
    known = [each for each in written if _step(each)]
    while len(",".join(known)) > MOST:
        del known[1 if len(known) > 2 else 0]
    return ",".join(known) or None


def via(before: str | None, source: str) -> str:
    """The way that goes on at `source`.

    It begins where it began; of what follows, nothing is said twice, however often somebody went to
    and fro.
    """
    first, *rest = (read(before) or source).split(",")
    onward = [each for each in rest if each not in (first, source)]
    if first == source and not onward:
        return source
    return read(",".join((first, *onward, source))) or source


def steps(way: str | None) -> list[Step]:
    """The steps of a way, oldest first."""
    return [step for each in (way or "").split(",") if (step := _step(_unnamed(each)))]


def ways(order: Order) -> list[Step]:
    """All that is known to have led to an order: its link's way, then what others joined."""
    return [*steps(order.source), *(step for other in _others for step in other(order))]


def join(other: Callable[[Order], Iterable[Step]]) -> None:
    """Let another package tell what led to an order, such as clicks in mail by its recipient."""
    if other not in _others:
        _others.append(other)


def _unnamed(written: str) -> str:
    """The same without the muscle or the part of the body that it names."""
    found = _OF_THE_BODY.fullmatch(written)
    return _KEPT_AS[found["kind"]] if found else written


def _step(written: str) -> Step | None:
    for shape in _SHAPES:
        if found := shape.fullmatch(written):
            parts = found.groupdict()
            return Step(
                kind=parts["kind"], name=parts.get("name") or "", place=parts["place"] or ""
            )
    return None
