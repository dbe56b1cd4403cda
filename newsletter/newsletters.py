"""Issues of the newsletter: drafted, examined, frozen into the delivery ledger, watched.

Freezing writes one ledger row for everybody in the audience, also for those who are left out, so
that `audience = accepted + excluded + failed + unknown + pending` holds at every moment after.
"""

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, cast, literal, select, update

from core import clock, db, jobs
from core.findings import Finding, Weight
from core.mail import ledger
from core.mail.letters import Message
from core.mail.models import WAITING, State
from newsletter import (
    areas,
    lots,
    mailing,
    preflight,
    progress,
    rendering,
    segments,
    trials,
    waves,
)
from newsletter.lift import HELD_OUT
from newsletter.markup import BadLetter
from newsletter.models import IssueState, Newsletter, Subscriber, Suppression
from newsletter.trials import NoTrial, Plan

log = logging.getLogger(__name__)

MOST_HELD_OUT = 50
"""Percent of an audience."""

_BELL = "newsletters"


class NotReady(Exception):
    """An issue cannot go out; `findings` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(finding.text for finding in findings))
        self.findings = findings


class WrongState(Exception):
    """What was asked cannot be done with an issue in its state."""


class TooLate(Exception):
    """The hour is over already by the clocks of `readers`."""

    def __init__(self, readers: int) -> None:
        super().__init__(f"by the clocks of {readers:,} readers that hour is over already")
        self.readers = readers


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


def draft(
    subject: str,
    body: str,
    *,
    preheader: str = "",
    segment: str | None = None,
    others: Sequence[tuple[str, str]] = (),
) -> int:
    """Begin an issue; its id. `others` are subjects and preheaders to try, see `newsletter.trials`.

    Raises `LookupError` where no segment is called so, `NoTrial` for too many others.
    """
    segments.members(segment)
    now = clock.now()
    with db.transaction() as session:
        issue = Newsletter(
            slug=_free_slug(subject),
            subject=subject,
            preheader=preheader,
            body=body,
            segment=segment,
            state=IssueState.DRAFT,
            created_at=now,
            updated_at=now,
        )
        session.add(issue)
        session.flush()
        trials.write(issue.id, others)
        return issue.id


def revise(
    issue_id: int,
    *,
    subject: str,
    preheader: str,
    body: str,
    segment: str | None = None,
    others: Sequence[tuple[str, str]] = (),
) -> None:
    """Change a draft. Raises `WrongState` once it is on its way, and as `draft` does."""
    segments.members(segment)
    with db.transaction():
        values = {"subject": subject, "preheader": preheader, "body": body, "segment": segment}
        _change(issue_id, {IssueState.DRAFT}, updated_at=clock.now(), **values)
        trials.write(issue_id, others)


def duplicate(issue_id: int) -> int:
    """A new draft with the same words for the same segment; its id. Raises `LookupError`.

    When the other goes or went, to whom by lot, and what became of it stay with the other. A
    segment that is gone is left out.
    """
    issue = find(issue_id)
    others = [(each.subject, each.preheader) for each in trials.subjects(issue)[1:]]
    return draft(
        issue.subject,
        issue.body,
        preheader=issue.preheader,
        segment=issue.segment if issue.segment in segments.names() else None,
        others=others,
    )


def find(issue_id: int) -> Newsletter:
    """An issue. Raises `LookupError`."""
    with db.reading() as session:
        issue = session.get(Newsletter, issue_id)
    if issue is None:
        raise LookupError(f"there is no newsletter {issue_id}")
    return issue


def preview(subject: str, preheader: str, body: str) -> Message:
    """An issue as a reader without a name would get it. Raises `BadLetter`."""
    skeleton = rendering.compile_letter(subject, preheader, body, archived=True)
    return skeleton.fill(rendering.sample_values())


def send_test(issue_id: int, recipient: str) -> None:
    """Send an issue as it stands to one address; it counts nowhere."""
    moment = clock.now().isoformat()
    ledger.enqueue(
        key=f"{mailing.TEST}:{issue_id}:{recipient}:{moment}"[:200],
        letter=mailing.TEST,
        recipient=recipient,
        source="tests",
        payload={"newsletter": issue_id},
    )


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
    issue = find(issue_id)
    blocking = [finding for finding in preflight.examine(issue) if finding.weight is Weight.BLOCKS]
    if blocking:
        raise NotReady(blocking)
    if local is not None:
        at = _ahead_of_waves(issue, local)
    with db.transaction():
        by_clock = local and local.isoformat(timespec="minutes")
        _change(issue_id, {IssueState.DRAFT}, held_out=held_out, local_at=by_clock)
        if trial:
            readers = expected_audience(issue)
            trials.plan(issue, trial, held_out=held_out, readers=readers)
        else:
            trials.forget(issue_id)
        if at is not None and at > clock.now():
            _change(issue_id, {IssueState.DRAFT}, state=IssueState.SCHEDULED, scheduled_at=at)
        else:
            freeze(issue_id)


def freeze(issue_id: int) -> int:
    """Compile an issue and write its audience into the ledger, which sends it; how many people.

    Raises `BadLetter`, `WrongState`.
    """
    issue = find(issue_id)
    skeleton = rendering.compile_letter(
        issue.subject, issue.preheader, issue.body, archived=True, source=trials.source(issue)
    )
    html, text = rendering.store_parts(skeleton)
    with db.transaction():
        _change(
            issue_id,
            {IssueState.DRAFT, IssueState.SCHEDULED},
            state=IssueState.SENDING,
            html=html,
            text=text,
            frozen_at=clock.now(),
        )
        trials.freeze(issue)
        local = issue.local_at and datetime.fromisoformat(issue.local_at)
        expected = waves.expected(issue.segment, local) if local else []
        people = _audience(issue)
        if local:
            people = people.add_columns(waves.due(local, expected).label("due_at"))
        audience = ledger.enqueue_selected(people, letter=mailing.ISSUE, source=issue.source)
        trials.put_off_rest(issue)
        values = {"audience": audience, "waves": waves.record(issue.source, expected)}
        db.changed(update(Newsletter).where(Newsletter.id == issue_id).values(values))
        progress.begin(issue_id, issue.source)
    return audience


def pause(issue_id: int) -> None:
    """Stop at once whatever has not begun. Raises `WrongState`."""
    with db.transaction():
        _change(issue_id, {IssueState.SENDING}, state=IssueState.PAUSED)
        ledger.hold(find(issue_id).source)


def resume(issue_id: int) -> None:
    """Go on exactly where it stopped. Raises `WrongState`."""
    with db.transaction():
        _change(issue_id, {IssueState.PAUSED}, state=IssueState.SENDING)
        ledger.resume(find(issue_id).source)
        progress.begin(issue_id, find(issue_id).source)


def cancel(issue_id: int) -> None:
    """Send no more of it; what went is gone. Raises `WrongState`."""
    open_states = {IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED}
    with db.transaction():
        _change(issue_id, open_states, state=IssueState.CANCELLED, done_at=clock.now())
        ledger.cancel(find(issue_id).source, "cancelled")


def unschedule(issue_id: int) -> None:
    """Make a scheduled issue a draft again. Raises `WrongState`."""
    with db.transaction():
        back = {"state": IssueState.DRAFT, "scheduled_at": None, "local_at": None}
        _change(issue_id, {IssueState.SCHEDULED}, **back)
        trials.forget(issue_id)


def status(issue_id: int) -> Status:
    """What became of its audience by now. Raises `LookupError`."""
    with db.reading():
        issue = find(issue_id)
        tally = ledger.tally(issue.source)
    counts = dict.fromkeys(State, 0)
    for state, _, messages in tally:
        counts[state] += messages
    pending = sum(counts[state] for state in WAITING)
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


def expected_audience(issue: Newsletter) -> int:
    """How many people would be frozen if it went now."""
    return segments.size(issue.segment)


def everything() -> Sequence[Newsletter]:
    """Every issue, newest first."""
    with db.reading() as session:
        return session.scalars(select(Newsletter).order_by(Newsletter.id.desc())).all()


@jobs.job(_BELL, every_minutes=1)
def tend() -> None:
    """Freeze what is scheduled for now, close what has nothing pending, look at trials."""
    with db.reading() as session:
        due = session.scalars(
            select(Newsletter.id).where(
                Newsletter.state == IssueState.SCHEDULED, Newsletter.scheduled_at <= clock.now()
            )
        ).all()
        open_ones = session.scalars(
            select(Newsletter).where(Newsletter.state == IssueState.SENDING)
        ).all()
    for issue in open_ones:
        if ledger.is_open(issue.source):
            progress.note(issue)
        else:
            _close(issue.id)
    trials.tend()
    for issue_id in due:
        try:
            freeze(issue_id)
        except BadLetter:
            # The others must not wait for it.
            log.exception("newsletter %s cannot be sent, and is a draft again", issue_id)
            unschedule(issue_id)


def _ahead_of_waves(issue: Newsletter, local: datetime) -> datetime | None:
    """When to freeze an issue for its first wave. Raises `TooLate`."""
    expected = waves.expected(issue.segment, local)
    over = [wave for wave in expected if wave.at <= clock.now()]
    if over:
        raise TooLate(sum(wave.readers for wave in over))
    return expected[0].at - waves.AHEAD if expected else None


def _audience(issue: Newsletter) -> Select[*tuple[Any, ...]]:
    """Everybody in the segment, and for whom it is left out the reason."""
    key = literal(f"{issue.source}:") + cast(Subscriber.id, String)
    now = clock.now()
    return (
        select(
            key.label("key"),
            Subscriber.id.label("person"),
            Subscriber.email.label("recipient"),
            case(
                (Suppression.reason.is_not(None), literal("suppressed: ") + Suppression.reason),
                (Subscriber.paused_until > now, literal("paused")),
                (areas.wants_others(issue.areas), literal(areas.OTHERS)),
                (lots.drawn(Subscriber.id, issue.id) < issue.held_out, literal(HELD_OUT)),
            ).label("reason"),
        )
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(segments.members(issue.segment))
        .order_by(Subscriber.id)
    )


def _close(issue_id: int) -> None:
    with db.transaction():
        db.changed(
            update(Newsletter)
            .where(Newsletter.id == issue_id, Newsletter.state == IssueState.SENDING)
            .values(state=IssueState.DONE, done_at=clock.now())
        )


def _change(issue_id: int, states: set[IssueState], **values: Any) -> None:
    """Change an issue that is in one of the states. Raises `WrongState`, `LookupError`."""
    with db.transaction():
        changed = db.changed(
            update(Newsletter)
            .where(Newsletter.id == issue_id, Newsletter.state.in_(states))
            .values(**values)
        )
        if changed == 0:
            raise WrongState(f"newsletter {issue_id} is {find(issue_id).state.value}")


def _free_slug(subject: str) -> str:
    """An address for the archive, from the subject."""
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100] or "letter"
    taken = set(
        db.session().scalars(select(Newsletter.slug).where(Newsletter.slug.startswith(slug)))
    )
    return next(
        name
        for name in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3)))
        if name not in taken
    )
