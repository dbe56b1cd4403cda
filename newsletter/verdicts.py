"""The last look at readers' letters: who must not get one, or not now, just before it goes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import clock, db
from core.mail.letters import Verdict, Wait
from core.mail.models import Delivery, State, Stream
from newsletter.models import (
    DEFAULT_PACE,
    Enrolment,
    IssueState,
    Newsletter,
    Standing,
    Subscriber,
    Suppression,
    Walk,
)

STALE = timedelta(days=14)
"""For how long an issue waits for a reader's pace; after that it is old news."""
_BETWEEN_STEP_AND_ISSUE = timedelta(hours=20)
_EARLY = timedelta(hours=6)
"""By how much a letter may come before the pace's days are full, as mornings are not exact."""


def last_look(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Who of a batch must get nothing, or not now, by what is true at this moment."""
    people = [delivery.person for delivery in batch if delivery.person is not None]
    rows = db.session().execute(
        select(Subscriber, Suppression.reason)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Subscriber.id.in_(people))
    )
    readers = {subscriber.id: (subscriber, reason) for subscriber, reason in rows}
    causes = _issues_at_rest(batch) | _walks_at_an_end(batch)
    latest = _latest_letters(batch)
    verdicts: dict[int, Verdict] = {}
    for delivery in batch:
        subscriber, reason = readers.get(delivery.person or 0, (None, None))
        verdict = (
            _who_may_not(subscriber, reason)
            or causes.get(delivery.id)
            or (subscriber and _too_soon(delivery, subscriber, latest.get(subscriber.email)))
        )
        if verdict:
            verdicts[delivery.id] = verdict
    return verdicts


def _who_may_not(subscriber: Subscriber | None, suppressed: str | None) -> str | None:
    if subscriber is None:
        return "erased"
    if suppressed is not None:
        return f"suppressed: {suppressed}"
    if subscriber.standing is not Standing.CONFIRMED:
        return subscriber.standing.value
    return None


def _issues_at_rest(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Issues that were paused or cancelled since their rows were claimed."""
    ids = {int(row.source.partition(":")[2]) for row in batch if _is_issue(row)}
    rows = db.session().execute(
        select(Newsletter.id, Newsletter.state).where(
            Newsletter.id.in_(ids),
            Newsletter.state.in_((IssueState.PAUSED, IssueState.CANCELLED)),
        )
    )
    verdicts: dict[str, Verdict] = {
        f"newsletter:{number}": Wait(until=None, reason="paused")
        if state is IssueState.PAUSED
        else "cancelled"
        for number, state in rows
    }
    return {row.id: verdicts[row.source] for row in batch if row.source in verdicts}


def _walks_at_an_end(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Steps whose reader left the sequence since their rows were written."""
    walks = {row.payload["enrolment"]: row.id for row in batch if "enrolment" in row.payload}
    rows = db.session().execute(
        select(Enrolment.id, Enrolment.reason).where(
            Enrolment.id.in_(walks), Enrolment.state == Walk.EXITED
        )
    )
    return {walks[number]: reason or "exited" for number, reason in rows}


def _latest_letters(batch: Sequence[Delivery]) -> dict[str, datetime]:
    """When each reader of the batch last got such a letter, within the slowest pace."""
    rows = db.session().execute(
        select(Delivery.recipient, func.max(Delivery.settled_at))
        .where(
            Delivery.recipient.in_({row.recipient for row in batch}),
            Delivery.stream == Stream.MARKETING,
            Delivery.settled_at > clock.now() - STALE,
            Delivery.state == State.ACCEPTED,
        )
        .group_by(Delivery.recipient)
    )
    return {recipient: latest for recipient, latest in rows if latest is not None}


def _too_soon(
    delivery: Delivery, subscriber: Subscriber, latest: datetime | None
) -> Verdict | None:
    """A pause and a pace put letters off; an issue that would be put off for too long is left out.

    A reader who chose no slower pace gets an issue at once, and the first letter of a sequence
    never waits: it was just asked for.
    """
    if delivery.payload.get("position") == 0:
        return None
    now = clock.now()
    until = max(_pause_ends(subscriber, now), _pace_allows(delivery, subscriber, latest, now))
    if until <= now:
        return None
    if _is_issue(delivery) and until > delivery.created_at + STALE:
        return "pace"
    return Wait(until=until, reason="the reader's pace")


def _pause_ends(subscriber: Subscriber, now: datetime) -> datetime:
    return subscriber.paused_until or now


def _pace_allows(
    delivery: Delivery, subscriber: Subscriber, latest: datetime | None, now: datetime
) -> datetime:
    if latest is None:
        return now
    if subscriber.pace_days > DEFAULT_PACE:
        return latest + timedelta(days=subscriber.pace_days) - _EARLY
    return latest + _BETWEEN_STEP_AND_ISSUE if not _is_issue(delivery) else now


def _is_issue(delivery: Delivery) -> bool:
    return delivery.source.startswith("newsletter:")
