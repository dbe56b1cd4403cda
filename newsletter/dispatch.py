"""Sends issues: examined, frozen into the delivery ledger, paused, closed.

Freezing writes down everybody in the audience, also those who are left out, so that `audience =
accepted + excluded + failed + unknown + pending` holds at every moment after.
"""

import time
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, select, update

from core import clock, db, jobs
from core.findings import Finding, Weight
from core.mail import deeds, ledger
from core.mail.models import Delivery
from newsletter import (
    lateness,
    newsletters,
    preflight,
    progress,
    rendering,
    rolls,
    segments,
    subjects,
    trials,
    waves,
)
from newsletter.markup import BadLetter
from newsletter.models import IssueState, Lateness, Newsletter
from newsletter.newsletters import WrongState
from newsletter.trials import NoTrial, Plan
from shop import alerts

MOST_HELD_OUT = 50
"""Percent of an audience."""
_BELL = "newsletters"
_ROLLS = "newsletter rolls"


class NotReady(Exception):
    """An issue cannot go out; `findings` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(finding.text for finding in findings))
        self.findings = findings


class TooLate(Exception):
    """The hour is over already by the clocks of `readers`."""

    def __init__(self, readers: int) -> None:
        super().__init__(f"by the clocks of {readers:,} readers that hour is over already")
        self.readers = readers


def send(
    issue_id: int,
    *,
    at: datetime | None = None,
    local: datetime | None = None,
    held_out: int = 0,
    trial: Plan | None = None,
) -> None:
    """Send a draft now, at a moment, or when every reader's own clock says `local`, without a zone.

    Not to `held_out` percent of its readers, by lot; with a `trial` to some under each subject
    before the rest. Raises `NotReady`, `WrongState`, `LookupError`, `TooLate` where the hour is
    over for some, `NoTrial`, and `ValueError` for more than `MOST_HELD_OUT`.
    """
    if not 0 <= held_out <= MOST_HELD_OUT:
        raise ValueError(f"at most {MOST_HELD_OUT} percent can be held out")
    if trial and local:
        raise NoTrial("a trial goes to all of its readers at once, not by their clocks")
    issue = newsletters.find(issue_id)
    blocking = [finding for finding in preflight.examine(issue) if finding.weight is Weight.BLOCKS]
    if blocking:
        raise NotReady(blocking)
    if local is not None:
        at = _ahead_of_waves(issue, local)
    with db.transaction():
        by_clock = local and local.isoformat(timespec="minutes")
        newsletters.change(issue_id, {IssueState.DRAFT}, held_out=held_out, local_at=by_clock)
        if trial:
            readers = expected_audience(issue)
            trials.plan(issue, trial, held_out=held_out, readers=readers)
        else:
            trials.forget(issue_id)
        if at is not None and at > clock.now():
            newsletters.change(
                issue_id, {IssueState.DRAFT}, state=IssueState.SCHEDULED, scheduled_at=at
            )
        else:
            freeze(issue_id)


def freeze(issue_id: int) -> int:
    """Compile an issue and freeze its audience, which then goes into the ledger; how many people.

    Raises `BadLetter`, `WrongState`.
    """
    issue = newsletters.find(issue_id)
    skeleton = rendering.compile_letter(
        issue.subject, issue.preheader, issue.body, archived=True, source=trials.source(issue)
    )
    html, text = rendering.store_parts(skeleton)
    with db.transaction():
        newsletters.change(
            issue_id,
            {IssueState.DRAFT, IssueState.SCHEDULED},
            state=IssueState.SENDING,
            html=html,
            text=text,
            frozen_at=clock.now(),
        )
        if trials.find(issue_id):
            subjects.freeze(issue, trials.source(issue))
        audience = rolls.freeze(issue)
        values: dict[str, Any] = {"audience": audience}
        if issue.local_at:
            local = datetime.fromisoformat(issue.local_at)
            expected = waves.expected(issue.segment, local)
            values["waves"] = waves.record(issue, local, expected)
        db.changed(update(Newsletter).where(Newsletter.id == issue_id).values(values))
        trials.count_readers(issue)
        if _enter_portion(issue_id) < audience:  # a small issue has no more
            db.analyze(Delivery)  # or what is due next is sought by sorting all that is
        progress.begin(issue_id, issue.source)
        jobs.ring(_ROLLS)
    return audience


def pause(issue_id: int) -> None:
    """Stop at once whatever has not begun. Raises `WrongState`."""
    with db.transaction():
        newsletters.change(issue_id, {IssueState.SENDING}, state=IssueState.PAUSED)
        deeds.hold(newsletters.find(issue_id).source)


def resume(issue_id: int) -> None:
    """Go on exactly where it stopped. Raises `WrongState`."""
    with db.transaction():
        newsletters.change(issue_id, {IssueState.PAUSED}, state=IssueState.SENDING)
        deeds.resume(newsletters.find(issue_id).source)
        progress.begin(issue_id, newsletters.find(issue_id).source)


def cancel(issue_id: int) -> None:
    """Send no more of it; what went is gone. Raises `WrongState`."""
    open_states = {IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED}
    with db.transaction():
        newsletters.change(issue_id, open_states, state=IssueState.CANCELLED, done_at=clock.now())
        deeds.cancel(newsletters.find(issue_id).source, "cancelled")


def unschedule(issue_id: int) -> None:
    """Make a scheduled issue a draft again. Raises `WrongState`."""
    with db.transaction():
        back = {"state": IssueState.DRAFT, "scheduled_at": None, "local_at": None}
        newsletters.change(issue_id, {IssueState.SCHEDULED}, **back)
        trials.forget(issue_id)


def expected_audience(issue: Newsletter) -> int:
    """How many people would be frozen if it went now."""
    return segments.size(issue.segment)


@jobs.job(_ROLLS, every_minutes=1)
def enter() -> int:
    """Enter the next portion of a frozen issue into the ledger; how many readers.

    Asks for another turn while there are any, as `core.mail.deeds` does for the same reasons.
    """
    issue_id = rolls.next_open()
    if issue_id is None:
        return 0
    started = time.monotonic()
    entered = _enter_portion(issue_id)
    # SQLite serves whoever waits to write by chance: twice as long as this took is theirs.
    time.sleep(2 * (time.monotonic() - started))
    jobs.ring(_ROLLS)
    return entered


@jobs.job(_BELL, every_minutes=1)
def tend() -> None:
    """Freeze what is scheduled for now, close what has nothing pending, look at trials.

    What an outage made late is held for staff instead, see `lateness`.
    """
    with db.reading() as session:
        due = session.scalars(
            select(Newsletter).where(
                Newsletter.state == IssueState.SCHEDULED, Newsletter.scheduled_at <= clock.now()
            )
        ).all()
        open_ones = session.scalars(
            select(Newsletter).where(Newsletter.state == IssueState.SENDING)
        ).all()
    stopped = lateness.stopped_since()
    for issue in open_ones:
        if not rolls.is_open(issue) and not ledger.is_open(issue.source):
            _close(issue.id)
        elif lateness.is_to_be_held(issue, stopped):
            _hold(issue, stopped)
        else:
            progress.note(issue)
    if trials.tend():
        jobs.ring(_BELL)
    for issue in due:
        _send_or_give_back(issue)


def _hold(issue: Newsletter, stopped: datetime | None) -> None:
    """Pause an issue that an outage interrupted, and tell staff, who resume it or call it off."""
    with db.transaction():
        try:
            pause(issue.id)
        except WrongState:
            return
        told = f"“{issue.subject}” is paused: nothing went out since {stopped:%B %-d, %H:%M} UTC."
        alerts.raise_alert("newsletter_late", told, key=str(issue.id))


def _send_or_give_back(issue: Newsletter) -> None:
    """Freeze what is due; a draft again is what comes too late, or cannot be compiled any more."""
    is_late = issue.scheduled_at and clock.now() - issue.scheduled_at > lateness.LATEST
    if is_late and issue.late is Lateness.HOLD:
        moment = f"{issue.scheduled_at:%B %-d, %H:%M} UTC"
        _give_back(issue, f"its moment, {moment}, was long over when it could have gone")
        return
    try:
        freeze(issue.id)
    except BadLetter as error:
        _give_back(issue, str(error))


def _give_back(issue: Newsletter, why: str) -> None:
    """Make an issue a draft again and tell staff; those after it do not wait for it."""
    with db.transaction():
        unschedule(issue.id)
        told = f"“{issue.subject}” was not sent and is a draft again: {why}."
        alerts.raise_alert("newsletter_not_sent", told, key=str(issue.id))


def _ahead_of_waves(issue: Newsletter, local: datetime) -> datetime | None:
    """When to freeze an issue for its first wave. Raises `TooLate`."""
    expected = waves.expected(issue.segment, local)
    over = [wave for wave in expected if wave.at <= clock.now()]
    if over:
        raise TooLate(sum(wave.readers for wave in over))
    return expected[0].at - waves.AHEAD if expected else None


def _enter_portion(issue_id: int) -> int:
    with db.transaction() as session:
        issue = session.get_one(Newsletter, issue_id, with_for_update=True, populate_existing=True)
        return rolls.enter(issue, _due(issue))


def _due(issue: Newsletter) -> ColumnElement[datetime]:
    """When a reader's message is due, as an expression over `Subscriber`."""
    if issue.local_at:
        return waves.due(datetime.fromisoformat(issue.local_at), waves.of(issue))
    tried = trials.due(issue)
    return literal(issue.frozen_at, Newsletter.frozen_at.type) if tried is None else tried


def _close(issue_id: int) -> None:
    with db.transaction():
        db.changed(
            update(Newsletter)
            .where(Newsletter.id == issue_id, Newsletter.state == IssueState.SENDING)
            .values(state=IssueState.DONE, done_at=clock.now())
        )
