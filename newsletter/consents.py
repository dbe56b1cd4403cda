"""Consent receipts: who agreed to which exact words, when, where and how (GDPR Art. 7(1)).

A person's receipts are a chain: each one's hash covers the hash of the one before. Chains are one
for each person, so that an erasure breaks nobody else's proof.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import func, select

from core import clock, db
from newsletter.models import Consent, ConsentEvent, Standing, Subscriber
from newsletter.wording import wording

_FIRST = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Where and how something was agreed to: `page` is a path, `method` such as `form`.

    `wording` with its `version` and `at` are given where the words were others than on our forms,
    or the moment was another than this one.
    """

    page: str
    method: str
    basis: str = "consent"
    wording: str = ""
    version: str = ""
    at: datetime | None = None


def record(subscriber: Subscriber, event: ConsentEvent, how: Circumstances) -> Consent:
    """Write the next receipt of a person whose row the transaction under way has locked."""
    return record_all([(subscriber, event, how)])[0]


def record_all(meant: Sequence[tuple[Subscriber, ConsentEvent, Circumstances]]) -> list[Consent]:
    """Write the next receipt of each of these people, whose rows are locked; each comes once."""
    with db.transaction() as session:
        last = _last({subscriber.id for subscriber, _, _ in meant})
        written = []
        for subscriber, event, how in meant:
            consent = _next(subscriber, last.get(subscriber.id), event, how)
            consent.hash = _hash(consent)
            written.append(consent)
        session.add_all(written)
        session.flush()
        return written


def receipts(subscriber: Subscriber) -> Sequence[Consent]:
    """A person's receipts, oldest first."""
    with db.reading() as session:
        mine = select(Consent).where(Consent.subscriber_id == subscriber.id)
        return session.scalars(mine.order_by(Consent.number)).all()


def chains(people: Collection[int]) -> dict[int, list[Consent]]:
    """The receipts of each of these people, oldest first; nobody's where there are none."""
    theirs = select(Consent).where(Consent.subscriber_id.in_(people))
    ordered = theirs.order_by(Consent.subscriber_id, Consent.number)
    with db.reading() as session:
        rows = session.scalars(ordered).all()
    return {who: list(chain) for who, chain in groupby(rows, lambda row: row.subscriber_id)}


def examine() -> tuple[int, list[int]]:
    """Look at everybody's chain: how many are whole, and whose are not.

    A person who is on the list and has no receipt that put them there has lost one.
    """
    whole, broken, last = 0, [], 0
    while people := _next_people(last):
        found = chains([number for number, _ in people])
        for number, standing in people:
            chain = found.get(number, [])
            joined = any(receipt.event in _JOINED for receipt in chain)
            if is_intact(chain) and (joined or standing is not Standing.CONFIRMED):
                whole += 1
            else:
                broken.append(number)
        last = people[-1][0]
    return whole, broken


_JOINED = (ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED, ConsentEvent.IMPLIED)
_AT_ONCE = 1_000


def _next_people(after: int) -> list[tuple[int, Standing]]:
    ids = select(Subscriber.id, Subscriber.standing).where(Subscriber.id > after)
    with db.reading() as session:
        rows = session.execute(ids.order_by(Subscriber.id).limit(_AT_ONCE))
        return [(number, standing) for number, standing in rows]


def kept(receipt: Consent) -> dict[str, Any]:
    """A receipt as JSON values, to be kept where its person is removed."""
    names = [column.key for column in Consent.__table__.columns if column.key != "id"]
    values = {name: getattr(receipt, name) for name in names}
    return values | {"at": receipt.at.isoformat(), "event": receipt.event.value}


def restored(receipts: Sequence[Mapping[str, Any]]) -> list[Consent]:
    """Receipts from what `kept` gave; they are in no session."""
    return [
        Consent(
            **{
                **each,
                "at": datetime.fromisoformat(each["at"]),
                "event": ConsentEvent(each["event"]),
            }
        )
        for each in receipts
    ]


def is_intact(chain: Sequence[Consent]) -> bool:
    """Whether these receipts are one person's complete and unchanged chain."""
    previous = _FIRST
    for number, consent in enumerate(chain, start=1):
        follows = consent.number == number and consent.previous_hash == previous
        if not follows or consent.hash != _hash(consent):
            return False
        previous = consent.hash
    return True


def _last(people: Collection[int]) -> dict[int, Consent]:
    """The latest receipt of each of these people who has any."""
    latest = (
        select(Consent.subscriber_id, func.max(Consent.number).label("number"))
        .where(Consent.subscriber_id.in_(people))
        .group_by(Consent.subscriber_id)
        .subquery()
    )
    rows = db.session().scalars(
        select(Consent).join(
            latest,
            (Consent.subscriber_id == latest.c.subscriber_id) & (Consent.number == latest.c.number),
        )
    )
    return {consent.subscriber_id: consent for consent in rows}


def _next(
    subscriber: Subscriber, last: Consent | None, event: ConsentEvent, how: Circumstances
) -> Consent:
    return Consent(
        subscriber_id=subscriber.id,
        number=last.number + 1 if last else 1,
        event=event,
        basis=how.basis,
        wording=_words(event, how),
        wording_version=how.version or wording()["consent"]["version"],
        page=how.page[:500],
        method=how.method[:32],
        at=how.at or clock.now(),
        previous_hash=last.hash if last else _FIRST,
    )


def _words(event: ConsentEvent, how: Circumstances) -> str:
    """The words that were in front of the person, to the letter."""
    words = wording()
    if how.wording:
        return how.wording
    match event:
        case ConsentEvent.CONFIRMED:
            button = words["confirm_page"]["button"]
            return f"{words['consent']['wording']} [{button}]"
        case ConsentEvent.WITHDRAWN:
            return str(words["unsubscribe"]["text"])
        case ConsentEvent.IMPORTED:
            return f"Given elsewhere: {how.page}"
        case _:
            return str(words["consent"]["wording"])


def _hash(consent: Consent) -> str:
    covered = [
        consent.previous_hash,
        consent.subscriber_id,
        consent.number,
        consent.event.value,
        consent.basis,
        consent.wording,
        consent.wording_version,
        consent.page,
        consent.method,
        consent.at.isoformat(timespec="microseconds"),
    ]
    return sha256(json.dumps(covered, ensure_ascii=False).encode()).hexdigest()
