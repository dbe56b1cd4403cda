"""A busy year of the shop: 50,000 orders and what hangs on them, written straight to tables."""

from random import Random
from typing import Any

from sqlalchemy import insert, select

from blog.models import Post
from core import clock, db
from core.db import Base
from shop.models import Variant
from tests.bench import readers, sales
from tests.bench.readers import Rows
from tests.bench.sales import ORDERS

_CHUNK = 2_000


def fill() -> None:
    """Fill a sample shop; the same every time, but for the clock."""
    chance, now = Random(11), clock.now()
    with db.transaction() as session:
        variants = session.scalars(select(Variant).order_by(Variant.id)).all()
        for first in range(1, ORDERS + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, ORDERS + 1))
            _write(row for number in numbers for row in sales.order(number, now, variants, chance))
        _write(readers.subscribers(now))
        _write(readers.issues(now))
        _write(readers.copies(session.scalars(select(Post)).all()))


def _write(rows: Rows) -> None:
    """Insert rows, those of one table together, what others refer to first."""
    tables: dict[type[Base], list[dict[str, Any]]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    for table in sorted(tables, key=lambda each: _RANK.index(each.__tablename__)):
        db.session().execute(insert(table), tables[table])


_RANK = [table.name for table in Base.metadata.sorted_tables]
