"""Whom staff let begin a sequence by hand, and whom they take out of one.

Only readers on the list begin, and only a sequence that is published and not stopped.
"""

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, select

from core import clock, db
from newsletter import enrolments, lots, segments, sequences, walks
from newsletter.models import Enrolment, Sequence, Standing, Subscriber, Walk

BY_HAND = "hand"
"""The occurrence of those who began by hand; who begins again has its moment behind it."""
TAKEN_OUT = "taken out"
"""Why a walk ended from which staff took somebody."""


class NotOpen(Exception):
    """A sequence is not published or stopped, so that nobody begins it."""


def is_open(sequence: Sequence) -> bool:
    """Whether anybody may begin a sequence."""
    return sequence.active and sequences.latest_version(sequence.id) is not None


def waiting(sequence: Sequence, segment: str | None) -> int:
    """How many of a segment, or of all on the list, have never begun it. Raises `LookupError`."""
    with db.reading() as session:
        people = select(func.count()).select_from(Subscriber)
        return session.scalar(people.where(_never_began(sequence, segment))) or 0


def held_out(sequence: Sequence, segment: str | None) -> int:
    """How many of these would get nothing, by lot. Raises `LookupError`."""
    drawn = lots.is_held_out(Subscriber.id, sequence.id, sequence.held_out)
    with db.reading() as session:
        people = select(func.count()).select_from(Subscriber)
        return session.scalar(people.where(_never_began(sequence, segment), drawn)) or 0


def begin_all(sequence: Sequence, segment: str | None) -> int:
    """Let all of these begin, a part in each transaction; how many did, held out by lot or not.

    Raises `NotOpen`, and `LookupError` where no segment is called so.
    """
    if not is_open(sequence):
        raise NotOpen
    people = select(Subscriber.id, literal(BY_HAND).label("occurrence"))
    begun = 0
    while some := enrolments.enrol_all(
        sequence.name, people.where(_never_began(sequence, segment))
    ):
        begun += some
    return begun


def begin_one(sequence: Sequence, reader: Subscriber) -> bool:
    """Let one reader begin, even if they walked it before; False for whoever is on it now.

    No lot is drawn: staff mean this reader. Raises `NotOpen`, also for whoever is not on the list.
    """
    if not is_open(sequence) or reader.standing is not Standing.CONFIRMED:
        raise NotOpen
    with db.transaction() as session:
        # Locked, so that a button pressed twice at once begins once.
        session.get_one(Subscriber, reader.id, with_for_update=True)
        if session.scalar(_walks(sequence, reader).where(Enrolment.state == Walk.ACTIVE)):
            return False
        again = f"{BY_HAND}:{clock.now():%Y-%m-%dT%H:%M:%S}"
        return enrolments.enrol(sequence.name, reader.id, occurrence=again, draws=False)


def take_out(sequence: Sequence, reader: Subscriber) -> bool:
    """End a reader's walk, and let nothing go that waits of it; False for whoever is on none."""
    with db.transaction() as session:
        is_on_it = session.scalar(_walks(sequence, reader).where(Enrolment.state == Walk.ACTIVE))
        walks.leave([reader.id], TAKEN_OUT, sequence_id=sequence.id)
        return bool(is_on_it)


def is_under_way(sequence: Sequence, reader: Subscriber) -> bool:
    """Whether a reader is on a sequence now."""
    with db.reading() as session:
        mine = _walks(sequence, reader).where(Enrolment.state == Walk.ACTIVE)
        return bool(session.scalar(mine))


def _never_began(sequence: Sequence, segment: str | None) -> ColumnElement[bool]:
    begun = exists().where(
        Enrolment.subscriber_id == Subscriber.id, Enrolment.sequence_id == sequence.id
    )
    return and_(segments.members(segment), ~begun)


def _walks(sequence: Sequence, reader: Subscriber) -> Select[int]:
    return select(func.count()).where(
        Enrolment.sequence_id == sequence.id, Enrolment.subscriber_id == reader.id
    )
