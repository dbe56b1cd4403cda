"""Pages of a long list by key: the next one begins after the last row shown, however many came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from core import db

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows and the key after which the next one begins, or None at the end."""

    rows: Sequence[Row]
    after: int | None


def newest_first(
    statement: Select[Any], key: InstrumentedAttribute[int], *, after: int | None, size: int = 50
) -> "Page[Any]":
    """The rows of `statement` by falling `key`, from below `after`; one query."""
    below: ColumnElement[bool] | None = key < after if after is not None else None
    narrowed = statement if below is None else statement.where(below)
    asked = narrowed.order_by(key.desc()).limit(size + 1)
    rows = db.session().scalars(asked).unique().all()
    shown = rows[:size]
    return Page(shown, getattr(shown[-1], key.key) if len(rows) > size else None)
