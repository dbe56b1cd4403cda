"""Issues on the web: the archive of those for everybody, and each for whoever has it in mail.

They stand under the subject that most readers got.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from core import db
from newsletter.models import IssueState, Newsletter, OtherSubject, Trial

_OUT = (IssueState.SENDING, IssueState.PAUSED, IssueState.DONE)
_WENT = (*_OUT, IssueState.CANCELLED)
"""A letter's own link leads on when the rest of its issue was called off."""


@dataclass(frozen=True)
class Published:
    """An issue that is out; where its subjects were tried, with the one that did best."""

    id: int
    slug: str
    subject: str
    preheader: str
    body: str
    source: str
    frozen_at: datetime


def latest(limit: int = 100) -> Sequence[Published]:
    """The issues that went to everybody, newest first."""
    newest = _of(_OUT, _public()).order_by(Newsletter.frozen_at.desc()).limit(limit)
    with db.reading() as session:
        return [_published(*row) for row in session.execute(newest)]


def find(slug: str) -> Published | None:
    """One issue that went to everybody."""
    return _first(_public(), Newsletter.slug == slug)


def find_letter(issue_id: int) -> Published | None:
    """An issue for whoever has it in mail, also where it went to a part of the list."""
    return _first(Newsletter.id == issue_id)


def _public() -> ColumnElement[bool]:
    return Newsletter.segment.is_(None)


def _first(*meant: ColumnElement[bool]) -> Published | None:
    with db.reading() as session:
        row = session.execute(_of(_WENT, *meant)).first()
    return _published(*row) if row else None


def _of(
    states: Collection[IssueState], *meant: ColumnElement[bool]
) -> Select[Newsletter, OtherSubject]:
    """Frozen issues in these states and, where another subject did better, that one."""
    of_trial = OtherSubject.newsletter_id == Trial.newsletter_id
    return (
        select(Newsletter, OtherSubject)
        .outerjoin(Trial, Trial.newsletter_id == Newsletter.id)
        .outerjoin(OtherSubject, of_trial & (OtherSubject.number == Trial.winner))
        .where(Newsletter.state.in_(states), Newsletter.frozen_at.is_not(None), *meant)
    )


def _published(issue: Newsletter, winner: OtherSubject | None) -> Published:
    assert issue.frozen_at is not None
    return Published(
        id=issue.id,
        slug=issue.slug,
        subject=winner.subject if winner else issue.subject,
        preheader=winner.preheader if winner else issue.preheader,
        body=issue.body,
        source=issue.source,
        frozen_at=issue.frozen_at,
    )
