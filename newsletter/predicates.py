"""Rules as SQL: what a row of `subscriber` has to meet.

Nothing that anybody entered becomes SQL but as a bound parameter.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from newsletter import areas, noting
from newsletter.conditions import (
    AskedOn,
    Bought,
    CameFrom,
    Chose,
    Condition,
    Confirmed,
    Followed,
    Match,
    Opened,
    Rule,
    ShippedTo,
    Stage,
    Tagged,
    Term,
    Walked,
)
from newsletter.models import (
    Consent,
    ConsentEvent,
    Enrolment,
    Subscriber,
    SubscriberTag,
    Walk,
)
from newsletter.models import Sequence as Path
from shop.models import BOUGHT, Order, OrderLine, Variant


def of(rule: Rule) -> ColumnElement[bool]:
    """What a row of `subscriber` has to meet; true or false for each, never unknown."""
    met = [_met(term) for term in rule.terms]
    return and_(true(), *met) if rule.match is Match.ALL else or_(false(), *met)


def _met(term: Term) -> ColumnElement[bool]:
    expression = _expression(term.condition)
    if term.holds:
        return expression
    if isinstance(term.condition, Followed | Opened):
        # Of those who never agreed nothing is known, neither way.
        return and_(noting.agreed(), not_(expression))
    return not_(expression)


def _expression(condition: Condition) -> ColumnElement[bool]:  # noqa: C901, PLR0911 - one for each kind
    match condition:
        case Tagged(tag):
            return _of_them(SubscriberTag.subscriber_id, SubscriberTag.name == tag)
        case CameFrom(source):
            return Subscriber.source == source
        case AskedOn(page):
            asked = Consent.event == ConsentEvent.REQUESTED
            begins = Consent.page.startswith(page, autoescape=True)
            return _of_them(Consent.subscriber_id, asked, begins)
        case Confirmed(since, until):
            return and_(
                Subscriber.confirmed_at.is_not(None),
                *_between(Subscriber.confirmed_at, since, until),
            )
        case Bought(product, since, until):
            lines = exists().where(
                OrderLine.order_id == Order.id,
                OrderLine.variant_id == Variant.id,
                Variant.product_id == product,
            )
            of_it = [] if product is None else [lines]
            return _paid(*of_it, *_between(Order.paid_at, since, until))
        case ShippedTo(country):
            return _paid(Order.country == country)
        case Walked(sequence, stage):
            named = select(Path.id).where(Path.name == sequence).scalar_subquery()
            began = Enrolment.state != Walk.HELD_OUT
            far = began if stage is Stage.BEGUN else Enrolment.state == Walk(stage.value)
            return _of_them(Enrolment.subscriber_id, Enrolment.sequence_id == named, far)
        case Chose(area):
            return areas.wants([area])
        case Followed(days):
            return noting.followed(days)
        case Opened(days):
            return noting.opened(days)
        case _:
            assert_never(condition)


def _of_them(owner: InstrumentedAttribute[int], *meant: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(owner == Subscriber.id, *meant)


def _paid(*meant: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of their paid orders is meant; orders are told apart by the address."""
    buyers = select(func.lower(Order.email)).where(
        Order.email.is_not(None), Order.state.in_(BOUGHT), *meant
    )
    return Subscriber.email.in_(buyers)


def _between(
    moment: InstrumentedAttribute[datetime | None], since: date | None, until: date | None
) -> Sequence[ColumnElement[bool]]:
    bounds = []
    if since is not None:
        bounds.append(moment >= _midnight(since))
    if until is not None:
        bounds.append(moment < _midnight(until) + timedelta(days=1))
    return bounds


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
