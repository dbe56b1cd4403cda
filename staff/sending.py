"""How an issue is sent: what its form asks for, what that would mean, and the sending itself."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from flask import abort, request

from core import clock
from core.findings import Finding, Weight
from newsletter import dispatch, newsletters, preflight, prospects, subjects, trials, waves
from newsletter.dispatch import NotReady
from newsletter.models import Newsletter, Yardstick
from newsletter.trials import Plan
from staff.frame import page

HELD_OUT = (
    ("0", "nobody"),
    ("5", "5 of 100 readers, by lot"),
    ("10", "10 of 100 readers, by lot"),
    ("20", "20 of 100 readers, by lot"),
)
CLOCKS = (("utc", "UTC, for all at once"), ("readers", "each reader's own, zone after zone"))
TRIAL_CHOICES = {
    "trial": (
        ("", "no: the first subject goes to all"),
        ("clicks", "by how often people follow its links"),
        ("orders", "by how many readers buy"),
    ),
    "share": tuple((str(share), f"{share} of 100 readers for each") for share in trials.SHARES),
    "hours": tuple((str(hours), f"{hours} hours") for hours in trials.HOURS),
    "error": tuple((str(error), f"{error} of 100") for error in trials.ERRORS),
    "until": (("", "once, at the end"), ("1", f"{trials.LOOKS} times, until it is decided")),
}


@dataclass(frozen=True)
class Sending:
    """What the form asks for that sends an issue."""

    at: str = ""
    clock: str = "utc"
    held_out: str = "0"
    trial: str = ""
    share: str = "10"
    hours: str = "4"
    error: str = "5"
    until: str = ""

    @property
    def plan(self) -> Plan | None:
        """The trial that is asked for."""
        if not self.trial:
            return None
        return Plan(
            yardstick=Yardstick(self.trial),
            share=int(self.share),
            hours=int(self.hours),
            error=int(self.error),
            until_decided=bool(self.until),
        )

    @property
    def by_readers(self) -> bool:
        """Whether the moment is meant by each reader's own clock."""
        return self.clock == "readers"

    def moment(self) -> datetime | None:
        """The moment as it was typed, without a zone; None for now. Raises `ValueError`."""
        at = _moment(self.at)
        if at is None and self.by_readers:
            raise ValueError("by readers' own clocks it needs a moment")
        if at and not self.by_readers and at.replace(tzinfo=UTC) <= clock.now():
            raise ValueError("that moment is over")
        return at


def send(number: int) -> None:
    """Send an issue as the form asks; raises as `dispatch.send` does, and `ValueError`."""
    wanted = _asked()
    at = wanted.moment()
    outside = preflight.examine_outside(newsletters.find(number))
    if any(finding.weight is Weight.BLOCKS for finding in outside):
        raise NotReady(outside)
    dispatch.send(
        number,
        at=None if wanted.by_readers or at is None else at.replace(tzinfo=UTC),
        local=at if wanted.by_readers else None,
        held_out=int(wanted.held_out),
        trial=wanted.plan,
    )


def examine(issue: Newsletter) -> list[Finding]:
    """All that speaks against an issue, also by what others answer; what blocks is first."""
    found = preflight.examine(issue) + preflight.examine_outside(issue)
    return sorted(found, key=lambda finding: finding.weight.value)


def page_before(issue: Newsletter, findings: list[Finding], **errors: str) -> str:
    """What there is to know before an issue goes out, with what was chosen and its `errors`."""
    wanted = _asked()
    audience = dispatch.expected_audience(issue)
    tried = subjects.of(issue)
    at = _moment_or_none(wanted.at)
    return page(
        "send.html",
        issue=issue,
        findings=findings,
        blocked=any(finding.weight is Weight.BLOCKS for finding in findings),
        audience=audience,
        wanted=wanted,
        errors={name: f"{said[0].upper()}{said[1:]}." for name, said in errors.items()},
        parts=HELD_OUT,
        clocks=CLOCKS,
        waves=waves.expected(issue.segment, at) if at and wanted.clock == "readers" else [],
        subjects=tried,
        trial_choices=TRIAL_CHOICES,
        prospect=wanted.plan and prospects.of(wanted.plan, len(tried), audience),
        outlook=_outlook(len(tried), audience) if len(tried) > 1 else [],
    )


def _outlook(subjects: int, audience: int) -> list[tuple[int, prospects.Prospect]]:
    """What each share could find by clicks, by one look with an error of 5 of 100."""
    return [
        (share, prospects.of(Plan(share=share), subjects, audience))
        for share in trials.SHARES
        if share * subjects <= 100
    ]


def _asked() -> Sending:
    """The sending form's fields; 400 for a choice that is none."""
    given = request.values
    wanted = Sending(
        **{each.name: given.get(each.name, str(each.default)) for each in fields(Sending)}
    )
    choices: dict[str, Collection[str]] = {
        "clock": dict(CLOCKS),
        "held_out": dict(HELD_OUT),
        **{name: dict(options) for name, options in TRIAL_CHOICES.items()},
    }
    for name, allowed in choices.items():
        if getattr(wanted, name) not in allowed:
            abort(400, f"There is no such choice of {name}.")
    return wanted


def _moment(text: str) -> datetime | None:
    """A moment to come as the browser's field gives it, without a zone; None where it is empty.

    Raises `ValueError` where it is none. Whether it is over depends on whose clock is meant.
    """
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise ValueError("this is no moment") from None


def _moment_or_none(text: str) -> datetime | None:
    try:
        return _moment(text)
    except ValueError:
        return None
