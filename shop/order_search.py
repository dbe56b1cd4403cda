"""The search for orders: by how far they are, by what they carry, and by words."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    column,
    false,
    func,
    literal_column,
    select,
    table,
    union,
)
from sqlalchemy.orm import joinedload, selectinload

from core import db
from core.web.paging import Page, newest_first
from shop import takings
from shop.models import (
    SHIPPABLE,
    TO_FULFIL,
    DisputeState,
    Fulfilment,
    Order,
    OrderState,
    OrderTag,
    Progress,
)

_PIECE = 500  # orders read at once, so that any number of them takes little memory


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which orders; what is empty asks for nothing.

    Each of `words` begins one of the number, the e-mail address and the name, or of a parcel's
    tracking number. Placed from `since` on and before `until`. `source` is among what led to it
    (`shop.takings`).
    """

    states: Collection[OrderState] = ()
    progress: Collection[Progress] = ()
    disputes: Collection[DisputeState] = ()
    to_ship: bool = False
    tag: str = ""
    country: str = ""
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    words: str = ""


def find(
    wanted: Wanted, *, after: int | None = None, size: int = 50, lines: bool = True
) -> Page[Order]:
    """A page of orders with their lines and tags, the newest first, from below `after`.

    Without `lines`, tags neither, it is a query less.
    """
    statement = _narrowed(wanted)
    if lines:
        statement = statement.options(selectinload(Order.lines), joinedload(Order.tags))
    return newest_first(statement, Order.id, after=after, size=size)


def every(wanted: Wanted) -> Iterator[Order]:
    """All such orders with what belongs to them, the newest first, read in pieces."""
    parts = (Order.lines, Order.tags, Order.fulfilments)
    whole = _narrowed(wanted).options(*(selectinload(part) for part in parts))
    after = None
    while True:
        with db.reading():
            piece = newest_first(whole, Order.id, after=after, size=_PIECE)
        yield from piece.rows
        after = piece.after
        if after is None:
            return


def chosen(order_ids: Collection[int]) -> Sequence[Order]:
    """These orders with what belongs to them, oldest first."""
    parts = (Order.lines, Order.fulfilments)
    mine = select(Order).where(Order.id.in_(order_ids)).order_by(Order.id)
    with db.reading() as session:
        return session.scalars(mine.options(*(selectinload(part) for part in parts))).all()


def numbered(numbers: Collection[str]) -> dict[str, Order]:
    """The orders that have these numbers, with their lines."""
    mine = select(Order).where(Order.number.in_(numbers)).options(selectinload(Order.lines))
    with db.reading() as session:
        return {order.number or "": order for order in session.scalars(mine)}


def _narrowed(wanted: Wanted) -> Select[Any]:
    return select(Order).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.states:
        yield Order.state.in_(wanted.states)
    if wanted.progress:
        yield Order.progress.in_(wanted.progress)
    if wanted.disputes:
        yield Order.dispute.in_(wanted.disputes)
        yield Order.dispute.is_not(None)
    if wanted.to_ship:
        # Written out: a bound value would hide that the index of these rows serves.
        yield Order.state.in_([db.literally(state, Order.state) for state in SHIPPABLE])
        yield Order.progress.in_([db.literally(step, Order.progress) for step in TO_FULFIL])
    yield from _carried(wanted)
    if wanted.since:
        yield Order.placed_at >= wanted.since
    if wanted.until:
        yield Order.placed_at < wanted.until
    if wanted.words.strip():
        yield _says(wanted.words.strip())


def _carried(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.tag:
        yield Order.id.in_(select(OrderTag.order_id).where(OrderTag.tag == wanted.tag))
    if wanted.country:
        yield Order.country == wanted.country
    if wanted.source:
        yield takings.led_by(wanted.source)


def _says(words: str) -> ColumnElement[bool]:
    """Each word begins one in what is known of the order, or in the number of one of its parcels.

    What stands without a space between, such as an address, has to follow one another there.
    """
    phrases = [_PIECES.findall(word.lower()) for word in words.split()]
    phrases = [pieces for pieces in phrases if pieces]
    on_postgresql = db.session().get_bind().dialect.name == "postgresql"
    look = _on_postgresql if on_postgresql else _on_sqlite
    return Order.id.in_(union(*look(phrases))) if phrases else false()


_PIECES = re.compile(r"[^\W_]+")
# As the indexes are written, which serve only what reads the same.
_ORDER_WORDS, _PARCEL_WORDS = (
    f"to_tsvector('simple'::regconfig, translate({text}, '@._-+/:', '       '))"
    for text in (
        "coalesce(number, '') || ' ' || coalesce(email, '') || ' ' || coalesce(name, '')",
        "coalesce(tracking_number, '')",
    )
)
_Ids = Select[*tuple[Any, ...]]


def _on_sqlite(phrases: list[list[str]]) -> Iterator[_Ids]:
    wanted = " AND ".join(f'"{" ".join(pieces)}" *' for pieces in phrases)
    yield _matching("order_index", wanted)
    parcels = Fulfilment.id.in_(_matching("parcel_index", wanted))
    yield select(Fulfilment.order_id).where(parcels)


def _matching(index: str, wanted: str) -> _Ids:
    name: ColumnElement[Any] = literal_column(index)
    has = name.op("MATCH", is_comparison=True)(wanted)
    return select(column("rowid")).select_from(table(index)).where(has)


def _on_postgresql(phrases: list[list[str]]) -> Iterator[_Ids]:
    wanted = " & ".join(f"({' <-> '.join(pieces)}:*)" for pieces in phrases)
    query = func.to_tsquery(literal_column("'simple'::regconfig"), wanted)
    for order_id, words in ((Order.id, _ORDER_WORDS), (Fulfilment.order_id, _PARCEL_WORDS)):
        vector: ColumnElement[Any] = literal_column(words)
        yield select(order_id).where(vector.op("@@", is_comparison=True)(query))
