"""What became of an issue's audience, how fast it goes out, and when it will be out."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import clock, db
from core.mail import ledger, warming
from core.mail.models import WAITING, Delivery, State
from newsletter import lateness, newsletters
from newsletter.models import IssueState, Newsletter

SAMPLE = timedelta(minutes=1)
"""How far apart the counts are from which the pace is told."""
_SOON = timedelta(seconds=5)  # within which too little has happened to tell


@dataclass(frozen=True, kw_only=True)
class Status:
    """What became of an issue's audience; the numbers always add up to it."""

    id: int
    subject: str
    state: str
    audience: int
    accepted: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    pending: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """Messages of an issue: with a fate, due by now, and put off until later.

    `per_minute` is None as long as it cannot be told, and so is `ends_at`, when what is due will be
    out at that pace. Where a `warm_up` decides that instead, it says so.
    """

    settled: int
    due: int
    later: int
    per_minute: float | None = None
    ends_at: datetime | None = None
    warm_up: "WarmUp | None" = None


@dataclass(frozen=True)
class WarmUp:
    """A new sender's share keeps a part of what is due: how many may go today, and the last day."""

    today: int
    last_day: date


def status(issue_id: int) -> Status:
    """What became of its audience by now. Raises `LookupError`."""
    with db.reading():
        issue = newsletters.find(issue_id)
        tally = ledger.tally(issue.source)
    counts = dict.fromkeys(State, 0)
    for state, _, messages in tally:
        counts[state] += messages
    on_the_roll = (issue.audience or 0) - sum(counts.values())
    pending = on_the_roll + sum(counts[state] for state in WAITING)
    over = issue.state is IssueState.SENDING and pending == 0
    return Status(
        id=issue.id,
        subject=issue.subject,
        state=IssueState.DONE if over else issue.state,
        audience=issue.audience or 0,
        accepted=counts[State.ACCEPTED],
        excluded={reason: n for state, reason, n in tally if state is State.EXCLUDED},
        failed={code: n for state, code, n in tally if state is State.FAILED},
        unknown=counts[State.UNKNOWN],
        pending=pending,
    )


def of(issue: Newsletter) -> Progress:
    """How far a frozen issue is, and its pace within the last minutes."""
    now = clock.now()
    settled, due, later = _counts(issue, now)
    warm_up = _warm_up(due)
    progress = Progress(settled, due, later, warm_up=warm_up)
    since, before = _oldest(issue)
    if since is None or issue.state is not IssueState.SENDING or now - since < _SOON:
        return progress
    minutes = (now - since) / timedelta(minutes=1)
    per_minute = (settled - before) / minutes
    if per_minute <= 0:
        return progress
    is_paced = due and warm_up is None
    ends_at = now + timedelta(minutes=due / per_minute) if is_paced else None
    return replace(progress, per_minute=per_minute, ends_at=ends_at)


def begin(issue_id: int, source: str) -> None:
    """Count from here: it begins, or goes on after a pause, which shall not slow its pace."""
    now = clock.now()
    _keep(issue_id, [_sample(now, _settled(source), now)])


def note(issue: Newsletter) -> None:
    """Count again, once a while has passed since the last count."""
    last, now = issue.samples[-1:], clock.now()
    if last and datetime.fromisoformat(last[0]["at"]) > now - SAMPLE:
        return
    settled, due, _ = _counts(issue, now)
    stands = last and settled == last[0]["settled"] and due and not warming.is_spent()
    moved = (lateness.moved_at(last) if stands else None) or now
    _keep(issue.id, [*last, _sample(now, settled, moved)])


def _oldest(issue: Newsletter) -> tuple[datetime | None, int]:
    if not issue.samples:
        return None, 0
    return datetime.fromisoformat(issue.samples[0]["at"]), issue.samples[0]["settled"]


def _sample(now: datetime, settled: int, moved: datetime) -> dict[str, Any]:
    return {"at": now.isoformat(), "settled": settled, "moved": moved.isoformat()}


def _warm_up(due: int) -> WarmUp | None:
    standing, last = warming.today(), warming.last_day(due)
    return WarmUp(standing.left, last) if standing and last else None


def _keep(issue_id: int, samples: list[dict[str, Any]]) -> None:
    with db.transaction(shown=False):
        db.changed(update(Newsletter).where(Newsletter.id == issue_id).values(samples=samples))


def _settled(source: str) -> int:
    """Asked of an index alone, by the states that few of an issue have when it begins."""
    settled = Delivery.state.in_(set(State) - set(WAITING))
    count = select(func.count()).where(Delivery.source == source, settled)
    with db.reading() as session:
        return session.scalar(count) or 0


def _counts(issue: Newsletter, now: datetime) -> tuple[int, int, int]:
    """Settled, due and later; who has yet to be entered into the ledger will be in a moment."""
    waits = Delivery.state.in_(WAITING)
    counted = select(
        func.count().filter(~waits),
        func.count().filter(waits, Delivery.due_at <= now),
        func.count().filter(waits, Delivery.due_at > now),
    ).where(Delivery.source == issue.source)
    with db.reading() as session:
        settled, due, later = session.execute(counted).one()
    on_the_roll = (issue.audience or 0) - settled - due - later
    return settled, due + on_the_roll, later
