"""Segments: parts of the list that a newsletter may go to, by the words tied to people."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, func, select

from core import db
from newsletter.models import Standing, Subscriber, SubscriberTag


def members(segment: str | None) -> ColumnElement[bool]:
    """Who belongs: everybody on the list, or those of them with this tag."""
    confirmed = Subscriber.standing == Standing.CONFIRMED
    if segment is None:
        return confirmed
    tagged = exists().where(
        SubscriberTag.subscriber_id == Subscriber.id, SubscriberTag.name == segment
    )
    return confirmed & tagged


def size(segment: str | None) -> int:
    """How many people belong to it."""
    with db.reading() as session:
        return (
            session.scalar(select(func.count()).select_from(Subscriber).where(members(segment)))
            or 0
        )


def names() -> Sequence[str]:
    """Every segment there is, in order."""
    with db.reading() as session:
        return session.scalars(
            select(SubscriberTag.name).distinct().order_by(SubscriberTag.name)
        ).all()


def tag(subscriber_id: int, name: str) -> None:
    """Tie a word to a person; again changes nothing."""
    with db.transaction():
        db.insert_missing(SubscriberTag, subscriber_id=subscriber_id, name=name)
