"""All that is kept about a person: shown to them, and deleted when they wish."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from core import db, events
from core.mail import forgetting, hashes, ledger
from core.mail.models import Delivery
from newsletter import areas, consents, noting, rolls, segments, suppression
from newsletter.events import Erased
from newsletter.models import (
    AddressChange,
    Consent,
    Enrolment,
    ImportEntry,
    Reading,
    Subscriber,
    SubscriberArea,
    SubscriberTag,
)
from newsletter.models import Sequence as Path
from newsletter.subscribers import locked
from newsletter.suppression import Reason


def export(subscriber: Subscriber) -> dict[str, Any]:
    """All that is kept about a person: themselves, their receipts, walks and messages."""
    return {
        "subscriber": _columns(subscriber),
        "areas": sorted(areas.chosen(subscriber)),
        "tags": segments.tags_of(subscriber),
        "former_addresses": former_addresses(subscriber),
        "consents": [_columns(consent) for consent in consents.receipts(subscriber)],
        "walks": [
            {
                "sequence": title,
                "state": walk.state.value,
                "reason": walk.reason,
                "begun_at": walk.created_at.isoformat(),
                "ended_at": walk.ended_at.isoformat() if walk.ended_at else None,
            }
            for walk, title in _walks(subscriber)
        ],
        "readings": [
            {"letter": row.source, "link": row.path or None, "last_at": row.at.isoformat()}
            for row in noting.readings(subscriber)
        ],
        "messages": [
            {"subject": row.subject, "state": row.state.value, "at": row.created_at.isoformat()}
            for row in messages(subscriber)
        ],
    }


def messages(subscriber: Subscriber) -> list[Delivery]:
    """The newsletter's messages to a person, at each address they had, newest first."""
    theirs = [subscriber.email, *former_addresses(subscriber)]
    found = (row for address in theirs for row in ledger.addressed_to(address))
    mine = (row for row in found if row.letter.startswith("newsletter."))
    return sorted(mine, key=lambda row: -row.id)


def former_addresses(subscriber: Subscriber) -> list[str]:
    """Where a person's letters came before."""
    return _former([subscriber.id])


def erase(public_id: str) -> None:
    """Delete all that is kept about a person, but hashes, so that no import revives them.

    Also of the addresses that were theirs, unless these are somebody else's by now.
    """
    with db.transaction() as session:
        subscriber = locked(public_id)
        if subscriber is None:
            return
        former = {hashes.keyed_hash(address) for address in former_addresses(subscriber)}
        others = select(Subscriber.address_hash).where(Subscriber.address_hash.in_(former))
        for address_hash in {subscriber.address_hash, *former.difference(session.scalars(others))}:
            suppression.suppress(address_hash, Reason.ERASED)
        forget([subscriber], wished=True)
        session.flush()


def forget(people: Sequence[Subscriber], *, wished: bool = False) -> None:
    """Delete people's rows, in the transaction under way; whether that is their own wish."""
    with db.transaction() as session:
        ids = [person.id for person in people]
        events.tell(Erased(tuple(ids), wished=wished))
        rolls.strike(ids)
        forgetting.forget(
            [*(person.email for person in people), *_former(ids)], letters="newsletter."
        )
        for table in _THEIRS:
            db.changed(delete(table).where(table.subscriber_id.in_(ids)))
        for person in people:
            session.expunge(person)
        db.changed(delete(Subscriber).where(Subscriber.id.in_(ids)))


_THEIRS = (Consent, SubscriberTag, SubscriberArea, AddressChange, Reading, ImportEntry)
"""The tables with rows of one person's."""


def _walks(subscriber: Subscriber) -> list[tuple[Enrolment, str]]:
    """A person's walks with their sequences' titles, oldest first."""
    mine = (
        select(Enrolment, Path.title)
        .join(Path, Path.id == Enrolment.sequence_id)
        .where(Enrolment.subscriber_id == subscriber.id)
    )
    with db.reading() as session:
        rows = session.execute(mine.order_by(Enrolment.id))
        return [(walk, title) for walk, title in rows]


def _former(people: Sequence[int]) -> list[str]:
    """Addresses at which these people were written to, or asked, before; not those of today."""
    changes = select(AddressChange).where(AddressChange.subscriber_id.in_(people))
    with db.reading() as session:
        rows = session.scalars(changes.order_by(AddressChange.id)).all()
    return list(dict.fromkeys(row.old for row in rows if row.done_at is not None))


def _columns(row: Any) -> dict[str, Any]:
    return {
        column.key: value.isoformat() if isinstance(value, datetime) else value
        for column in row.__table__.columns
        for value in [getattr(row, column.key)]
    }
