"""Why a person never began a sequence, in words: what begins it has not happened to them."""

from datetime import date, timedelta

from sqlalchemy import func, select

from core import clock, db
from newsletter import sequences, suppression, triggers
from newsletter.evidence import day, worded
from newsletter.models import Sequence, Standing, Subscriber, SubscriberTag
from newsletter.triggers import Trigger
from newsletter.zones import at_hour
from shop import consents
from shop.models import BOUGHT, Matter, Order, OrderState


def why(person: Subscriber, sequence: Sequence) -> str:
    """Why somebody never began a sequence; the end of a sentence."""
    if person.standing is not Standing.CONFIRMED:
        return worded(person.standing.value)
    if (reason := suppression.reason(person.address_hash)) is not None:
        return worded(f"suppressed: {reason.value}")
    if sequences.latest_version(sequence.id) is None:
        return "it is not published yet"
    if sequence.trigger is None:
        return "it begins by hand alone, and nobody let them begin"
    return _of_trigger(person, sequence) + ("" if sequence.active else "; now it is switched off")


def _of_trigger(person: Subscriber, sequence: Sequence) -> str:
    match Trigger(sequence.trigger or ""):
        case Trigger.CONFIRMED:
            return _of_joining(person, sequence)
        case Trigger.DATE:
            return _of_day(person, date.fromisoformat(sequence.trigger_value or ""))
        case Trigger.INACTIVE:
            return _of_silence(person, int(sequence.trigger_value or 0))
        case Trigger.TAGGED:
            return _of_tag(person, sequence.trigger_value or "")
        case Trigger.ABANDONED if left := _left_without_consent(person):
            return f"they left the payment page on {left}, but had not agreed to be reminded"
    return (
        f"it begins {triggers.said(sequence)}, and that has not happened since it was switched on"
    )


def _of_joining(person: Subscriber, sequence: Sequence) -> str:
    if person.confirmed_at is not None and person.confirmed_at < sequence.created_at:
        return "they were on the list before the sequence existed"
    if person.source == "import":
        return "they came with an import, which begins no sequence unless it is named"
    return "it was not switched on when they joined"


def _of_day(person: Subscriber, its: date) -> str:
    begins, said = at_hour(its, 0, person.timezone), f"{its:%B %-d, %Y}"
    if clock.now() < begins:
        return f"its day, {said}, has not come for them yet"
    if person.confirmed_at is not None and person.confirmed_at > begins:
        return f"its day was {said}, before they joined"
    return f"it was switched off on its day, {said}"


def _of_silence(person: Subscriber, days: int) -> str:
    paid = select(func.max(Order.paid_at)).where(
        func.lower(Order.email) == person.email, Order.state.in_(BOUGHT)
    )
    last = db.session().scalar(paid)
    if last is None:
        return "it is for buyers, and they have bought nothing"
    if last > clock.now() - timedelta(days=days):
        return f"their last order is not {days} days old"
    return f"their last order was {days} days old before it was switched on"


def _of_tag(person: Subscriber, tag: str) -> str:
    if db.session().get(SubscriberTag, (person.id, tag)) is None:
        return f"they do not have the tag “{tag}”"
    return (
        f"they got the tag “{tag}” before it was switched on, or with many others, by which nothing"
        " begins"
    )


def _left_without_consent(person: Subscriber) -> str | None:
    """The day of the last order that they left unpaid, if without a yes to being reminded."""
    left = select(Order.id, Order.placed_at).where(
        func.lower(Order.email) == person.email, Order.state == OrderState.EXPIRED
    )
    row = db.session().execute(left.order_by(Order.id.desc()).limit(1)).first()
    if row is None or consents.find(row.id, Matter.REMINDER) is not None:
        return None
    return day(person, row.placed_at)
