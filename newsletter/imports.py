"""Brings people in from a CSV file, and takes them out to one.

An import adds consent with its evidence, or asks for it; it revives nobody who left or was shut
out, and begins no sequence unless told to.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import available_timezones

from sqlalchemy import select

from core import clock, db, tables
from core.mail import hashes
from newsletter import addresses, consents, enrolments, segments, subscribers, suppression
from newsletter.addresses import InvalidAddress
from newsletter.consents import Circumstances
from newsletter.models import Consent, ConsentEvent, Standing, Subscriber

COLUMNS = ("email", "name", "timezone", "tags", "consent_at", "consent_source")
_CHUNK = 200


@dataclass(kw_only=True)
class Outcome:
    """What an import did, or would do: how many people of each kind, and the lines with errors."""

    confirmed: int = 0
    asked: int = 0
    already: int = 0
    unsubscribed: int = 0
    suppressed: int = 0
    errors: list[str] = field(default_factory=list)


class _DryRun(Exception):
    """Takes back what a dry run wrote."""


def read(file: TextIO, *, origin: str, start: str | None = None, dry_run: bool = False) -> Outcome:
    """Import the people in `file`; `origin` names it in their receipts.

    A row with `consent_at` and `consent_source` is confirmed, one without is asked to confirm.
    With `start`, whoever is confirmed begins that sequence. A dry run counts and changes nothing.
    Raises `ValueError` where the column `email` is missing, `LookupError` for an unknown sequence.
    """
    rows = csv.DictReader(file)
    if "email" not in (rows.fieldnames or ()):
        raise ValueError("the file has no column called email")
    outcome = Outcome()
    for chunk in _chunks(enumerate(rows, start=2)):
        with suppress(_DryRun), db.transaction():
            for line, row in chunk:
                take(line, _as_meant(row), outcome, origin, start)
            if dry_run:
                raise _DryRun
    return outcome


def take(
    line: int, row: dict[str, str | None], outcome: Outcome, origin: str, start: str | None
) -> None:
    """Let one person in, or count why not; inside a transaction. See `read` for a row's meaning."""
    try:
        address = addresses.normalize(row["email"] or "")
        given_at = _moment(row.get("consent_at"))
    except (InvalidAddress, ValueError) as error:
        outcome.errors.append(f"line {line}: {error}")
        return
    if suppression.reason(hashes.keyed_hash(address)) is not None:
        outcome.suppressed += 1
        return
    evidence = (row.get("consent_source") or "").strip()
    subscriber = subscribers.find_or_add(address, source="import")
    if subscriber.standing is Standing.UNSUBSCRIBED:
        outcome.unsubscribed += 1
    elif subscriber.standing is Standing.CONFIRMED:
        outcome.already += 1
        _describe(subscriber, row)
    elif given_at is not None and evidence:
        outcome.confirmed += 1
        _describe(subscriber, row)
        subscribers.admit(subscriber, evidence=f"{evidence}, {given_at.isoformat()}", file=origin)
        if start is not None:
            enrolments.enrol(start, subscriber.id)
    else:
        _ask(subscriber, row, outcome, origin)


def write(file: TextIO) -> int:
    """Export everybody on the list; how many people."""
    people = select(Subscriber).where(Subscriber.standing == Standing.CONFIRMED)
    with db.reading() as session:
        found = session.scalars(people.order_by(Subscriber.id).execution_options(yield_per=500))
        count = -1  # the heading is nobody
        for line in tables.write(COLUMNS, map(_exported, found)):
            file.write(line)
            count += 1
    return count


def _as_meant(row: dict[str, str | None]) -> dict[str, str | None]:
    """A row of our own export as it was before its cells were made harmless."""
    return {name: cell and tables.as_meant(cell) for name, cell in row.items()}


def _ask(subscriber: Subscriber, row: dict[str, str | None], outcome: Outcome, origin: str) -> None:
    """Ask to confirm, unless they were asked before."""
    if consents.receipts(subscriber):
        outcome.already += 1
        return
    outcome.asked += 1
    _describe(subscriber, row)
    how = Circumstances(page=origin, method="import")
    subscribers.ask(subscriber, consents.record(subscriber, ConsentEvent.REQUESTED, how))


def _describe(subscriber: Subscriber, row: dict[str, str | None]) -> None:
    """Fill in what we do not know yet; what a person chose themselves stays."""
    subscriber.name = subscriber.name or subscribers.clean_name(row.get("name") or "")
    zone = (row.get("timezone") or "").strip()
    if zone in available_timezones():
        subscriber.timezone = zone
    for tag in (row.get("tags") or "").replace(";", ",").split(","):
        if tag.strip():
            segments.tag(subscriber.id, tag.strip()[:64], quietly=True)


def _moment(text: str | None) -> datetime | None:
    """Raises `ValueError` for what is neither empty nor an ISO 8601 moment of the past."""
    if not text or not text.strip():
        return None
    moment = datetime.fromisoformat(text.strip())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > clock.now():
        raise ValueError("consent_at lies in the future")
    return moment


def _exported(person: Subscriber) -> list[str]:
    given = db.session().scalar(
        select(Consent)
        .where(
            Consent.subscriber_id == person.id,
            Consent.event.in_((ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED)),
        )
        .order_by(Consent.number.desc())
        .limit(1)
    )
    return [
        person.email,
        person.name or "",
        person.timezone,
        ",".join(subscribers.tags(person)),
        given.at.isoformat() if given else "",
        f"{given.method} {given.page}".strip() if given else "",
    ]


def _chunks(
    rows: Iterable[tuple[int, dict[str, str | None]]],
) -> Iterator[list[tuple[int, dict[str, str | None]]]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk
