"""Lateness: an issue that an outage made hours late is held for staff, unless its words keep.

It is late where something of it has been due for hours and nothing of any issue came out. That
another one goes first, that the sender warms up, or that very many take their time is no outage.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select

from core import clock, db
from core.mail.models import WAITING, Delivery
from newsletter.models import IssueState, Lateness, Newsletter

LATEST = timedelta(hours=4)
"""For how long after its moment an issue still goes by itself.

What was written for a morning, or an offer's last day, may be wrong by then.
"""
WAITS = "it is late, as after an outage"
"""Why a message waits that a worker had taken before its issue was held."""


def stopped_since() -> datetime | None:
    """Since when no issue has come any further although something was due; None where none goes."""
    with db.reading() as session:
        kept = session.scalars(_SAMPLES).all()
    return max((moved for samples in kept if (moved := moved_at(samples))), default=None)


def is_late(due_at: datetime, stopped: datetime | None) -> bool:
    """Whether a message that was due then comes too late, as nothing went out since `stopped`."""
    return stopped is not None and clock.now() - max(due_at, stopped) > LATEST


def is_to_be_held(issue: Newsletter, stopped: datetime | None) -> bool:
    """Whether an issue that is being sent must wait for staff."""
    limit = clock.now() - LATEST
    if issue.late is Lateness.SEND or stopped is None or stopped >= limit:
        return False
    due = exists().where(
        Delivery.source == issue.source,
        Delivery.state.in_(WAITING),
        (Delivery.due_at < limit) | (Delivery.reason == WAITS),
    )
    with db.reading() as session:
        return bool(session.scalar(select(due)))


def moved_at(samples: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When an issue last came further, or had nothing due, by its counts; None without any."""
    if not samples:
        return None
    last = samples[-1]
    return datetime.fromisoformat(last.get("moved", last["at"]))


# Made once: it is asked for every group of a newsletter.
_SAMPLES = select(Newsletter.samples).where(Newsletter.state == IssueState.SENDING)
