"""A sequence's hold-out: of those who would begin, a part gets nothing, to show what it adds.

`newsletter.enrolments` draws the lots. What answers its reader's own deed holds nobody out.
"""

from collections import Counter
from datetime import timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from core import db
from newsletter import steps, triggers
from newsletter.lift import Group, Lift
from newsletter.models import DEFAULT_PACE, Enrolment, SequenceVersion, Subscriber, Walk
from newsletter.steps import Pacing
from shop.models import BOUGHT, Order

MOST = 50
"""Percent that can be held out."""
AFTER_THE_LAST = timedelta(days=7)
"""For how long after the last letter purchases count."""


class BadHoldOut(ValueError):
    """What was entered holds out nobody; the text says why."""


def examine(trigger: str | None, entered: str) -> int:
    """The percentage that was entered for a sequence with this trigger; empty is 0.

    Raises `BadHoldOut`, also for more than 0 where letters answer what their reader did.
    """
    entered = entered or "0"
    if len(entered) > len(str(MOST)) or not entered.isdecimal() or int(entered) > MOST:
        raise BadHoldOut(f"A whole number from 0 to {MOST}, please.")
    percent = int(entered)
    if percent and trigger in triggers.ASKED_FOR:
        raise BadHoldOut(
            f"What begins {triggers.SAID[triggers.Trigger(trigger)]} answers what they asked for or"
            " did, so nobody can be held out. Enter 0."
        )
    return percent


def days(version: SequenceVersion) -> int:
    """For how many days after somebody began their purchases count: a week beyond the last step.

    Counted along all steps of a version, for a reader in UTC with the usual pace.
    """
    moment, usual = version.created_at, Pacing("UTC", DEFAULT_PACE, None)
    for step in steps.read(version.steps):
        moment = steps.due(step, moment, usual)
    return ceil((moment - version.created_at + AFTER_THE_LAST) / timedelta(days=1))


def measure(version: SequenceVersion) -> dict[int, Lift]:
    """Compare by now, over all versions of a sequence; by the percentage that was held out.

    `version` is the newest and says for how long purchases count. Each reader counts once, from
    when a lot was first drawn for them, and for the part that they drew then, whatever became of
    their walk. Parts of different size are not added up: more of one may be from a better time.
    """
    is_meant, within = _is_first_draw(version.sequence_id), timedelta(days=days(version))
    people, buyers = Counter[tuple[int | None, bool]](), Counter[tuple[int | None, bool]]()
    with db.reading() as session:
        for odds, state, count in session.execute(_people(is_meant)):
            people[odds, state is Walk.HELD_OUT] += count
        for odds, state, began_at, paid_at in session.execute(_buyers(is_meant)):
            buyers[odds, state is Walk.HELD_OUT] += paid_at <= began_at + within
    return {
        odds: Lift(*(Group(people[odds, is_out], buyers[odds, is_out]) for is_out in (False, True)))
        for odds in sorted({odds for odds, _ in people if odds is not None})
    }


def _is_first_draw(sequence_id: int) -> ColumnElement[bool]:
    """Whether a walk is the one for which a lot was first drawn for its reader."""
    earlier = aliased(Enrolment)
    is_later = exists().where(
        earlier.sequence_id == sequence_id,
        earlier.subscriber_id == Enrolment.subscriber_id,
        earlier.odds.is_not(None),
        earlier.id < Enrolment.id,
    )
    return and_(Enrolment.sequence_id == sequence_id, Enrolment.odds.is_not(None), ~is_later)


def _people(is_meant: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    counted = select(Enrolment.odds, Enrolment.state, func.count())
    return counted.where(is_meant).group_by(Enrolment.odds, Enrolment.state)


def _buyers(is_meant: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Those who bought since they began or would have, and when they first did."""
    # Grouped, so that it is gathered once and not read anew for every walk.
    address = func.lower(Order.email)
    paid = (
        select(address.label("email"), Order.paid_at.label("at"))
        .where(Order.state.in_(BOUGHT), Order.email.is_not(None))
        .group_by(address, Order.paid_at)
        .subquery()
    )
    return (
        select(Enrolment.odds, Enrolment.state, Enrolment.created_at, func.min(paid.c.at))
        .select_from(paid)
        .join(Subscriber, Subscriber.email == paid.c.email)
        .join(Enrolment, Enrolment.subscriber_id == Subscriber.id)
        .where(is_meant, paid.c.at > Enrolment.created_at)
        .group_by(Enrolment.id)
    )
