"""What the confirmation promises: one reminder a day later, and deletion if nobody confirms."""

from datetime import timedelta

from sqlalchemy import String, cast, exists, literal, null, select

from core import clock, db, jobs
from core.mail import ledger
from newsletter import address_changes, implied, imports, links, noting, personal_data
from newsletter.letters import REMINDER
from newsletter.models import Consent, ConsentEvent, Standing, Subscriber

REMIND_AFTER = timedelta(days=1)
FORGET_AFTER = links.VALID + timedelta(days=1)
_AT_ONCE = 200


@jobs.job("newsletter upkeep", every_minutes=60)
def tend() -> None:
    """Remind, forget, and end what was only for a time."""
    remind()
    forget()
    implied.end()
    imports.forget()
    address_changes.forget()
    noting.forget()


def remind() -> int:
    """Ask once more whoever asked a day ago and has not confirmed; how many."""
    now = clock.now()
    asked = exists().where(
        Consent.subscriber_id == Subscriber.id,
        Consent.event == ConsentEvent.REQUESTED,
        Consent.at.between(now - 2 * REMIND_AFTER, now - REMIND_AFTER),
    )
    waiting = select(
        (literal(f"{REMINDER}:") + cast(Subscriber.id, String)).label("key"),
        Subscriber.id.label("person"),
        Subscriber.email.label("recipient"),
        null().label("reason"),
    ).where(Subscriber.standing == Standing.PENDING, asked)
    return ledger.enqueue_selected(waiting, letter=REMINDER, source="confirmations")


def forget() -> int:
    """Delete whoever never confirmed; how many. Their link has ended before."""
    limit = clock.now() - FORGET_AFTER
    asked_lately = exists().where(Consent.subscriber_id == Subscriber.id, Consent.at > limit)
    silent = select(Subscriber).where(
        Subscriber.standing == Standing.PENDING, Subscriber.created_at <= limit, ~asked_lately
    )
    with db.transaction() as session:
        people = session.scalars(silent.limit(_AT_ONCE)).all()
        personal_data.forget(people)
    return len(people)
