"""How many marketing letters one person may get in a day and in a week; what is more waits.

Nothing is dropped: a letter over the cap waits until a place is free, and those that wait go in the
order in which they were written, or several as one message (see `core.mail.merging`). The cap holds
for all workers together, over any 24 hours and any seven days, not for those of a calendar.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from core import clock, db, settings
from core.mail import rates
from core.mail.models import Delivery, State, Stream

WAITS = "as many letters as one may get have gone to them"
"""Why a letter waits for its place."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)
_SOON = timedelta(minutes=5)  # until those go that are before it, and have a place
_BUCKET = "caps"  # whose row lets one worker at a time give places away


@dataclass
class _Mailbox:
    """What counts for one person: when letters went, and the ids of those that wait."""

    gone: list[datetime] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)


def over(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, datetime]]:
    """Those of a group that must wait for a place, and until when, in the transaction under way."""
    spans = limits()
    group = sorted(
        (each for each in deliveries if each.stream is Stream.MARKETING), key=lambda each: each.id
    )
    if not spans or not group:
        return
    rates.lock(_BUCKET)
    now = clock.now()
    mailboxes = _mailboxes({each.recipient for each in group}, now)
    for delivery in group:
        mailbox = mailboxes[delivery.recipient]
        before = sum(number < delivery.id for number in mailbox.waiting)
        until = max(_free_at(mailbox.gone, before, *span, now) for span in spans)
        if until > now:
            mailbox.waiting.add(delivery.id)
            # Where several may go as one message, the next place may be for all of them.
            first = max(_free_at(mailbox.gone, 0, *span, now) for span in spans)
            yield delivery, first if merge() and first > now else until
        else:
            mailbox.waiting.discard(delivery.id)
            insort(mailbox.gone, now)


def limits() -> list[tuple[timedelta, int]]:
    """The spans that have a cap, and how many letters may go in each."""
    store = settings.store()
    caps = ((DAY, store.letters_a_day), (WEEK, store.letters_a_week))
    return [(span, most) for span, most in caps if most]


def merge() -> bool:
    """Whether letters that wait for a place may go within one that has it, where there is a cap."""
    return settings.store().letters_merge and bool(limits())


def _mailboxes(recipients: Collection[str], now: datetime) -> dict[str, _Mailbox]:
    """What has gone to each of these within the longest span, goes now, or waits for a place."""
    counts = or_(
        Delivery.state == State.SENDING,
        Delivery.state.in_((State.ACCEPTED, State.UNKNOWN)) & (Delivery.settled_at > now - WEEK),
        Delivery.state.in_((State.PENDING, State.CLAIMED)) & (Delivery.reason == WAITS),
    )
    rows = db.session().execute(
        select(Delivery.recipient, Delivery.id, Delivery.state, Delivery.settled_at).where(
            Delivery.recipient.in_(recipients),
            Delivery.stream == Stream.MARKETING,
            Delivery.within.is_(None),
            counts,
        )
    )
    found: dict[str, _Mailbox] = defaultdict(_Mailbox)
    for recipient, number, state, settled_at in rows:
        if state in (State.PENDING, State.CLAIMED):
            found[recipient].waiting.add(number)
        else:
            insort(found[recipient].gone, settled_at or now)
    return found


def _free_at(
    gone: list[datetime], before: int, span: timedelta, most: int, now: datetime
) -> datetime:
    """When a place is free for whoever has so many others before them in the row."""
    counted = [moment for moment in gone if moment > now - span]
    too_many = len(counted) + before - most + 1
    if too_many <= 0:
        return now
    return counted[min(too_many, len(counted)) - 1] + span if counted else now + _SOON
