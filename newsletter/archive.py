"""The public archive: issues that went to everybody."""

from collections.abc import Sequence

from sqlalchemy import select

from core import db
from newsletter.models import IssueState, Newsletter

_OUT = (IssueState.SENDING, IssueState.PAUSED, IssueState.DONE)


def latest(limit: int = 100) -> Sequence[Newsletter]:
    """The issues that went to everybody, newest first."""
    with db.reading() as session:
        return session.scalars(
            select(Newsletter)
            .where(Newsletter.state.in_(_OUT), Newsletter.segment.is_(None))
            .order_by(Newsletter.frozen_at.desc())
            .limit(limit)
        ).all()


def find(slug: str) -> Newsletter | None:
    """One issue of the archive."""
    with db.reading() as session:
        return session.scalar(
            select(Newsletter).where(
                Newsletter.slug == slug,
                Newsletter.state.in_(_OUT),
                Newsletter.segment.is_(None),
            )
        )
