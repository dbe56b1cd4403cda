"""Implied consent: customers who get letters because they bought, until that ends by itself.

Only where the owner names the countries whose law allows it, see `Store.implied_consent`, and only
for customers who were told before they paid and did not refuse. Canada's ends two years after a
purchase (CASL, section 10(10)); the United Kingdom's (PECR, regulation 22(3)) and the EU's
(2002/58/EC, article 13(2)) name no end: here all end alike. An inquiry, which counts for six months
in Canada, puts nobody on the list. Whoever confirms has agreed, and nothing ends by itself then.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from core import clock, db, events, settings
from newsletter import consents, subscribers, suppression
from newsletter.consents import Circumstances
from newsletter.events import LAPSED, Confirmed, Left
from newsletter.models import ConsentEvent, Standing, Subscriber

LASTS = timedelta(days=730)
"""Never longer than two years."""
BASIS = "purchase"
_AT_ONCE = 200
_OPEN = (Standing.PENDING, Standing.LAPSED)


def grant(address: str, told: Circumstances, *, country: str) -> None:
    """Put a customer on the list because they bought, or prolong it, in the purchase's transaction.

    Not in a country that the owner did not name, nor whoever left, was turned away or agreed
    already. `told` is what they were told before they paid.
    """
    if country not in settings.store().implied_countries:
        return
    with db.transaction():
        person = subscribers.find_or_add(address, source="purchase")
        if suppression.reason(person.address_hash) is not None:
            return
        if subscribers.has_agreed(person):
            return
        if person.standing in _OPEN:
            person.standing, person.confirmed_at = Standing.CONFIRMED, clock.now()
            person.unsubscribed_at = None
        if person.standing is Standing.CONFIRMED:
            person.implied_until = clock.now() + LASTS
            consents.record(person, ConsentEvent.IMPLIED, told)


def agree(public_id: str) -> None:
    """They confirm that they want letters, from their own page; again changes nothing."""
    with db.transaction():
        person = subscribers.locked(public_id)
        if person is not None and person.implied_until is not None:
            how = Circumstances(page="/newsletter/preferences/", method="button")
            subscribers.join(person, how)
            events.tell(Confirmed(person.id))


def end() -> int:
    """Take off the list whose implied consent is over; how many."""
    theirs = select(Subscriber).where(Subscriber.standing == Standing.CONFIRMED, is_over())
    with db.transaction() as session:
        people = session.scalars(theirs.limit(_AT_ONCE).with_for_update()).all()
        for person in people:
            at = person.implied_until or clock.now()
            how = Circumstances(page="", method="by itself", basis=BASIS, wording=_ended(at))
            subscribers.leave(person, Standing.LAPSED)
            consents.record(person, ConsentEvent.LAPSED, how)
            events.tell(Left((person.id,), LAPSED))
    return len(people)


def is_over() -> ColumnElement[bool]:
    """Whether it is over for a row of `Subscriber`; for all of them once the owner turns it off."""
    if not settings.store().implied_countries:
        return Subscriber.implied_until.is_not(None)
    return Subscriber.implied_until.is_not(None) & (Subscriber.implied_until <= clock.now())


def has_ended(until: datetime | None) -> bool:
    """The same for one reader's end; a reader who agreed has none."""
    if until is None:
        return False
    return not settings.store().implied_countries or until <= clock.now()


def _ended(at: datetime) -> str:
    if at > clock.now():
        return "Letters because of a purchase were turned off in the store."
    return f"Letters because of a purchase ended by themselves on {at:%B %-d, %Y}."
