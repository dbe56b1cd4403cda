"""Takes an import back: removes whom it brought, unless they have done something since.

Nobody loses what is their own doing: whoever confirmed, left, chose something or bought since stays
and is named with the reason. What the import filled in or tied to people who were known before is
undone too. Receipts are never lost: of whoever is removed they stay with the import's entry, under
the hash of the address alone.
"""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from core import clock, db, events
from newsletter import consents, offers, personal_data, segments
from newsletter.admissions import Fate
from newsletter.consents import Circumstances
from newsletter.events import UNDONE, Left
from newsletter.models import (
    DEFAULT_PACE,
    Consent,
    ConsentEvent,
    ImportEntry,
    ImportRun,
    Standing,
    Subscriber,
)

_AT_ONCE = 500


class End(StrEnum):
    """What became of a person when the import was undone."""

    REMOVED = "removed"
    """The import had brought them."""
    RESTORED = "restored"
    """They were known before; what the import did to them is undone."""
    LEFT = "left"
    """They stay as they are, since they did something themselves."""


class AlreadyUndone(Exception):
    """The import was undone before."""


def runs() -> Sequence[ImportRun]:
    """Every import, newest first."""
    with db.reading() as session:
        return session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(200)).all()


def find(number: int) -> ImportRun:
    """An import. Raises `LookupError`."""
    told = undefer(ImportRun.changes), undefer(ImportRun.faults)
    with db.reading() as session:
        run = session.get(ImportRun, number, options=told)
    if run is None:
        raise LookupError(f"there is no import {number}")
    return run


def undo(number: int) -> dict[str, int]:
    """Undo an import; how many people of each `End`. One that was cut short goes on where it was.

    Raises `AlreadyUndone`, `LookupError`.
    """
    if find(number).undone_at is not None:
        raise AlreadyUndone(f"import {number} was undone before")
    while _undo_some(number):
        pass
    with db.transaction(shown=False) as session:
        run = session.get_one(ImportRun, number, with_for_update=True)
        ends = select(ImportEntry.end, func.count()).where(ImportEntry.run_id == number)
        counts = dict(session.execute(ends.group_by(ImportEntry.end)).all())
        run.undone_at = clock.now()
        ended = {end.value: counts.get(end.value, 0) for end in End}
        run.undone = ended
        return ended


def left(number: int) -> Sequence[tuple[Subscriber, str]]:
    """Whom undoing an import left as they were, and why."""
    stay = (
        select(Subscriber, ImportEntry.why)
        .join(ImportEntry, ImportEntry.subscriber_id == Subscriber.id)
        .where(ImportEntry.run_id == number, ImportEntry.end == End.LEFT.value)
    )
    with db.reading() as session:
        rows = session.execute(stay.order_by(Subscriber.email).limit(1000))
        return [(person, why or "") for person, why in rows]


def _undo_some(number: int) -> int:
    """Undo the next entries, in a transaction of their own; how many."""
    open_ones = (
        select(ImportEntry, Subscriber)
        .join(Subscriber, Subscriber.id == ImportEntry.subscriber_id)
        .where(ImportEntry.run_id == number, ImportEntry.end.is_(None))
        .order_by(ImportEntry.id)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    with db.transaction(shown=False) as session:
        found = session.execute(open_ones).all()
        done = _what_they_did([person for _, person in found])
        ends = defaultdict(list)
        for entry, person in found:
            entry.why = _own_deed(entry, person, *done.get(person.id, (0, False)))
            end = End.LEFT if entry.why else End.REMOVED if entry.brought else End.RESTORED
            entry.end = end.value
            ends[end].append((entry, person))
        _restore(ends[End.RESTORED])
        _remove(ends[End.REMOVED])
        session.flush()
        return len(found)


def _what_they_did(people: Sequence[Subscriber]) -> dict[int, tuple[int, bool]]:
    """Of each person the number of their last receipt, and whether they ever bought."""
    buyers = offers.buyers_among({person.email for person in people})
    rows = db.session().execute(
        select(Consent.subscriber_id, func.max(Consent.number))
        .where(Consent.subscriber_id.in_([person.id for person in people]))
        .group_by(Consent.subscriber_id)
    )
    last: dict[int, int] = dict(rows.all())
    return {person.id: (last.get(person.id, 0), person.email in buyers) for person in people}


def _own_deed(entry: ImportEntry, person: Subscriber, receipt: int, bought: bool) -> str | None:  # noqa: FBT001 - a row's own columns
    """What a person did themselves since, in words; None for nothing."""
    if entry.receipt and receipt > entry.receipt:
        return _STANDINGS.get(person.standing, "changed their consent since")
    if entry.fate == Fate.ALREADY.value:
        return None
    standing = Standing.CONFIRMED if entry.fate == Fate.CONFIRMED.value else Standing.PENDING
    if person.standing is not standing:
        return _STANDINGS.get(person.standing, "changed their consent since")
    if bought and entry.brought:
        return "bought"
    given = {"name": None, **entry.given} if entry.brought else entry.given
    chosen = {name: getattr(person, name) for name in given}
    paced = entry.brought and (person.pace_days != DEFAULT_PACE or person.paused_until is not None)
    return "changed their preferences since" if chosen != given or paced else None


_STANDINGS = {
    Standing.CONFIRMED: "confirmed since",
    Standing.UNSUBSCRIBED: "unsubscribed since",
    Standing.BOUNCED: "mail to them came back",
    Standing.COMPLAINED: "reported a letter as spam",
}


def _remove(leaving: Sequence[tuple[ImportEntry, Subscriber]]) -> None:
    chains = consents.chains([person.id for _, person in leaving])
    for entry, person in leaving:
        entry.proof = [consents.kept(receipt) for receipt in chains.get(person.id, ())]
        entry.subscriber_id = None
        entry.before, entry.given = {}, {}
    db.session().flush()
    personal_data.forget([person for _, person in leaving])


def _restore(staying: Sequence[tuple[ImportEntry, Subscriber]]) -> None:
    """Take back what the import filled in, tied and confirmed; what changed since stays."""
    tied = defaultdict(list)
    unconfirmed = []
    for entry, person in staying:
        for name, value in entry.given.items():
            if getattr(person, name) == value:
                setattr(person, name, entry.before[name])
        for tag in entry.tags:
            tied[tag].append(person.id)
        if entry.fate == Fate.CONFIRMED.value:
            person.standing, person.confirmed_at = Standing.PENDING, None
            person.membership += 1
            unconfirmed.append(person)
    for tag, people in tied.items():
        segments.untag_all(Subscriber.id.in_(people), tag)
    _withdraw(unconfirmed)


def _withdraw(people: Sequence[Subscriber]) -> None:
    how = Circumstances(
        page="/staff/subscribers/imports", method="staff", wording="The import was undone."
    )
    consents.record_all([(person, ConsentEvent.WITHDRAWN, how) for person in people])
    if people:
        events.tell(Left(tuple(person.id for person in people), UNDONE))
