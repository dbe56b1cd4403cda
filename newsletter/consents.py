"""Consent receipts: who agreed to which exact words, when, where and how (GDPR Art. 7(1)).

A person's receipts are a chain: each one's hash covers the hash of the one before. Chains are one
for each person, so that an erasure breaks nobody else's proof.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from core import clock, db
from newsletter.models import Consent, ConsentEvent, Subscriber
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
    with db.transaction() as session:
        last = session.scalar(
            select(Consent)
            .where(Consent.subscriber_id == subscriber.id)
            .order_by(Consent.number.desc())
            .limit(1)
        )
        consent = Consent(
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
        consent.hash = _hash(consent)
        session.add(consent)
        session.flush()
        return consent


def receipts(subscriber: Subscriber) -> Sequence[Consent]:
    """A person's receipts, oldest first."""
    with db.reading() as session:
        mine = select(Consent).where(Consent.subscriber_id == subscriber.id)
        return session.scalars(mine.order_by(Consent.number)).all()


def is_intact(chain: Sequence[Consent]) -> bool:
    """Whether these receipts are one person's complete and unchanged chain."""
    previous = _FIRST
    for number, consent in enumerate(chain, start=1):
        follows = consent.number == number and consent.previous_hash == previous
        if not follows or consent.hash != _hash(consent):
            return False
        previous = consent.hash
    return True


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
