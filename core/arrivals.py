"""What comes from another shop: taken once, taken anew where that shop tells otherwise, counted.

What was told before changes nothing when it is told again, whatever staff made of it since.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.exc import DataError, IntegrityError

from core import clock, db
from core.models import Arrival
from core.tables import Row


class Fate(StrEnum):
    """What became of a thing that was told."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class LeftOut(Exception):
    """The thing has no place here, and nothing is wrong with it; the text says why, in short."""


@dataclass(kw_only=True)
class Tally:
    """What became of all things of a kind; `refusals` and `notes` name file, line and reason."""

    what: str
    fates: Counter[Fate] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, row: Row, text: str) -> None:
        """Tell staff what they should look at."""
        self.notes.append(f"{row.place}: {text}")


def take(
    tally: Tally, things: Iterable[Sequence[Row]], keep: Callable[[Sequence[Row]], Fate]
) -> None:
    """Let `keep` take each thing, of one row or several; one that it refuses leaves no trace.

    `keep` raises `ValueError` with the reason, or `LeftOut`. Inside a transaction.
    """
    for rows in things:
        try:
            with db.attempt():
                fate = keep(_sound(rows))
        except LeftOut as reason:
            tally.left_out[str(reason)] += 1
        except ValueError as error:
            tally.refusals.append(f"{rows[0].place}: {error}")
        except (DataError, IntegrityError) as error:
            tally.refusals.append(f"{rows[0].place}: {str(error.orig).splitlines()[0]}")
        else:
            tally.fates[fate] += 1


def remember(kind: str, name: str, told: object) -> Fate:
    """Whether a thing is new, changed or the same as told before; from now on it is `told`.

    `told` is a value whose `repr` says all of it, such as a frozen dataclass.
    """
    digest = sha256(repr(told).encode()).hexdigest()
    with db.transaction() as session:
        known = session.get(Arrival, (kind, _short(name)))
        if known is None:
            session.add(Arrival(kind=kind, name=_short(name), digest=digest, at=clock.now()))
            return Fate.NEW
        if known.digest == digest:
            return Fate.SAME
        known.digest, known.at = digest, clock.now()
    return Fate.CHANGED


def _sound(rows: Sequence[Row]) -> Sequence[Row]:
    for row in rows:
        if row.fault:
            raise ValueError(row.fault if row is rows[0] else f"line {row.line}: {row.fault}")
    return rows


def _short(name: str) -> str:
    return name if len(name) <= 200 else sha256(name.encode()).hexdigest()
