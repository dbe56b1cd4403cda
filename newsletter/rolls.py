"""Rolls: who an issue is for, frozen at once, until all of them stand in the delivery ledger.

A roll's row is slim, so that a million are frozen by one short statement; to write them into the
ledger takes several times as long, and SQLite's only writer would be busy meanwhile. So they are
entered there in portions, by transactions that strike them from the roll: whatever is killed,
everybody stands in one of both.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import ColumnElement, String, case, cast, delete, exists, func, literal, select
from sqlalchemy.orm import QueryableAttribute

from core import clock, db
from core.mail import ledger
from newsletter import areas, lots, segments
from newsletter.lift import HELD_OUT
from newsletter.models import IssueState, Newsletter, RollEntry, Subscriber, Suppression

LETTER = "newsletter.issue"
"""What the messages of an issue are called."""
PORTION = 500
"""Readers who are entered in one transaction, for which other writers wait: some 10 ms."""


def freeze(issue: Newsletter) -> int:
    """Write down everybody in an issue's segment, and why some are left out; how many they are.

    In the transaction under way. Raises `LookupError` for an unknown segment.
    """
    reasons = [
        (Suppression.reason.is_not(None), literal("suppressed: ") + Suppression.reason),
        (Subscriber.paused_until > clock.now(), literal("paused")),
        (areas.wants_others(issue.areas), literal(areas.OTHERS)),
    ]
    if issue.held_out:  # to draw a lot for each of a million takes a second
        reasons.append((lots.drawn(Subscriber.id, issue.id) < issue.held_out, literal(HELD_OUT)))
    people = (
        select(literal(issue.id), Subscriber.id, case(*reasons))
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(segments.members(issue.segment))
        .order_by(Subscriber.id)
    )
    columns = ["newsletter_id", "subscriber_id", "reason"]
    written = db.changed(db.insert(RollEntry).from_select(columns, people))
    if written > PORTION:
        db.analyze(RollEntry)
    return written


def enter(issue: Newsletter, due_at: ColumnElement[datetime]) -> int:
    """Move the next portion into the ledger, due by an expression over `Subscriber`; how many.

    In the transaction under way, which holds the issue's row: a deed that calls the issue off comes
    before it, and is heeded here, or after it, and sees all of the portion.
    """
    number = RollEntry.subscriber_id
    next_ones = select(number).where(_is_of(issue)).order_by(number).limit(PORTION).subquery()
    ends = select(func.min(next_ones.c.subscriber_id), func.max(next_ones.c.subscriber_id))
    first, last = db.session().execute(ends).one()
    if first is None:
        return 0
    called_off = "cancelled" if issue.state is IssueState.CANCELLED else None
    return _move(issue, lambda who: who.between(first, last), called_off, due_at)


def next_open() -> int | None:
    """The id of the first issue with somebody on its roll."""
    with db.reading() as session:
        return session.scalar(select(func.min(RollEntry.newsletter_id)))


def is_open(issue: Newsletter) -> bool:
    """Whether somebody on an issue's roll has yet to be entered."""
    with db.reading() as session:
        return bool(session.scalar(select(exists().where(_is_of(issue)))))


def holds(issue: Newsletter, subscriber_id: int) -> bool:
    """Whether this person has yet to be entered."""
    theirs = exists().where(_is_of(issue), RollEntry.subscriber_id == subscriber_id)
    with db.reading() as session:
        return bool(session.scalar(select(theirs)))


def strike(people: Collection[int]) -> None:
    """Enter people who are about to be erased, none of whom a letter may reach any more.

    In the transaction under way; so an issue still accounts for everybody whom it was for.
    """
    theirs = RollEntry.subscriber_id.in_(people), RollEntry.newsletter_id == Newsletter.id
    now = literal(clock.now(), Newsletter.frozen_at.type)
    for issue in db.session().scalars(select(Newsletter).where(exists().where(*theirs))).all():
        _move(issue, lambda who: who.in_(people), "erased", now)


def _move(
    issue: Newsletter,
    which: Callable[[QueryableAttribute[int]], ColumnElement[bool]],
    reason: str | None,
    due_at: ColumnElement[datetime],
) -> int:
    """Enter these people of an issue, left out for a reason where there is one, and strike them."""
    rows = _is_of(issue), which(RollEntry.subscriber_id)
    people = (
        select(
            (literal(f"{issue.source}:") + cast(Subscriber.id, String)).label("key"),
            Subscriber.id.label("person"),
            Subscriber.email.label("recipient"),
            func.coalesce(RollEntry.reason, reason).label("reason"),
            due_at.label("due_at"),
        )
        .join_from(RollEntry, Subscriber, Subscriber.id == RollEntry.subscriber_id)
        # Said of both tables: PostgreSQL carries no range over to the other, and would read it all.
        .where(*rows, which(Subscriber.id))
        .order_by(RollEntry.subscriber_id)
    )
    ledger.enqueue_selected(people, letter=LETTER, source=issue.source)
    return db.changed(delete(RollEntry).where(*rows))


def _is_of(issue: Newsletter) -> ColumnElement[bool]:
    return RollEntry.newsletter_id == issue.id
