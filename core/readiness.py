"""Whether the shop is ready for a launch: every package says what it needs and how that stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something that a launch needs stands."""

    OK = "ok"
    WARNING = "warning"
    """A launch is possible without it, and better with it."""
    BLOCKS = "blocks"
    UNKNOWN = "unknown"
    """It could not be checked from here."""


@dataclass(frozen=True)
class Finding:
    """How a subject stands, and in `detail` what was seen or what to do; both for people."""

    subject: str
    state: State
    detail: str


Check = Callable[[], Iterable[Finding]]

_checks: list[Check] = []


def register(check: Check) -> None:
    """Ask `check` too before a launch; to say so twice changes nothing."""
    if check not in _checks:
        _checks.append(check)


def examine() -> list[Finding]:
    """Ask all checks, in the order in which they were registered."""
    return [finding for check in _checks for finding in check()]


def blocks(findings: Iterable[Finding]) -> bool:
    """Whether one of them stands in the way of a launch."""
    return any(finding.state is State.BLOCKS for finding in findings)


def judge(subject: str, *, good: bool, ok: str, otherwise: str, worst: State) -> Finding:
    """The finding `ok` where it is `good`, else `otherwise` with the state `worst`."""
    return Finding(subject, State.OK, ok) if good else Finding(subject, worst, otherwise)
