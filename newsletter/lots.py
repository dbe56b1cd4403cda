"""Lots: who of an audience is left out of an issue, or gets which form of it, by chance alone.

A lot is a number from 0 to 99, drawn for a reader and an issue by Lehmer's generator. It is the
same in Python and in SQL, is written down nowhere, and another issue draws anew.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, cast, literal

LOTS = 100
PARTS = 10

_MODULUS = 2**31 - 1
_MULTIPLIER = 48_271  # Park, Miller, Stockmeyer: Communications of the ACM 36 (1993), page 108
_AHEAD = 1_000  # steps before the first issue; without them neighbors would draw the same


def lot(reader: int, issue: int) -> int:
    """What a reader draws for an issue."""
    return reader * _step(issue) % _MODULUS * LOTS // _MODULUS


def drawn(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    """The same as an expression over a column of readers' ids."""
    return _point(reader, issue) * LOTS // literal(_MODULUS, BigInteger)


def part(reader: int, issue: int) -> int:
    """A number below `PARTS`, drawn beside the lot: who draws like is spread over all of them.

    Lots are very even, which leaves their own digits too regular to be dealt out by.
    """
    return (reader * _step(issue) % _MODULUS) ** 2 % _MODULUS * PARTS // _MODULUS


def drawn_part(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    """The same as an expression over a column of readers' ids."""
    point = _point(reader, issue)
    return point * point % _MODULUS * PARTS // literal(_MODULUS, BigInteger)


def _point(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    return cast(reader, BigInteger) * literal(_step(issue), BigInteger) % _MODULUS


def _step(issue: int) -> int:
    return pow(_MULTIPLIER, _AHEAD + issue, _MODULUS)
