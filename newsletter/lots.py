"""Lots: who of an audience is left out of an issue, or gets which form of it, by chance alone.

A lot is a number from 0 to 99, drawn for a reader and an issue. It is the same in Python and in
SQL, is written down nowhere, and another issue draws anew. Sequences draw like issues, by numbers
that no issue has.

A reader's number is stretched and moved by what Lehmer's generator gives for the issue, and then
raised to its fifth power, modulo a prime to which that is a shuffle (5 has no part in the prime
less one). Without the power some issues would draw alike for thousands of readers in a row.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, cast, literal

LOTS = 100
PARTS = 10

_MODULUS = 2**31 - 1
_MULTIPLIER = 48_271  # Park, Miller, Stockmeyer: Communications of the ACM 36 (1993), page 108
_AHEAD = 1_000  # steps before the first issue; without them neighbors would draw the same
_APART = 1_000_000_000  # steps between what stretches and what moves
_SEQUENCES = 500_000_000  # no issue has so high a number


def of_sequence(number: int) -> int:
    """The number by which a sequence draws, as an issue does by its own."""
    return _SEQUENCES + number


def lot(reader: int, issue: int) -> int:
    """What a reader draws for an issue."""
    return _point(reader, issue) * LOTS // _MODULUS


def drawn(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    """The same as an expression over a column of readers' ids."""
    return _drawn_point(reader, issue) * LOTS // literal(_MODULUS, BigInteger)


def is_held_out(
    reader: SQLColumnExpression[Any], sequence: int, percent: int
) -> ColumnElement[bool]:
    """Whether a reader is among so many percent who get nothing of a sequence."""
    return drawn(reader, of_sequence(sequence)) < percent


def part(reader: int, issue: int) -> int:
    """A number below `PARTS`, drawn beside the lot: who draws like is spread over all of them."""
    return _point(reader, issue) ** 2 % _MODULUS * PARTS // _MODULUS


def drawn_part(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    """The same as an expression over a column of readers' ids."""
    point = _drawn_point(reader, issue)
    return point * point % _MODULUS * PARTS // literal(_MODULUS, BigInteger)


def _point(reader: int, issue: int) -> int:
    return pow(reader * _step(issue) + _step(issue + _APART), 5, _MODULUS)


def _drawn_point(reader: SQLColumnExpression[Any], issue: int) -> ColumnElement[int]:
    """Every product stays below two to the 62nd power."""
    stretch, move = (literal(_step(at), BigInteger) for at in (issue, issue + _APART))
    moved = (cast(reader, BigInteger) * stretch + move) % _MODULUS
    squared = moved * moved % _MODULUS
    return squared * squared % _MODULUS * moved % _MODULUS


def _step(issue: int) -> int:
    return pow(_MULTIPLIER, _AHEAD + issue, _MODULUS)
