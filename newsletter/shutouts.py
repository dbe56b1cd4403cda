"""Staff's word on an address: what is known of it, shutting it out, letting it in again.

An address need not be anybody's on the list; that it was looked up or shut out writes it down
nowhere but as a hash.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, cast, func, literal, null, select, union_all

from core import db
from core.mail import addresses, hashes
from core.mail.addresses import InvalidAddress
from core.mail.models import MailReport
from newsletter import consents, implied, subscribers, suppression
from newsletter.models import (
    ConsentEvent,
    Standing,
    Subscriber,
    Suppression,
    SuppressionLog,
)
from newsletter.suppression import LIFTABLE, Reason

MOST = 1000
"""So many addresses are shut out at once."""
REPORTED = "reported"
"""The event of what a mail server or provider said of an address."""
_MOST_NAMED = 20
_MOST_HISTORY = 50
_AGREED = (ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED)
_DECIDED = (*_AGREED, ConsentEvent.IMPLIED, ConsentEvent.LAPSED, ConsentEvent.WITHDRAWN)
"""The receipts that say whether somebody is on the list, and on whose word."""


class TooMany(ValueError):
    """More addresses than are shut out at once."""


class Happening(NamedTuple):
    """Something that is known of an address: a mark set or lifted, or a report about its mail.

    `detail` is a mail server's own words; `delivery` the number of the message that it was about.
    """

    event: str
    what: str
    by: str
    detail: str | None
    delivery: int | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is known of an address: its mark, since when, who it is on the list, what happened."""

    address: str
    mark: Reason | None
    since: datetime | None
    person: Subscriber | None
    history: Sequence[Happening]

    @property
    def gets_letters(self) -> bool:
        """Whether newsletters and sequences go there now."""
        person = self.person
        if self.mark is not None or person is None:
            return False
        ended = implied.has_ended(person.implied_until)
        return person.standing is Standing.CONFIRMED and not ended

    @property
    def may_be_let_in(self) -> bool:
        """Whether staff may take its mark back."""
        return self.mark in LIFTABLE


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """Lines that were pasted: the addresses in them, each once, and the lines that are none.

    `faults` are the line's number, the line, and what is wrong with it.
    """

    addresses: tuple[str, ...]
    faults: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What it would mean to shut addresses out.

    `readers` of them get letters now, the first of whom are `named`; `marked` stay as they are.
    """

    addresses: int
    marked: int
    readers: int
    named: Sequence[str]


def look_up(entered: str) -> Finding:
    """What is known of an address; writes nothing. Raises `InvalidAddress`."""
    address = addresses.normalize(entered)
    address_hash = hashes.keyed_hash(address)
    asked = select(literal(address_hash).label("hash")).subquery()
    known = (
        select(Suppression, Subscriber)
        .select_from(asked)
        .outerjoin(Suppression, Suppression.address_hash == asked.c.hash)
        .outerjoin(Subscriber, Subscriber.email == address)
    )
    with db.reading() as session:
        mark, person = session.execute(known).one()
    return Finding(
        address=address,
        mark=Reason(mark.reason) if mark else None,
        since=mark.at if mark else None,
        person=person,
        history=_history(address, address_hash),
    )


def shut_out(entered: str, *, by: str) -> str:
    """Send nothing but receipts to an address any more, whoever adds it; the address as kept.

    What waits for it, and its sequences, end in the same transaction. Raises `InvalidAddress`.
    """
    address = addresses.normalize(entered)
    subscribers.turn_away(address, Reason.STAFF, by=by)
    return address


def shut_out_all(those: Collection[str], *, by: str) -> int:
    """The same for many normalized addresses; how many were not shut out by staff before."""
    with db.transaction():
        return sum(subscribers.turn_away(each, Reason.STAFF, by=by) for each in those)


def let_in(entered: str, *, by: str) -> bool:
    """Take back the mark of staff or of a bounce; False where staff cannot.

    Whoever bounced gets letters again as they agreed to, since a mailbox is nobody's word. Whom
    staff shut out may ask, or come back by their own links. Raises `InvalidAddress`.
    """
    address = addresses.normalize(entered)
    address_hash = hashes.keyed_hash(address)
    with db.transaction():
        mark = suppression.reason(address_hash)
        if mark not in LIFTABLE or not suppression.lift(address_hash, mark, by=by):
            return False
        if mark is Reason.BOUNCED:
            _recover(address)
    return True


def read(pasted: str) -> Pasted:
    """The addresses in pasted lines. Raises `TooMany`."""
    found, faults = dict[str, None](), list[tuple[int, str, str]]()
    for number, line in enumerate(pasted.splitlines(), 1):
        entered = line.strip().strip(",;").strip()
        if not entered:
            continue
        try:
            found[addresses.normalize(entered)] = None
        except InvalidAddress as error:
            faults.append((number, line.strip(), str(error)))
    if len(found) > MOST:
        raise TooMany(f"These are {len(found):,} addresses; {MOST:,} can be shut out at once.")
    return Pasted(addresses=tuple(found), faults=tuple(faults))


def foresee(those: Collection[str]) -> Outlook:
    """What it would mean to shut these addresses out."""
    theirs = (Subscriber.email.in_(those), Subscriber.standing == Standing.CONFIRMED)
    named = select(Subscriber.email).where(*theirs).order_by(Subscriber.email).limit(_MOST_NAMED)
    with db.reading() as session:
        marked = suppression.among([hashes.keyed_hash(each) for each in those])
        readers = session.scalar(select(func.count(Subscriber.id)).where(*theirs)) or 0
        return Outlook(
            addresses=len(those),
            marked=len(marked),
            readers=readers,
            named=session.scalars(named).all(),
        )


def _history(address: str, address_hash: str) -> Sequence[Happening]:
    """Its marks, and what was reported of mail to it, the latest first, as one question."""
    marks = select(
        cast(SuppressionLog.event, String).label("event"),
        SuppressionLog.reason.label("what"),
        SuppressionLog.by.label("by"),
        cast(null(), String).label("detail"),
        cast(null(), MailReport.delivery_id.type).label("delivery"),
        SuppressionLog.at.label("at"),
    ).where(SuppressionLog.address_hash == address_hash)
    said = func.coalesce(func.nullif(MailReport.detail, ""), MailReport.status)
    reports = select(
        literal(REPORTED),
        cast(MailReport.kind, String),
        literal(""),
        said,
        MailReport.delivery_id,
        MailReport.at,
    ).where(MailReport.recipient == address)
    found = union_all(marks, reports).subquery()
    with db.reading() as session:
        rows = session.execute(select(found).order_by(found.c.at.desc()).limit(_MOST_HISTORY))
        return [Happening(*row) for row in rows]


def _recover(address: str) -> None:
    """Put a reader whose mailbox works again where their own receipts say that they stand.

    Whoever got letters only because they bought is not written to for that again.
    """
    person = db.session().scalar(
        select(Subscriber).where(Subscriber.email == address).with_for_update()
    )
    if person is None or person.standing is not Standing.BOUNCED:
        return
    decided = [row.event for row in consents.receipts(person) if row.event in _DECIDED]
    agreed = bool(decided) and decided[-1] in _AGREED
    person.standing = Standing.CONFIRMED if agreed else Standing.LAPSED
    if agreed:
        person.unsubscribed_at = None
