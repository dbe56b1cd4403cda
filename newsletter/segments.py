"""Segments: named parts of the list that a newsletter may go to, and the words tied to people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, select, update

from core import clock, db, events
from newsletter import conditions, implied, predicates
from newsletter.conditions import BadRule, Rule
from newsletter.events import Tagged
from newsletter.models import (
    IssueState,
    Newsletter,
    Segment,
    Standing,
    Subscriber,
    SubscriberTag,
)

_TO_COME = (IssueState.DRAFT, IssueState.SCHEDULED)


class InUse(Exception):
    """An issue that has yet to go out is meant for this segment."""


def save(name: str, rule: Rule, *, number: int | None = None) -> int:
    """Keep a segment under a name, a new one or in place of `number`; its number.

    An issue that has yet to go out follows a new name, and goes to whom the rule means when it is
    frozen. Raises `BadRule` where the name is empty or taken, `LookupError`.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= 64:
        raise BadRule("A segment has a name of up to 64 characters.")
    with db.transaction() as session:
        namesake = session.scalar(select(Segment).where(Segment.name == name))
        if namesake is not None and namesake.id != number:
            raise BadRule("There is a segment of that name.")
        segment = _draft() if number is None else by_number(number)
        if number is not None:
            _rename(segment.name, name)
        segment.name, segment.rule = name, conditions.write(rule)
        segment.updated_at = clock.now()
        session.add(segment)
        session.flush()
        return segment.id


def remove(number: int) -> None:
    """Forget a segment. Raises `InUse`, `LookupError`."""
    with db.transaction() as session:
        segment = by_number(number)
        meant = select(Newsletter.subject).where(
            Newsletter.segment == segment.name, Newsletter.state.in_(_TO_COME)
        )
        if (subject := session.scalar(meant.limit(1))) is not None:
            raise InUse(f"The issue “{subject}” is meant for it.")
        db.changed(delete(Segment).where(Segment.id == number))


def by_number(number: int) -> Segment:
    """A segment. Raises `LookupError`."""
    with db.reading() as session:
        segment = session.get(Segment, number)
    if segment is None:
        raise LookupError(f"there is no segment {number}")
    return segment


def rule(name: str) -> Rule:
    """What a segment asks of its readers. Raises `LookupError`."""
    with db.reading() as session:
        stored = session.scalar(select(Segment.rule).where(Segment.name == name))
    if stored is None:
        raise LookupError(f"no segment is called {name!r}")
    return conditions.read(stored)


def members(segment: str | None) -> ColumnElement[bool]:
    """Who belongs: everybody on the list, or those in this segment. Raises `LookupError`."""
    return _on_the_list() if segment is None else meant(rule(segment))


def meant(asked: Rule) -> ColumnElement[bool]:
    """Who on the list meets a rule."""
    return and_(_on_the_list(), predicates.of(asked))


def size(segment: str | None) -> int:
    """How many people belong to it. Raises `LookupError`."""
    return count(members(segment))


def count(people: ColumnElement[bool]) -> int:
    """How many subscribers meet an expression."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Subscriber).where(people)) or 0


def sizes(rules: Sequence[Rule]) -> list[int]:
    """How many people on the list meet each rule, counted in one reading of it."""
    counts: list[Any] = [func.count().filter(predicates.of(asked)) for asked in rules]
    if not counts:
        return []
    with db.reading() as session:
        row = session.execute(select(*counts).select_from(Subscriber).where(_on_the_list())).one()
    return list(row)


def every() -> Sequence[Segment]:
    """Every segment, by name."""
    with db.reading() as session:
        return session.scalars(select(Segment).order_by(Segment.name)).all()


def names() -> Sequence[str]:
    """What the segments are called, in order."""
    with db.reading() as session:
        return session.scalars(select(Segment.name).order_by(Segment.name)).all()


def tags() -> Sequence[str]:
    """Every word that is tied to somebody, in order."""
    with db.reading() as session:
        return session.scalars(
            select(SubscriberTag.name).distinct().order_by(SubscriberTag.name)
        ).all()


def tags_of(subscriber: Subscriber) -> list[str]:
    """The words tied to a person, in order."""
    mine = select(SubscriberTag.name).where(SubscriberTag.subscriber_id == subscriber.id)
    with db.reading() as session:
        return list(session.scalars(mine.order_by(SubscriberTag.name)))


def tag(subscriber_id: int, name: str, *, quietly: bool = False) -> None:
    """Tie a word to a person; again changes nothing. `quietly` begins no sequence by it."""
    with db.transaction():
        is_new = db.insert_missing(SubscriberTag, subscriber_id=subscriber_id, name=name)
        if is_new and not quietly:
            events.tell(Tagged(subscriber_id, name))


def untag(subscriber_id: int, name: str) -> None:
    """Take a word off a person; again changes nothing."""
    with db.transaction():
        tied = SubscriberTag.subscriber_id == subscriber_id, SubscriberTag.name == name
        db.changed(delete(SubscriberTag).where(*tied))


def tag_all(people: ColumnElement[bool], name: str) -> int:
    """Tie a word to everybody who meets an expression; to how many. It begins no sequence."""
    who = select(Subscriber.id, literal(name)).where(people)
    with db.transaction(shown=False):
        added = db.insert(SubscriberTag).from_select(["subscriber_id", "name"], who)
        return db.changed(added.on_conflict_do_nothing())


def untag_all(people: ColumnElement[bool], name: str) -> int:
    """Take a word off everybody who meets an expression; off how many."""
    who = select(Subscriber.id).where(people)
    tied = SubscriberTag.name == name, SubscriberTag.subscriber_id.in_(who)
    with db.transaction(shown=False):
        return db.changed(delete(SubscriberTag).where(*tied))


def tagged(name: str) -> ColumnElement[bool]:
    """Who has this word tied to them."""
    mine = SubscriberTag.subscriber_id == Subscriber.id
    return exists().where(mine, SubscriberTag.name == name)


def _on_the_list() -> ColumnElement[bool]:
    return and_(Subscriber.standing == Standing.CONFIRMED, ~implied.is_over())


def _draft() -> Segment:
    return Segment(created_at=clock.now())


def _rename(old: str, new: str) -> None:
    to_come = Newsletter.state.in_(_TO_COME)
    db.changed(update(Newsletter).where(Newsletter.segment == old, to_come).values(segment=new))
