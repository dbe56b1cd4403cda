"""The page of an issue that is on its way: what became of it, to the last reader."""

from collections.abc import Iterable
from dataclasses import dataclass

from core import clock
from core.web import visits
from newsletter import clicks, failures, lift, progress, subjects, trials, waves
from newsletter.models import Newsletter
from newsletter.progress import Status
from staff.frame import page


@dataclass(frozen=True)
class Share:
    """A part of an audience: its name, why, and how many."""

    kind: str
    why: str
    count: int


def show(issue: Newsletter) -> str:
    """Its fates, its pace, its trial, and what it led to."""
    status = progress.status(issue.id)
    followed = clicks.links(issue)
    trial = trials.find(issue.id)
    return page(
        "issue.html",
        issue=issue,
        status=status,
        shares=list(shares(status)),
        progress=progress.of(issue) if issue.frozen_at else None,
        waves=waves.of(issue),
        failures=failures.of(issue) if issue.frozen_at else [],
        trial=trial,
        subjects=subjects.of(issue) if trial else [],
        results=trials.results(issue, trial) if trial and issue.frozen_at else [],
        next_look=trials.next_look(trial) if trial else None,
        followed=followed,
        machines=clicks.machines(followed),
        kept_days=visits.KEPT.days,
        forgotten=issue.frozen_at is not None and clock.now() - issue.frozen_at > visits.KEPT,
        lift=lift.measure(issue),
        counted_until=issue.frozen_at + lift.WINDOW if issue.frozen_at else None,
        now=clock.now(),
    )


def shares(status: Status) -> Iterable[Share]:
    """The parts of an audience, in the order of the bar; they always add up to it."""
    yield Share("accepted", "", status.accepted)
    yield Share("pending", "", status.pending)
    yield Share("unknown", "", status.unknown)
    for why, count in sorted(status.failed.items()):
        yield Share("failed", why, count)
    for why, count in sorted(status.excluded.items()):
        yield Share("excluded", why, count)
