"""Brings people in from a file: says first what would change, and does it in one go.

It begins no sequence unless told to, and can be undone, see `newsletter.import_rollbacks`.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from io import StringIO
from itertools import chain, islice
from typing import TextIO

from sqlalchemy import delete, select

from core import clock, db
from newsletter import admissions, rosters
from newsletter.admissions import Change, Fate, Outcome
from newsletter.models import ImportRun
from newsletter.models import Sequence as Path
from newsletter.rosters import Fault, Row

MOST_SHOWN = 5_000
"""Changes and faults that are kept to be looked at."""
KEPT = timedelta(days=1)
"""For how long a file waits that was looked at and not imported."""
_CHUNK = 500


class NotWaiting(Exception):
    """There is no file of this number that waits to be imported."""


class _DryRun(Exception):
    """Takes back what a dry run wrote."""


def read(
    file: TextIO, *, origin: str, start: str | None = None, by: str = "", dry_run: bool = False
) -> Outcome:
    """Import the people in `file`; `origin` names it in their receipts, `by` is whose deed it is.

    A row with evidence of consent is confirmed, one without is asked to confirm. With `start`,
    whoever is confirmed begins that sequence. A dry run counts and changes nothing.
    Raises `ValueError` where no column holds addresses, `LookupError` for an unknown sequence.
    """
    rows = _rows(file, start)
    if dry_run:
        return _take_all(rows, Outcome(), origin, start, dry_run=True)
    outcome = Outcome(run=_begin(origin, by, start))
    return _take_all(rows, outcome, origin, start)


def examine(text: str, *, origin: str, by: str, start: str | None = None) -> int:
    """Keep a file with what it would do, until it is imported or a day is over; its number.

    Raises as `read` does.
    """
    outcome = read(StringIO(text), origin=origin, start=start, dry_run=True)
    with db.transaction(shown=False) as session:
        run = session.get_one(ImportRun, _begin(origin, by, start))
        run.content, run.changes = text, [_kept(each) for each in outcome.changes[:MOST_SHOWN]]
        run.counts, run.faults = _counts(outcome), outcome.errors[:MOST_SHOWN]
        return run.id


def carry_out(number: int) -> Outcome:
    """Import a file that was examined. Raises `NotWaiting`."""
    with db.transaction(shown=False) as session:
        run = session.get(ImportRun, number, with_for_update=True)
        if run is None or run.content is None:
            raise NotWaiting(f"no file {number} waits to be imported")
        text, run.content, run.changes, run.at = run.content, None, None, clock.now()
        origin, start = run.file, run.start
    return _take_all(_rows(StringIO(text), start), Outcome(run=number), origin, start)


def discard(number: int) -> None:
    """Forget a file that was examined and is not to be imported. Raises `NotWaiting`."""
    with db.transaction(shown=False):
        waits = ImportRun.id == number, ImportRun.content.is_not(None)
        if db.changed(delete(ImportRun).where(*waits)) == 0:
            raise NotWaiting(f"no file {number} waits to be imported")


def forget() -> int:
    """Forget files that nobody imported for a day; how many."""
    with db.transaction(shown=False):
        old = ImportRun.content.is_not(None), ImportRun.at < clock.now() - KEPT
        return db.changed(delete(ImportRun).where(*old))


def _rows(file: TextIO, start: str | None) -> Iterator[Row | Fault]:
    """The rows of a file, whose columns have been looked at. Raises as `read` does."""
    rows = rosters.read(file)
    first = list(islice(rows, 1))
    with db.reading() as session:
        known = session.scalar(select(Path.id).where(Path.name == start)) if start else None
    if start and known is None:
        raise LookupError(f"no sequence is called {start!r}")
    return chain(first, rows)


def _take_all(
    rows: Iterator[Row | Fault],
    outcome: Outcome,
    origin: str,
    start: str | None,
    *,
    dry_run: bool = False,
) -> Outcome:
    seen: set[str] = set()
    while chunk := list(islice(rows, _CHUNK)):
        with suppress(_DryRun), db.transaction(shown=False) as session:
            admissions.take(_once(chunk, seen, outcome), outcome, origin, start)
            if dry_run:
                raise _DryRun
            run = session.get_one(ImportRun, outcome.run)
            run.counts, run.faults = _counts(outcome), outcome.errors[:MOST_SHOWN]
    return outcome


def _once(found: Iterable[Row | Fault], seen: set[str], outcome: Outcome) -> list[Row]:
    """The rows whose person has not come before in this file; faults are counted."""
    rows = []
    for each in found:
        if isinstance(each, Fault):
            outcome.errors.append(each.said)
        elif each.email in seen:
            outcome.errors.append(f"line {each.line}: {each.email} stands in the file twice")
        else:
            seen.add(each.email)
            rows.append(each)
    return rows


def _begin(origin: str, by: str, start: str | None) -> int:
    with db.transaction(shown=False) as session:
        run = ImportRun(file=origin[:200], by=by, start=start or None, at=clock.now())
        run.counts, run.faults = {}, []
        session.add(run)
        session.flush()
        return run.id


def _counts(outcome: Outcome) -> dict[str, int]:
    return {fate.value: outcome.of(fate) for fate in Fate} | {"errors": len(outcome.errors)}


def _kept(change: Change) -> dict[str, object]:
    return asdict(change) | {"fate": change.fate.value, "alters": list(change.alters)}
