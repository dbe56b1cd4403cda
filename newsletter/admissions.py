"""Lets people in from a file: decides what becomes of each, and does it for many at once.

It adds consent with its evidence, or asks for it; it revives nobody who left or was shut out. What
is done to each person is kept, so that `newsletter.import_rollbacks` can undo it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import insert, literal, select

from core import clock, db
from core.mail import hashes, ledger
from newsletter import address_changes, consents, enrolments, subscribers, suppression
from newsletter.consents import Circumstances
from newsletter.models import (
    DEFAULT_PACE,
    Consent,
    ConsentEvent,
    ImportEntry,
    Standing,
    Subscriber,
    SubscriberTag,
)
from newsletter.rosters import Row

SOURCE = "import"
"""Where people came from who were not known before."""


class Fate(StrEnum):
    """What an import does with a person."""

    CONFIRMED = "confirmed"
    """They are on the list at once, as there is evidence of their consent."""
    ASKED = "asked"
    """They are asked to confirm."""
    ALREADY = "already"
    """They are on the list, or were asked before."""
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    """The file itself says that they want no letters."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one person: their fate, and what it alters of them, in words."""

    line: int
    email: str
    fate: Fate
    alters: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Outcome:
    """What an import did, or would do: how many people of each fate, and the lines with errors.

    `changes` tells of each person to whom something happens. `run` is the import's number, by
    which it can be undone; None for a dry run.
    """

    confirmed: int = 0
    asked: int = 0
    already: int = 0
    unsubscribed: int = 0
    suppressed: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    run: int | None = None

    def of(self, fate: Fate) -> int:
        """How many people had this fate."""
        count: int = getattr(self, fate.value)
        return count

    def add(self, change: Change) -> None:
        """Count a person."""
        setattr(self, change.fate.value, self.of(change.fate) + 1)
        if change.fate in (Fate.CONFIRMED, Fate.ASKED) or change.alters:
            self.changes.append(change)


def alterations(given: Mapping[str, Any], tags: Sequence[str]) -> tuple[str, ...]:
    """What an import fills in and ties to a person, in words."""
    values = (f"{_SAID.get(name, name)}: {value}" for name, value in given.items())
    return (*values, *(f"tag: {tag}" for tag in tags))


_SAID = {"zone": "time zone"}


def take(rows: Sequence[Row], outcome: Outcome, origin: str, start: str | None) -> None:
    """Let these people in, or count why not, in the transaction under way; each comes but once."""
    shut = suppression.among({hashes.keyed_hash(row.email) for row in rows})
    moved = address_changes.left_behind([row.email for row in rows])
    welcome = []
    for row in rows:
        if row.refused:
            outcome.add(Change(line=row.line, email=row.email, fate=Fate.REFUSED))
        elif row.email in moved:
            outcome.add(Change(line=row.line, email=row.email, fate=Fate.ALREADY))
        elif hashes.keyed_hash(row.email) in shut:
            outcome.add(Change(line=row.line, email=row.email, fate=Fate.SUPPRESSED))
        else:
            welcome.append(row)
    fresh = _add(welcome)
    people = _People(welcome, fresh)
    deeds = [people.deed(row) for row in welcome]
    _carry_out(deeds, outcome, origin, start)


@dataclass
class _Deed:
    """What happens to one person, and how they were before."""

    row: Row
    person: Subscriber
    fate: Fate
    brought: bool
    tags: list[str]
    before: dict[str, Any]
    given: dict[str, Any]

    @property
    def alters(self) -> tuple[str, ...]:
        """What is filled in, in words."""
        return alterations(self.given, self.tags)


class _People:
    """Whom the rows of a chunk mean, with what is known of them: one question for each kind."""

    def __init__(self, rows: Sequence[Row], fresh: Collection[str]) -> None:
        session = db.session()
        mine = select(Subscriber).where(Subscriber.email.in_([row.email for row in rows]))
        self._people = {each.email: each for each in session.scalars(mine.with_for_update())}
        self._fresh = fresh
        known = [each.id for each in self._people.values() if each.email not in fresh]
        theirs = SubscriberTag.subscriber_id.in_(known)
        tags = select(SubscriberTag.subscriber_id, SubscriberTag.name).where(theirs)
        self._tags = {(person, tag) for person, tag in session.execute(tags)}
        asked = select(Consent.subscriber_id).where(Consent.subscriber_id.in_(known)).distinct()
        self._asked = set(session.scalars(asked))

    def deed(self, row: Row) -> _Deed:
        """What happens to the person of a row."""
        person = self._people[row.email]
        fate = self._fate(row, person)
        described = fate in (Fate.CONFIRMED, Fate.ASKED) or (
            fate is Fate.ALREADY and person.standing is Standing.CONFIRMED
        )
        tags = [tag for tag in row.tags if (person.id, tag) not in self._tags] if described else []
        given = _unknown_yet(person, row) if described else {}
        before = {name: getattr(person, name) for name in given}
        return _Deed(row, person, fate, row.email in self._fresh, tags, before, given)

    def _fate(self, row: Row, person: Subscriber) -> Fate:
        match person.standing:
            case Standing.CONFIRMED:
                return Fate.ALREADY
            case Standing.PENDING if row.evidence:
                return Fate.CONFIRMED
            case Standing.PENDING:
                return Fate.ALREADY if person.id in self._asked else Fate.ASKED
            case _:
                return Fate.UNSUBSCRIBED


def _unknown_yet(person: Subscriber, row: Row) -> dict[str, str]:
    """What the file knows of a person and we do not; what they chose themselves stays."""
    given = {}
    if row.name and not person.name:
        given["name"] = row.name
    if row.timezone and person.zone is None:
        given["zone"] = row.timezone
    return given


def _add(rows: Sequence[Row]) -> set[str]:
    """Write down whoever is not known yet; their addresses."""
    if not rows:
        return set()
    now = clock.now()
    values = [
        {
            "public_id": token_urlsafe(16),
            "email": row.email,
            "address_hash": hashes.keyed_hash(row.email),
            "standing": Standing.PENDING,
            "membership": 1,
            "pace_days": DEFAULT_PACE,
            "source": SOURCE,
            "created_at": now,
        }
        for row in rows
    ]
    added = db.insert(Subscriber).on_conflict_do_nothing().returning(Subscriber.email)
    return set(db.session().scalars(added, values))


def _carry_out(deeds: Sequence[_Deed], outcome: Outcome, origin: str, start: str | None) -> None:
    now = clock.now()
    for deed in deeds:
        for name, value in deed.given.items():
            setattr(deed.person, name, value)
        if deed.fate is Fate.CONFIRMED:
            deed.person.standing, deed.person.confirmed_at = Standing.CONFIRMED, now
        row = deed.row
        outcome.add(Change(line=row.line, email=row.email, fate=deed.fate, alters=deed.alters))
    _tie(deeds)
    numbers = _attest(deeds, origin)
    if start is not None:
        joined = [deed.person.id for deed in deeds if deed.fate is Fate.CONFIRMED]
        who = select(Subscriber.id, literal("once").label("occurrence"))
        enrolments.enrol_all(start, who.where(Subscriber.id.in_(joined)))
    _enter(deeds, numbers, outcome.run)


def _tie(deeds: Sequence[_Deed]) -> None:
    rows = [{"subscriber_id": deed.person.id, "name": tag} for deed in deeds for tag in deed.tags]
    if rows:
        db.session().execute(db.insert(SubscriberTag).on_conflict_do_nothing(), rows)


def _attest(deeds: Sequence[_Deed], origin: str) -> Mapping[int, int]:
    """Write receipts, and ask whoever has to be asked; the receipts' numbers by person."""
    events = {Fate.CONFIRMED: ConsentEvent.IMPORTED, Fate.ASKED: ConsentEvent.REQUESTED}
    meant = [
        (deed.person, events[deed.fate], Circumstances(page=_where(deed, origin), method="import"))
        for deed in deeds
        if deed.fate in events
    ]
    receipts = consents.record_all(meant)
    asked = {deed.person.id: deed.person for deed in deeds if deed.fate is Fate.ASKED}
    ledger.enqueue_all(
        subscribers.confirmation(asked[receipt.subscriber_id], receipt)
        for receipt in receipts
        if receipt.subscriber_id in asked
    )
    return {receipt.subscriber_id: receipt.number for receipt in receipts}


def _where(deed: _Deed, origin: str) -> str:
    return origin if deed.fate is Fate.ASKED else f"{deed.row.evidence} ({origin})"


def _enter(deeds: Sequence[_Deed], numbers: Mapping[int, int], run: int | None) -> None:
    """Keep what was done to each person, so that it can be undone."""
    rows = [
        {
            "run_id": run,
            "subscriber_id": deed.person.id,
            "address_hash": deed.person.address_hash,
            "fate": deed.fate.value,
            "brought": deed.brought,
            "receipt": numbers.get(deed.person.id, 0),
            "before": deed.before,
            "given": deed.given,
            "tags": deed.tags,
        }
        for deed in deeds
        if deed.fate in (Fate.CONFIRMED, Fate.ASKED) or deed.alters
    ]
    if rows and run is not None:
        db.session().execute(insert(ImportEntry), rows)
