"""The last look at readers' letters: who must not get one, or not now, just before it goes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from core import clock, db, settings
from core.mail import caps
from core.mail.letters import Verdict, Wait
from core.mail.models import Delivery, State, Stream
from newsletter import draws, implied, lateness, offers, sequences, trials, zones
from newsletter.models import (
    DEFAULT_PACE,
    Enrolment,
    IssueState,
    Lateness,
    Newsletter,
    Standing,
    Subscriber,
    Suppression,
    Trial,
    Walk,
)

STALE = timedelta(days=14)
"""For how long an issue waits for a reader's pace; after that it is old news."""
BETWEEN_STEP_AND_ISSUE = timedelta(hours=20)
"""For how long a step waits after another letter."""
PAUSE = "the reader's pause"
PACE = "the reader's pace"
DISTANCE = "just after another letter"
PAUSED = "its sequence is paused"
"""Why a letter waits; `newsletter.evidence` has each in a sentence."""
AGAIN = timedelta(minutes=10)
"""After which it is asked again whether staff let a paused sequence go on."""
_EARLY = timedelta(hours=6)
"""By how much a letter may come before the pace's days are full, as mornings are not exact."""


class _Reader(NamedTuple):
    """What of a reader decides; columns alone, as this is asked for every letter."""

    email: str
    standing: Standing
    pace_days: int
    paused_until: datetime | None
    implied_until: datetime | None
    zone: str | None
    suppressed: str | None


def last_look(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Who of a batch must get nothing, or not now, by what is true at this moment.

    Of several that are due for one reader the first goes, and the others keep their distance,
    unless a cap may let them go as one message.
    """
    readers = _readers(batch)
    causes = _late_ones(batch) | _issues_at_rest(batch)
    causes |= _steps_at_rest(batch) | _walks_at_an_end(batch)
    causes |= offers.refused(batch)
    latest = _latest_letters(_whose_pace_counts(batch, readers))
    go_apart, now = not caps.merge(), clock.now()
    verdicts: dict[int, Verdict] = {}
    for delivery in batch:
        reader = readers.get(delivery.person or 0)
        verdict = (
            _who_may_not(reader)
            or causes.get(delivery.id)
            or (reader and _too_soon(delivery, reader, latest.get(reader.email)))
        )
        if verdict:
            verdicts[delivery.id] = verdict
        elif reader and go_apart:
            latest[reader.email] = now
    return verdicts


def _readers(batch: Sequence[Delivery]) -> dict[int, _Reader]:
    people = [row.person for row in batch if row.person is not None]
    rows = db.session().execute(_READERS, {"people": people})
    return {row.id: _Reader(*row[1:]) for row in rows}


# Made once: it is asked for every group of a newsletter.
_READERS = (
    select(
        Subscriber.id,
        Subscriber.email,
        Subscriber.standing,
        Subscriber.pace_days,
        Subscriber.paused_until,
        Subscriber.implied_until,
        Subscriber.zone,
        Suppression.reason,
    )
    .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
    .where(db.among(Subscriber.id, "people"))
)


def _who_may_not(reader: _Reader | None) -> str | None:
    if reader is None:
        return "erased"
    if reader.suppressed is not None:
        return f"suppressed: {reader.suppressed}"
    if reader.standing is not Standing.CONFIRMED:
        return reader.standing.value
    return Standing.LAPSED.value if implied.has_ended(reader.implied_until) else None


def _whose_pace_counts(batch: Sequence[Delivery], readers: dict[int, _Reader]) -> set[str]:
    """The addresses of those whose letters must keep their distance, see `_pace_allows`."""
    return {
        reader.email
        for row in batch
        if (reader := readers.get(row.person or 0))
        and (not _is_issue(row) or reader.pace_days > DEFAULT_PACE)
    }


def _issues_at_rest(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """What goes again of cancelled issues, and the rest of one whose subject is on trial."""
    ids = {int(row.source.partition(":")[2]) for row in batch if _is_issue(row)}
    rows = db.session().execute(_AT_REST, {"issues": list(ids)}).all() if ids else ()
    verdicts: dict[int, Verdict] = {}
    for issue in rows:
        for row in batch:
            if row.source == f"newsletter:{issue.id}" and (verdict := _rests(issue, row)):
                verdicts[row.id] = verdict
    return verdicts


def _late_ones(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Issues that an outage made late, until they are held for staff, see `dispatch.tend`."""
    stopped = lateness.stopped_since() if any(map(_is_issue, batch)) else None
    late = [row for row in batch if _is_issue(row) and lateness.is_late(row.due_at, stopped)]
    if not late:
        return {}
    sources = {row.source: int(row.source.partition(":")[2]) for row in late}
    hold = select(Newsletter.id).where(
        Newsletter.id.in_(sources.values()), Newsletter.late == Lateness.HOLD
    )
    held = set(db.session().scalars(hold))
    wait = Wait(until=clock.now() + trials.AGAIN, reason=lateness.WAITS)
    return {row.id: wait for row in late if sources[row.source] in held}


def _rests(issue: Any, row: Delivery) -> Verdict | None:
    if issue.state is IssueState.CANCELLED:
        return "cancelled"
    draw = draws.dealt(issue)
    if draw is not None and draw.subject(row.person) is None:
        return Wait(until=clock.now() + trials.AGAIN, reason="its subject is not decided yet")
    return None


_AT_REST = (
    select(Newsletter.state, *draws.DEALT)
    .outerjoin(Trial, (Trial.newsletter_id == Newsletter.id) & Trial.decided_at.is_(None))
    .where(
        db.among(Newsletter.id, "issues"),
        (Newsletter.state == IssueState.CANCELLED) | Trial.newsletter_id.is_not(None),
    )
)


def _steps_at_rest(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Steps of sequences that staff paused since their rows were written."""
    places = {row.id: place for row in batch if (place := sequences.place(row.source))}
    resting = sequences.paused_versions() if places else set()
    wait = Wait(until=clock.now() + AGAIN, reason=PAUSED)
    return {row: wait for row, (version, _) in places.items() if version in resting}


def _walks_at_an_end(batch: Sequence[Delivery]) -> dict[int, Verdict]:
    """Steps whose reader left the sequence since their rows were written."""
    walks: dict[int, list[int]] = defaultdict(list)
    for row in batch:
        if (walk := sequences.walk_of(row.key)) is not None:
            walks[walk].append(row.id)
    if not walks:
        return {}
    rows = db.session().execute(
        select(Enrolment.id, Enrolment.reason).where(
            Enrolment.id.in_(walks), Enrolment.state == Walk.EXITED
        )
    )
    return {row: reason or "exited" for number, reason in rows for row in walks[number]}


def _latest_letters(recipients: set[str]) -> dict[str, datetime]:
    """When each of these last got such a letter, within the slowest pace, or that one goes now."""
    if not recipients:
        return {}
    now = clock.now()
    went = (Delivery.state == State.ACCEPTED) & (Delivery.settled_at > now - STALE)
    rows = db.session().execute(
        select(Delivery.recipient, Delivery.settled_at).where(
            Delivery.recipient.in_(recipients),
            Delivery.stream == Stream.MARKETING,
            went | (Delivery.state == State.SENDING),
        )
    )
    latest: dict[str, datetime] = {}
    for recipient, settled_at in rows:
        moment = settled_at or now
        latest[recipient] = max(moment, latest.get(recipient, moment))
    return latest


def _too_soon(delivery: Delivery, reader: _Reader, latest: datetime | None) -> Verdict | None:
    """A pause and a pace put letters off; an issue that would be put off for too long is left out.

    A reader who chose no slower pace gets an issue at once, and a first letter of a sequence that
    was just asked for never waits. A letter that was put off comes by day, on the reader's clock.
    """
    if delivery.payload.get("asked_for"):
        return None
    now = clock.now()
    paused = reader.paused_until or now
    allowed, reason = _pace_allows(delivery, reader, latest, now)
    if max(paused, allowed) <= now:
        return None
    if _is_issue(delivery) and max(paused, allowed) > delivery.created_at + STALE:
        return "pace"
    until = zones.by_day(max(paused, allowed), reader.zone or settings.store().timezone)
    return Wait(until=until, reason=PAUSE if paused >= allowed else reason)


def _pace_allows(
    delivery: Delivery, reader: _Reader, latest: datetime | None, now: datetime
) -> tuple[datetime, str]:
    """From when on a letter may come after the one before, and why not earlier."""
    if latest is None:
        return now, PACE
    if reader.pace_days > DEFAULT_PACE:
        return latest + timedelta(days=reader.pace_days) - _EARLY, PACE
    return (latest + BETWEEN_STEP_AND_ISSUE if not _is_issue(delivery) else now), DISTANCE


def _is_issue(delivery: Delivery) -> bool:
    return delivery.source.startswith("newsletter:")
