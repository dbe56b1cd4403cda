"""The public archive: issues that went to everybody, under the subject that most readers got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from core import db
from newsletter.models import IssueState, Newsletter, OtherSubject, Trial

_OUT = (IssueState.SENDING, IssueState.PAUSED, IssueState.DONE)


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
    newest = _out().order_by(Newsletter.frozen_at.desc()).limit(limit)
    with db.reading() as session:
        return [_published(*row) for row in session.execute(newest)]


def find(slug: str) -> Published | None:
    """One issue of the archive."""
    with db.reading() as session:
        row = session.execute(_out().where(Newsletter.slug == slug)).first()
    return _published(*row) if row else None


def _out() -> Select[Newsletter, OtherSubject]:
    """Issues that are out and, where another subject did better, that one."""
    of_trial = OtherSubject.newsletter_id == Trial.newsletter_id
    return (
        select(Newsletter, OtherSubject)
        .outerjoin(Trial, Trial.newsletter_id == Newsletter.id)
        .outerjoin(OtherSubject, of_trial & (OtherSubject.number == Trial.winner))
        .where(Newsletter.state.in_(_OUT), Newsletter.segment.is_(None))
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
