"""Takes the list out to a CSV file: everybody on it with their latest consent, for any program."""

from collections.abc import Iterator
from io import StringIO
from itertools import groupby
from typing import TextIO

from sqlalchemy import ColumnElement, func, select

from core import db, tables
from newsletter import segments
from newsletter.models import Consent, ConsentEvent, Subscriber, SubscriberTag
from newsletter.rosters import COLUMNS

_AT_ONCE = 1000
_GIVEN = (ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED)


def write(file: TextIO, *, segment: str | None = None) -> int:
    """Export everybody on the list, or in a segment; how many people. Raises `LookupError`."""
    count = -1  # for the heading
    for line in tables.write(COLUMNS, _everybody(segments.members(segment))):
        file.write(line)
        count += 1
    return count


def text(segment: str | None = None) -> str:
    """The same as a text."""
    file = StringIO()
    write(file, segment=segment)
    return file.getvalue()


def _everybody(people: ColumnElement[bool]) -> Iterator[list[str]]:
    last = 0
    while lines := _lines(people, last):
        yield from (line for _, line in lines)
        last = lines[-1][0]


def _lines(people: ColumnElement[bool], after: int) -> list[tuple[int, list[str]]]:
    """The lines of the next people in the order of their ids."""
    number = select(func.max(Consent.number)).where(
        Consent.subscriber_id == Subscriber.id, Consent.event.in_(_GIVEN)
    )
    asked = (
        select(Subscriber, Consent)
        .outerjoin(
            Consent,
            (Consent.subscriber_id == Subscriber.id)
            & (Consent.number == number.correlate(Subscriber).scalar_subquery()),
        )
        .where(people, Subscriber.id > after)
        .order_by(Subscriber.id)
        .limit(_AT_ONCE)
    )
    with db.reading() as session:
        found = session.execute(asked).all()
        tags = _tags([person.id for person, _ in found])
    return [(person.id, _line(person, tags.get(person.id, ""), given)) for person, given in found]


def _tags(people: list[int]) -> dict[int, str]:
    mine = select(SubscriberTag.subscriber_id, SubscriberTag.name)
    asked = mine.where(SubscriberTag.subscriber_id.in_(people))
    ordered = asked.order_by(SubscriberTag.subscriber_id, SubscriberTag.name)
    rows = db.session().execute(ordered)
    return {
        person: ",".join(name for _, name in found)
        for person, found in groupby(rows, lambda row: row[0])
    }


def _line(person: Subscriber, tags: str, given: Consent | None) -> list[str]:
    return [
        person.email,
        person.name or "",
        person.zone or "",
        tags,
        given.at.isoformat() if given else "",
        f"{given.method} {given.page}".strip() if given else "",
    ]
