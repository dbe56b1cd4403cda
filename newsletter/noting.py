"""Notes which letters readers open and which links they follow: of those alone who agreed to it.

Staff have to turn it on, and then each reader has to say yes; both are off by default. An open
pixel without consent is against the law where ePrivacy holds (2002/58/EC, article 5(3); CNIL,
deliberation 2026-042). Of a letter only the last opening is kept, and of each link the last time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select

from core import clock, db, settings
from newsletter import consents
from newsletter.consents import Circumstances
from newsletter.models import ConsentEvent, Reading, Standing, Subscriber
from newsletter.wording import wording

KEPT = timedelta(days=180)
"""For how long it is kept when a letter was opened."""
_FIELDS = ("subscriber_id", "source", "path")


def is_on() -> bool:
    """Whether staff let readers agree to it."""
    return settings.store().note_reading


def agree(reader: Subscriber) -> None:
    """A reader lets us note what they read; again changes nothing. In the transaction under way."""
    if reader.noted_since is None:
        reader.noted_since = clock.now()
        _record(reader, ConsentEvent.NOTED)


def take_back(reader: Subscriber) -> None:
    """A reader takes that back, and what was noted is deleted. In the transaction under way."""
    if reader.noted_since is not None:
        reader.noted_since = None
        db.changed(delete(Reading).where(Reading.subscriber_id == reader.id))
        _record(reader, ConsentEvent.UNNOTED)


def note(reader_id: int, source: str, path: str, at: datetime) -> None:
    """Keep that a reader opened a letter (no path) or followed a link of it; only the last time."""
    with db.transaction(shown=False):
        fresh = db.insert(Reading).values(subscriber_id=reader_id, source=source, path=path, at=at)
        db.changed(
            fresh.on_conflict_do_update(index_elements=_FIELDS, set_={"at": fresh.excluded.at})
        )


def readings(reader: Subscriber) -> Sequence[Reading]:
    """What was noted of a reader, the last first."""
    mine = select(Reading).where(Reading.subscriber_id == reader.id)
    with db.reading() as session:
        return session.scalars(mine.order_by(Reading.at.desc())).all()


def agreed() -> ColumnElement[bool]:
    """Whether a reader agreed to it."""
    return Subscriber.noted_since.is_not(None)


def among(people: Collection[int | None]) -> set[int]:
    """Which of these readers' letters are to be noted; nobody's while it is turned off."""
    if not is_on():
        return set()
    theirs = select(Subscriber.id).where(Subscriber.id.in_(people), agreed())
    with db.reading() as session:
        return set(session.scalars(theirs))


def agreed_count() -> int:
    """How many readers on the list agreed to it."""
    on_the_list = select(func.count(Subscriber.id)).where(
        agreed(), Subscriber.standing == Standing.CONFIRMED
    )
    with db.reading() as session:
        return session.scalar(on_the_list) or 0


def followed(days: int) -> ColumnElement[bool]:
    """Whether a reader who agreed followed a link of a letter within so many days."""
    return _lately(days, Reading.path != "")


def opened(days: int) -> ColumnElement[bool]:
    """Whether a reader who agreed opened a letter within so many days, or followed a link of it."""
    return _lately(days)


def forget() -> int:
    """Delete what was noted too long ago; how many rows."""
    with db.transaction(shown=False):
        return db.changed(delete(Reading).where(Reading.at < clock.now() - KEPT))


def _lately(days: int, *meant: ColumnElement[bool]) -> ColumnElement[bool]:
    since = clock.now() - timedelta(days=days)
    found = exists().where(Reading.subscriber_id == Subscriber.id, Reading.at >= since, *meant)
    return agreed() & found


def _record(reader: Subscriber, event: ConsentEvent) -> None:
    said = wording()["noting"]
    given = event is ConsentEvent.NOTED
    how = Circumstances(
        page="/newsletter/preferences/",
        method="form",
        wording=said["label"] if given else said["taken_back"],
        version=said["version"],
    )
    consents.record(reader, event, how)
