"""How fast an issue goes out, and when it will be out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import clock, db
from core.mail.models import WAITING, Delivery
from newsletter.models import IssueState, Newsletter

SAMPLE = timedelta(minutes=1)
"""How far apart the counts are from which the pace is told."""
_SOON = timedelta(seconds=5)  # within which too little has happened to tell


@dataclass(frozen=True)
class Progress:
    """Messages of an issue: with a fate, due by now, and put off until later.

    `per_minute` is None as long as it cannot be told, and so is `ends_at`, when what is due will be
    out at that pace.
    """

    settled: int
    due: int
    later: int
    per_minute: float | None = None
    ends_at: datetime | None = None


def of(issue: Newsletter) -> Progress:
    """How far a frozen issue is, and its pace within the last minutes."""
    now = clock.now()
    settled, due, later = _counts(issue.source, now)
    progress = Progress(settled, due, later)
    since, before = _oldest(issue)
    if since is None or issue.state is not IssueState.SENDING or now - since < _SOON:
        return progress
    minutes = (now - since) / timedelta(minutes=1)
    per_minute = (settled - before) / minutes
    if per_minute <= 0:
        return progress
    ends_at = now + timedelta(minutes=due / per_minute) if due else None
    return Progress(settled, due, later, per_minute, ends_at)


def begin(issue_id: int, source: str) -> None:
    """Count from here: it begins, or goes on after a pause, which shall not slow its pace."""
    _keep(issue_id, [_sample(source)])


def note(issue: Newsletter) -> None:
    """Count again, once a while has passed since the last count."""
    last = issue.samples[-1:]
    long_ago = clock.now() - SAMPLE
    if not last or datetime.fromisoformat(last[0]["at"]) <= long_ago:
        _keep(issue.id, [*last, _sample(issue.source)])


def _oldest(issue: Newsletter) -> tuple[datetime | None, int]:
    if not issue.samples:
        return None, 0
    return datetime.fromisoformat(issue.samples[0]["at"]), issue.samples[0]["settled"]


def _sample(source: str) -> dict[str, Any]:
    now = clock.now()
    return {"at": now.isoformat(), "settled": _counts(source, now)[0]}


def _keep(issue_id: int, samples: list[dict[str, Any]]) -> None:
    with db.transaction(shown=False):
        db.changed(update(Newsletter).where(Newsletter.id == issue_id).values(samples=samples))


def _counts(source: str, now: datetime) -> tuple[int, int, int]:
    waits = Delivery.state.in_(WAITING)
    counted = select(
        func.count().filter(~waits),
        func.count().filter(waits, Delivery.due_at <= now),
        func.count().filter(waits, Delivery.due_at > now),
    ).where(Delivery.source == source)
    with db.reading() as session:
        settled, due, later = session.execute(counted).one()
        return settled, due, later
