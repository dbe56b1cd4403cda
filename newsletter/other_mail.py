"""What else goes to readers than the sequence that is looked at, since caps count it too.

What went within a week or waits in the ledger, what they are to get of other sequences, and the
newsletters that are scheduled. It is asked by the hour, so that very many readers are few kinds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    not_,
    or_,
    select,
)

from core import clock, db
from core.mail import caps
from core.mail.models import Delivery, State, Stream
from newsletter import areas, mailing, segments, steps, zones
from newsletter.mailboxes import Letter
from newsletter.models import (
    Enrolment,
    IssueState,
    Newsletter,
    SequenceVersion,
    Subscriber,
    Walk,
)
from newsletter.steps import Branch, End, Mail, Pace, Step

_HOUR = 3600
_GONE, _STEP, _OTHER = "g", "s", "o"


class Found(NamedTuple):
    """What went to readers who are alike, and what will: the letters in the order of their time."""

    gone: tuple[datetime, ...] = ()
    coming: tuple[Letter, ...] = ()


NOTHING = Found()


@dataclass(frozen=True)
class Issue:
    """A newsletter that is scheduled: when it goes, by every reader's clock if `local` says so."""

    subject: str
    at: datetime
    local: datetime | None
    segment: str | None
    areas: tuple[str, ...]

    def moment(self, zone: str) -> datetime:
        """When it goes to a reader in a zone."""
        return zones.at_time(self.local, zone) if self.local else self.at

    def reaches(self) -> ColumnElement[bool]:
        """Whether it is for a row of `Subscriber`, as an expression; a lost segment has nobody."""
        try:
            meant = segments.members(self.segment)
        except LookupError:
            return literal(value=False)
        return and_(meant, not_(areas.wants_others(self.areas)))


def issues() -> list[Issue]:
    """The newsletters that are scheduled, the next one first."""
    scheduled = (
        select(
            Newsletter.subject,
            Newsletter.scheduled_at,
            Newsletter.local_at,
            Newsletter.segment,
            Newsletter.areas,
        )
        .where(Newsletter.state == IssueState.SCHEDULED, Newsletter.scheduled_at.is_not(None))
        .order_by(Newsletter.scheduled_at)
    )
    with db.reading() as session:
        return [
            Issue(subject, at, datetime.fromisoformat(local) if local else None, segment, (*about,))
            for subject, at, local, segment, about in session.execute(scheduled)
            if at is not None
        ]


def beside(
    readers: Select[*tuple[Any, ...]], sequence_id: int, *, one_in: int = 1
) -> Select[*tuple[Any, ...]]:
    """A selection of readers, one in so many of them, with two more columns that `Reading` reads.

    What the ledger holds for them, and where they are in other sequences.
    """
    ledger, walks = _in_the_ledger(one_in), _on_other_ways(sequence_id, one_in)
    return (
        readers.add_columns(ledger.c.ledger, walks.c.walks)
        .where(Subscriber.id % one_in == 0)
        .outerjoin(ledger, ledger.c.recipient == Subscriber.email)
        .outerjoin(walks, walks.c.subscriber_id == Subscriber.id)
    )


class Reading:
    """Reads what `columns` found; each version of a sequence is read once."""

    def __init__(self) -> None:
        self._now = clock.now()
        self._versions: dict[int, list[Step]] = {}

    def of(self, reader: Pace, ledger: str | None, walks: str | None) -> Found:
        """What went, and what waits or comes of other sequences."""
        gone, coming = list[datetime](), list[Letter]()
        for token in (ledger or "").split():
            kind, moment = token[0], _moment(token[1:])
            if kind == _GONE:
                gone.append(moment)
            else:
                coming.append(Letter(None, max(moment, self._now), alone=kind == _OTHER))
        for token in (walks or "").split():
            version, position, hour = token.split(":")
            walked = self._walked(int(version))
            coming += _onward(walked, int(position), max(_moment(hour), self._now), reader)
        return Found(tuple(sorted(gone)), tuple(sorted(coming, key=lambda each: each.at)))

    def _walked(self, version: int) -> list[Step]:
        if version not in self._versions:
            with db.reading() as session:
                rows = session.execute(select(SequenceVersion.id, SequenceVersion.steps))
                self._versions = {number: steps.read(stored) for number, stored in rows}
        return self._versions[version]


def _in_the_ledger(one_in: int) -> Subquery:
    """For each address what counts of a week, and what waits, but for what staff hold."""
    went = Delivery.state.in_((State.ACCEPTED, State.UNKNOWN)) & (
        Delivery.settled_at > clock.now() - caps.WEEK
    )
    waits = Delivery.state.in_((State.PENDING, State.CLAIMED, State.SENDING))
    kind = case((went, _GONE), (Delivery.letter == mailing.STEP, _STEP), else_=_OTHER)
    token = kind + _hour(func.coalesce(Delivery.settled_at, Delivery.due_at))
    return (
        select(Delivery.recipient, func.aggregate_strings(token, " ").label("ledger"))
        .where(
            Delivery.stream == Stream.MARKETING,
            Delivery.within.is_(None),
            or_(went, waits),
            or_(Delivery.person.is_(None), Delivery.person % one_in == 0),
        )
        .group_by(Delivery.recipient)
        .subquery()
    )


def _on_other_ways(sequence_id: int, one_in: int) -> Subquery:
    """For each reader the version, the step that comes next and its hour, of other sequences."""
    place = cast(Enrolment.version_id, String) + ":" + cast(Enrolment.position, String)
    token = place + ":" + _hour(Enrolment.due_at)
    return (
        select(Enrolment.subscriber_id, func.aggregate_strings(token, " ").label("walks"))
        .where(
            Enrolment.state == Walk.ACTIVE,
            Enrolment.sequence_id != sequence_id,
            Enrolment.subscriber_id % one_in == 0,
        )
        .group_by(Enrolment.subscriber_id)
        .subquery()
    )


def _onward(walked: list[Step], position: int, due_at: datetime, reader: Pace) -> list[Letter]:
    """The letters from a step on, for somebody who meets no condition."""
    letters, moment = list[Letter](), due_at
    while position < len(walked):
        step = walked[position]
        if isinstance(step, Mail):
            letters.append(Letter(None, moment))
        if isinstance(step, End):
            break
        position = step.otherwise if isinstance(step, Branch) else position + 1
        if position < len(walked):
            moment = steps.due(walked[position], moment, reader)
    return letters


def _hour(moment: ColumnElement[Any] | Any) -> ColumnElement[str]:
    """The hour of a moment, counted from 1970, as text."""
    seconds = cast(func.floor(extract("epoch", moment)), Integer)
    return cast(seconds // _HOUR, String)


def _moment(hour: str) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(hours=int(hour))
