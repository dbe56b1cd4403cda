"""What begins a sequence: each kind of cause, and the turn that looks for those that time brings.

Whoever begins is a confirmed reader, at the moment of the cause and in its transaction. A sequence
begins once for each occurrence of its cause, such as an order.
"""

import re
from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, String, cast, exists, func, literal, select

from core import clock, db, jobs
from newsletter import sequences, zones
from newsletter.events import Confirmed, Returned, Tagged
from newsletter.models import Enrolment, Sequence, Standing, Subscriber
from shop.models import BOUGHT, Order


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
"""Each trigger in words; its value, if any, follows."""

UNTIL_BOUGHT = (Trigger.ABANDONED, Trigger.INACTIVE)
"""What these begin asks somebody to buy, and ends when they do."""

BELL = "sequence triggers"
LONGEST_SILENCE = 3650
"""Days."""
_DAYS = re.compile(r"[0-9]{1,4}")


def begin(
    trigger: Trigger, subscriber: Subscriber, *, occurrence: str, values: Collection[str] = ()
) -> None:
    """Let a reader begin every sequence that is for this cause, with one of these values or any.

    In the transaction of the cause; whoever is not on the list begins none.
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
            sequences.enrol(name, subscriber.id, occurrence=occurrence)


def on_confirmed(event: Confirmed) -> None:
    """Whoever joins begins the sequences that are for them; whoever comes back goes on."""
    with db.transaction() as session:
        sequences.on_returned(Returned(event.subscriber_id))
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
        sequences.reach_goals(subscriber.id)


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
    return sum(
        _begin_on_a_day(each) if each.trigger == Trigger.DATE else _begin_in_silence(each)
        for each in found
    )


def examine(trigger: str | None, value: str | None) -> None:
    """Raises `BadTrigger` where a trigger and its value mean nothing."""
    faults = {
        "There is no such beginning.": trigger is not None and trigger not in set(Trigger),
        "A day looks like 2026-12-31.": trigger == Trigger.DATE and _day(value) is None,
        f"Say after how many days, from 1 to {LONGEST_SILENCE}.": trigger == Trigger.INACTIVE
        and not (_DAYS.fullmatch(value or "") and 1 <= int(value or 0) <= LONGEST_SILENCE),
        "Say which tag.": trigger == Trigger.TAGGED and not value,
    }
    if fault := next((fault for fault, holds in faults.items() if holds), None):
        raise BadTrigger(fault)


def _begin_on_a_day(sequence: Sequence) -> int:
    """Each zone has its own beginning of the day; whoever joins after it does not begin."""
    day = _day(sequence.trigger_value)
    if day is None:
        return 0
    begun = 0
    for zone in _zones():
        begins = zones.at_hour(day, 0, zone)
        if begins <= clock.now() < begins + timedelta(days=1):
            people = select(Subscriber.id, literal(f"date:{day}").label("occurrence")).where(
                Subscriber.timezone == zone,
                Subscriber.standing == Standing.CONFIRMED,
                Subscriber.confirmed_at <= begins,
            )
            begun += _begin_all(sequence, people)
    return begun


def _begin_in_silence(sequence: Sequence) -> int:
    """Whoever's last order lies so far back; for a week, so that no old silence begins it."""
    until = clock.now() - timedelta(days=int(sequence.trigger_value or 0))
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
    people = (
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
    return _begin_all(sequence, people)


def _begin_all(sequence: Sequence, people: Select[*tuple[Any, ...]]) -> int:
    """Enrol people by their ids and occurrences, those who have not begun for it."""
    who = people.subquery()
    begun = exists().where(
        Enrolment.sequence_id == sequence.id,
        Enrolment.subscriber_id == who.c.id,
        Enrolment.occurrence == who.c.occurrence,
    )
    with db.transaction() as session:
        rows = session.execute(select(who.c.id, who.c.occurrence).where(~begun)).all()
        return sum(
            sequences.enrol(sequence.name, person, occurrence=occurrence)
            for person, occurrence in rows
        )


def _zones() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Subscriber.timezone).distinct()))


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None
