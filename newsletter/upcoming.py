"""The letter of a sequence that comes next for a reader, as they and staff are told."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from core import clock, db
from core.mail.models import Delivery, State
from newsletter import offers, sequences, steps, verdicts, walks
from newsletter.models import Sequence, SequenceVersion, Standing, Subscriber
from newsletter.steps import Mail, Step
from newsletter.zones import local_day


@dataclass(frozen=True, kw_only=True)
class NextLetter:
    """What comes next for a reader, and the day it has in their zone."""

    subject: str
    sequence: str
    due_at: datetime
    day: date


def next_letter(reader: Subscriber) -> NextLetter | None:
    """The letter of a sequence that comes next for a reader, if one does.

    It is one that they are on their way to, or one that was written and put off since.
    """
    if reader.standing is not Standing.CONFIRMED:
        return None
    with db.reading():
        return min(
            filter(None, (_put_off(reader), _on_the_way(reader))),
            key=lambda coming: coming.due_at,
            default=None,
        )


def _put_off(reader: Subscriber) -> NextLetter | None:
    waits = select(Delivery.source, Delivery.due_at).where(
        Delivery.recipient == reader.email,
        Delivery.state == State.PENDING,
        Delivery.source.startswith("sequence:"),
        Delivery.due_at > clock.now(),
        func.coalesce(Delivery.reason, "") != verdicts.PAUSED,
    )
    row = db.session().execute(waits.order_by(Delivery.due_at, Delivery.id).limit(1)).first()
    place = sequences.place(row.source) if row is not None else None
    if row is None or place is None:
        return None
    version, position = place
    step = _step(version, position)
    return _told(reader, step, version, row.due_at) if isinstance(step, Mail) else None


def _on_the_way(reader: Subscriber) -> NextLetter | None:
    resting = sequences.paused_versions()
    for walk in walks.active(reader.id):
        if walk.version_id in resting:
            continue
        step = _step(walk.version_id, walk.position)
        if not isinstance(step, Mail) or (step.offer and offers.buyers_among({reader.email})):
            continue
        return _told(reader, step, walk.version_id, walk.due_at)
    return None


def _step(version: int, position: int) -> Step:
    return steps.read(db.session().get_one(SequenceVersion, version).steps)[position]


def _told(reader: Subscriber, step: Mail, version: int, due_at: datetime) -> NextLetter:
    title = (
        select(Sequence.title)
        .join(SequenceVersion, SequenceVersion.sequence_id == Sequence.id)
        .where(SequenceVersion.id == version)
    )
    return NextLetter(
        subject=step.subject,
        sequence=db.session().scalars(title).one(),
        due_at=due_at,
        day=local_day(due_at, reader.timezone),
    )
