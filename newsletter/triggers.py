"""What begins a sequence: each kind of cause, and the turn that looks for those that time brings.

Whoever begins is a confirmed reader, at the moment of the cause and in its transaction. A sequence
begins once for each occurrence of its cause, such as an order.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, String, cast, false, func, literal, or_, select

from core import clock, db, jobs, settings
from newsletter import choices, enrolments, walks, zones
from newsletter.events import Confirmed, Returned, Tagged
from newsletter.models import Sequence, Standing, Subscriber
from shop.models import BOUGHT, Order, Product, Variant


class BadTrigger(ValueError):
    """What was entered begins nothing; the text says why."""


class Trigger(StrEnum):
    """What begins a sequence; what its value means for each kind."""

    CONFIRMED = "confirmed"
    """A reader joined."""
    BOUGHT = "bought"
    """A reader bought: a SKU, or the slug of a product; anything without a value."""
    DELIVERED = "delivered"
    """All of an order arrived; the value as for `BOUGHT`."""
    ABANDONED = "abandoned"
    """A reader who agreed to be reminded left the payment page; the shop reminds once itself."""
    RESTOCKED = "restocked"
    """A reader who waited for it was told that a SKU is there again."""
    TAGGED = "tagged"
    """A word was tied to a reader."""
    DATE = "date"
    """A day came, in the reader's own zone: a date such as 2026-12-01."""
    INACTIVE = "inactive"
    """A reader who bought has not done so again for so many days."""


SAID = {
    None: "by hand",
    Trigger.CONFIRMED: "when somebody joins",
    Trigger.BOUGHT: "when somebody buys",
    Trigger.DELIVERED: "when an order has arrived",
    Trigger.ABANDONED: "when somebody leaves the payment page without paying",
    Trigger.RESTOCKED: "when what somebody waited for is back",
    Trigger.TAGGED: "when somebody is tagged",
    Trigger.DATE: "on a day",
    Trigger.INACTIVE: "when a buyer has not bought again for some days",
}
"""Each trigger in words, where nothing more is said of it; see `said`."""
SAID_OF = {
    Trigger.BOUGHT: "when somebody buys {}",
    Trigger.DELIVERED: "when an order with {} has arrived",
    Trigger.ABANDONED: "when somebody leaves the payment page without paying for {}",
    Trigger.RESTOCKED: "when {} is back, for whoever waited for it",
    Trigger.TAGGED: "when somebody is tagged “{}”",
    Trigger.DATE: "on {}",
    Trigger.INACTIVE: "when a buyer has not bought again for {} days",
}
"""The same of what; other triggers have no value."""
_OF_GOODS = (Trigger.BOUGHT, Trigger.DELIVERED, Trigger.ABANDONED, Trigger.RESTOCKED)

ASKED_FOR = (Trigger.CONFIRMED, Trigger.BOUGHT, Trigger.RESTOCKED)
"""What these begin answers what its reader just did or waited for."""
UNTIL_BOUGHT = (Trigger.ABANDONED, Trigger.INACTIVE)
"""What these begin asks somebody to buy, and ends when they do."""

log = logging.getLogger(__name__)

BELL = "sequence triggers"
LONGEST_SILENCE = 3650
"""Days."""
_DAYS = re.compile(r"[0-9]{1,4}")
_People = Select[int, str]


def said(sequence: Sequence) -> str:
    """What begins a sequence, and of what, in words."""
    trigger = Trigger(sequence.trigger) if sequence.trigger else None
    if trigger in SAID_OF and sequence.trigger_value:
        return SAID_OF[trigger].format(sequence.trigger_value)
    return SAID[trigger]


def hindrance(sequence: Sequence) -> str | None:
    """Why nobody can begin a sequence as things are, for staff; None where people can."""
    if sequence.trigger != Trigger.ABANDONED or settings.store().checkout_reminders:
        return None
    return (
        "Nobody begins it as things are: it is for those who agreed to be reminded, and the cart "
        "does not ask for that. Settings have it as “Remind once of a payment page that was left”."
    )


def begin(
    trigger: Trigger,
    subscriber: Subscriber,
    *,
    occurrence: str,
    values: Collection[str] = (),
    since: datetime | None = None,
) -> None:
    """Let a reader begin every sequence that is for this cause, with one of these values or any.

    In the transaction of the cause; whoever is not on the list begins none. The first step comes
    after `since`, or else after now.
    """
    if subscriber.standing is not Standing.CONFIRMED:
        return
    meant = select(Sequence.name).where(
        Sequence.trigger == trigger,
        Sequence.active,
        Sequence.trigger_value.is_(None) | Sequence.trigger_value.in_(values),
    )
    with db.transaction() as session:
        for name in session.scalars(meant.order_by(Sequence.id)).all():
            enrolments.enrol(name, subscriber.id, occurrence=occurrence, since=since)


def on_confirmed(event: Confirmed) -> None:
    """Whoever joins begins the sequences that are for them; whoever comes back goes on."""
    with db.transaction() as session:
        choices.on_returned(Returned(event.subscriber_id))
        subscriber = session.get_one(Subscriber, event.subscriber_id)
        begin(Trigger.CONFIRMED, subscriber, occurrence="once")


def on_tagged(event: Tagged) -> None:
    """Whoever gets a word may begin what is for it, and may have reached a goal by it."""
    with db.transaction() as session:
        subscriber = session.get_one(Subscriber, event.subscriber_id)
        begin(
            Trigger.TAGGED,
            subscriber,
            occurrence=f"tag:{event.tag}"[:64],
            values=(event.tag,),
        )
        walks.reach_goals(subscriber.id)


@jobs.job(BELL, every_minutes=5)
def begin_due() -> int:
    """Begin what a day or a silence begins; how many people."""
    by_time = select(Sequence).where(
        Sequence.trigger.in_((Trigger.DATE, Trigger.INACTIVE)),
        Sequence.active,
        Sequence.trigger_value.is_not(None),
    )
    with db.reading() as session:
        found = session.scalars(by_time).all()
    begun = 0
    for each in found:
        try:
            examine(each.trigger, each.trigger_value)
        except BadTrigger as error:
            log.warning("the sequence %s begins for nobody: %s", each.name, error)
            continue
        meant = _of_a_day if each.trigger == Trigger.DATE else _of_a_silence
        while some := _begin_some(each.id, meant(each.trigger_value or "")):
            begun += some
    return begun


def examine(trigger: str | None, value: str | None) -> None:
    """Raises `BadTrigger` where a trigger and its value mean nothing."""
    faults = {
        "There is no such beginning.": trigger is not None and trigger not in set(Trigger),
        "A day looks like 2026-12-31.": trigger == Trigger.DATE and _day(value) is None,
        f"Say after how many days, from 1 to {LONGEST_SILENCE}.": trigger == Trigger.INACTIVE
        and not (_DAYS.fullmatch(value or "") and 1 <= int(value or 0) <= LONGEST_SILENCE),
        "Say which tag.": trigger == Trigger.TAGGED and not value,
        "There is no such product, and no such SKU.": trigger in _OF_GOODS
        and value is not None
        and value not in goods(),
    }
    if fault := next((fault for fault, holds in faults.items() if holds), None):
        raise BadTrigger(fault)


def goods() -> list[str]:
    """What a purchase may be of: the addresses of products, and every SKU."""
    products, variants = select(Product.slug), select(Variant.sku)
    with db.reading() as session:
        return sorted({*session.scalars(products), *session.scalars(variants)})


def _begin_some(number: int, people: _People) -> int:
    """Enrol a part of these people, in a transaction of its own that others need not wait long for.

    Workers take turns: two that insert the same walks in another order would wait for each other.
    """
    with db.transaction() as session:
        sequence = session.get_one(Sequence, number, with_for_update={"key_share": True})
        return enrolments.enrol_all(sequence.name, people)


def _of_a_day(value: str) -> _People:
    """Each zone has its own beginning of the day; whoever joins after it does not begin."""
    day = date.fromisoformat(value)
    now = clock.now()
    begun: dict[datetime, list[str]] = defaultdict(list)
    for zone in _zones():
        begins = zones.at_hour(day, 0, zone)
        if begins <= now < begins + timedelta(days=1):
            begun[begins].append(zone)
    theirs = [
        Subscriber.timezone.in_(there) & (Subscriber.confirmed_at <= begins)
        for begins, there in begun.items()
    ]
    return select(Subscriber.id, literal(f"date:{day}").label("occurrence")).where(
        Subscriber.standing == Standing.CONFIRMED, or_(false(), *theirs)
    )


def _of_a_silence(value: str) -> _People:
    """Whoever's last order lies so far back; for a week, so that no old silence begins it."""
    until = clock.now() - timedelta(days=int(value))
    last = (
        select(
            func.lower(Order.email).label("email"),
            func.max(Order.id).label("order_id"),
            func.max(Order.paid_at).label("paid_at"),
        )
        .where(Order.state.in_(BOUGHT), Order.email.is_not(None))
        .group_by(func.lower(Order.email))
        .subquery()
    )
    return (
        select(
            Subscriber.id,
            (literal("order:") + cast(last.c.order_id, String)).label("occurrence"),
        )
        .join(last, last.c.email == Subscriber.email)
        .where(
            Subscriber.standing == Standing.CONFIRMED,
            last.c.paid_at.between(until - timedelta(days=7), until),
        )
    )


def _zones() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Subscriber.timezone).distinct()))


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None
