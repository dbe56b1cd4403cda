"""What readers choose, and what that means for their walks: leaving, returning, pace, erasure."""

from sqlalchemy import delete, select

from core import db, jobs
from newsletter import steps
from newsletter.events import Erased, Left, PreferencesChanged, Returned
from newsletter.models import Enrolment, EnrolmentLog, SequenceVersion, Subscriber, Walk
from newsletter.walks import BELL, active, leave, note


def on_left(event: Left) -> None:
    """Whoever leaves gets no further letter."""
    leave(event.subscriber_ids, event.reason)


def on_returned(event: Returned) -> None:
    """Whoever comes back goes on where leaving ended their walk."""
    with db.transaction() as session:
        ended = select(Enrolment).where(
            Enrolment.subscriber_id == event.subscriber_id,
            Enrolment.state == Walk.EXITED,
            Enrolment.reason == "unsubscribed",
        )
        for enrolment in session.scalars(ended).all():
            enrolment.state, enrolment.reason, enrolment.ended_at = Walk.ACTIVE, None, None
            note(enrolment, "returned")
        on_preferences_changed(PreferencesChanged(event.subscriber_id))


def on_preferences_changed(event: PreferencesChanged) -> None:
    """Another pace, zone or pause moves what is due."""
    with db.transaction() as session:
        subscriber = session.get_one(Subscriber, event.subscriber_id)
        for enrolment in active(subscriber.id):
            walked = steps.read(session.get_one(SequenceVersion, enrolment.version_id).steps)
            step = walked[enrolment.position]
            enrolment.due_at = steps.due(step, enrolment.reached_at, subscriber)
            note(enrolment, "moved", enrolment.due_at.isoformat())
        jobs.ring(BELL)


def on_erased(event: Erased) -> None:
    """Delete people's walks with them."""
    with db.transaction():
        theirs = Enrolment.subscriber_id.in_(event.subscriber_ids)
        walks = select(Enrolment.id).where(theirs)
        db.changed(delete(EnrolmentLog).where(EnrolmentLog.enrolment_id.in_(walks)))
        db.changed(delete(Enrolment).where(theirs))
