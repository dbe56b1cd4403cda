"""Addresses that get no letters, whoever adds them again; kept as hashes that outlive erasure.

An address may have several marks: whoever complained may have bounced before. The gravest one
counts, and one that is lifted leaves the others. Each is logged, with who set or lifted it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import delete, extract, func, select, update

from core import clock, db
from core.mail import hashes
from newsletter.models import Marking, Suppression, SuppressionLog


class Reason(StrEnum):
    """Why an address gets no letters; the later one here is the graver."""

    ERASED = "erased"
    """The person had their data deleted; only they themselves can come back, by confirming."""
    BOUNCED = "bounced"
    STAFF = "staff"
    COMPLAINED = "complained"


GRAVEST_FIRST = tuple(reversed(Reason))
LIFTABLE = frozenset({Reason.BOUNCED, Reason.STAFF})
"""The marks that staff may take back; the others are the person's own word."""


class Count(NamedTuple):
    """How many addresses have had a mark since a month, in UTC."""

    year: int
    month: int
    reason: Reason
    addresses: int


def suppress(address_hash: str, reason: Reason, *, by: str = "") -> bool:
    """Send no letters to this address from now on; False where it has this mark already.

    A graver mark stays in force. `by` is the member of staff who set it.
    """
    now = clock.now()
    with db.transaction():
        db.insert_missing(Suppression, address_hash=address_hash, reason=reason.value, at=now)
        marks = _marks(address_hash)
        if reason in marks:
            return False
        _note(address_hash, Marking.SET, reason, by)
        _put_in_force(address_hash, marks | {reason: now})
    return True


def reason(address_hash: str) -> Reason | None:
    """Why this address gets no letters, or None where it may get them."""
    with db.reading() as session:
        found = session.scalar(
            select(Suppression.reason).where(Suppression.address_hash == address_hash)
        )
    return Reason(found) if found else None


def among(digests: Collection[str]) -> set[str]:
    """Which of these addresses get no letters."""
    found = select(Suppression.address_hash).where(Suppression.address_hash.in_(digests))
    with db.reading() as session:
        return set(session.scalars(found))


def shut_out(recipients: Collection[str]) -> dict[str, str]:
    """Which recipients of other packages' letters get nothing but receipts, and why.

    Whoever had their data deleted may have asked for something since.
    """
    digests = {each: hashes.keyed_hash(each.strip().lower()) for each in recipients}
    marked = select(Suppression.address_hash, Suppression.reason).where(
        Suppression.address_hash.in_(digests.values()), Suppression.reason != Reason.ERASED.value
    )
    with db.reading() as session:
        why = dict(session.execute(marked).all())
    return {each: f"suppressed: {why[key]}" for each, key in digests.items() if key in why}


def lift(address_hash: str, mark: Reason, *, by: str = "") -> bool:
    """Take one mark of an address back, in the transaction under way; whether it had it."""
    with db.transaction():
        if reason(address_hash) is None:
            return False
        marks = _marks(address_hash)
        if marks.pop(mark, None) is None:
            return False
        _note(address_hash, Marking.LIFTED, mark, by)
        _put_in_force(address_hash, marks)
    return True


def by_month() -> list[Count]:
    """How many addresses get no letters, by their reason and since when, the latest first."""
    year, month = extract("year", Suppression.at), extract("month", Suppression.at)
    counted = select(year, month, Suppression.reason, func.count())
    rows = counted.group_by(year, month, Suppression.reason).order_by(year.desc(), month.desc())
    with db.reading() as session:
        return [
            Count(int(y), int(m), Reason(why), addresses)
            for y, m, why, addresses in session.execute(rows)
        ]


def deeds_of_staff(most: int) -> Sequence[SuppressionLog]:
    """What staff marked and lifted lately, the latest first."""
    theirs = select(SuppressionLog).where(SuppressionLog.by != db.literally("", SuppressionLog.by))
    with db.reading() as session:
        return session.scalars(theirs.order_by(SuppressionLog.id.desc()).limit(most)).all()


def _marks(address_hash: str) -> dict[Reason, datetime]:
    """The marks of an address and since when it has them; its row is locked."""
    row = select(Suppression.at).where(Suppression.address_hash == address_hash).with_for_update()
    db.session().execute(row)
    log = select(SuppressionLog.event, SuppressionLog.reason, SuppressionLog.at)
    mine = log.where(SuppressionLog.address_hash == address_hash).order_by(SuppressionLog.id)
    marks: dict[Reason, datetime] = {}
    for event, why, at in db.session().execute(mine):
        if event is Marking.SET:
            marks[Reason(why)] = at
        else:
            marks.pop(Reason(why), None)
    return marks


def _note(address_hash: str, event: Marking, mark: Reason, by: str) -> None:
    db.insert_missing(
        SuppressionLog,
        address_hash=address_hash,
        event=event,
        reason=mark.value,
        by=by,
        at=clock.now(),
    )


def _put_in_force(address_hash: str, marks: dict[Reason, datetime]) -> None:
    """Let the gravest mark count; without any the address gets letters again."""
    here = Suppression.address_hash == address_hash
    gravest = next((each for each in GRAVEST_FIRST if each in marks), None)
    if gravest is None:
        db.changed(delete(Suppression).where(here))
    else:
        values = {"reason": gravest.value, "at": marks[gravest]}
        db.changed(update(Suppression).where(here).values(values))
