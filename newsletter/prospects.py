"""What a trial of subjects could find, told before it is sent."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from core import clock, db
from newsletter import clicks, lots, significance
from newsletter.models import IssueState, Newsletter, Standing, Subscriber, Yardstick
from newsletter.trials import Plan
from shop.models import BOUGHT, Order

ASSUMED = {Yardstick.CLICKS: 0.02, Yardstick.ORDERS: 0.005}
"""Clicks or buyers for each reader, where there was no issue yet to learn them from."""

_LOOKED_BACK = timedelta(days=28)
_ISSUES = 5


@dataclass(frozen=True)
class Prospect:
    """What could be found among `readers` for each subject.

    `base` and `found`, in clicks or buyers for each reader, are told apart in `significance.POWER`
    of all cases; `found` is None where nothing could be. `base` is `assumed` or learned.
    """

    readers: int
    base: float
    assumed: bool
    found: float | None


def of(plan: Plan, subjects: int, audience: int) -> Prospect:
    """What a plan could find among so many readers."""
    readers = audience * plan.share // lots.LOTS
    known = _clicks() if plan.yardstick is Yardstick.CLICKS else _buyers(plan.hours)
    base = known or ASSUMED[plan.yardstick]
    level = plan.error / 100 / plan.looks / max(1, subjects * (subjects - 1) // 2)
    found = significance.detectable(readers, min(base, 0.99), level)
    return Prospect(readers, base, assumed=not known, found=found)


def _clicks() -> float:
    """Clicks of people for each reader of the last issues."""
    with db.reading() as session:
        past = session.scalars(
            select(Newsletter)
            .where(
                Newsletter.state.in_((IssueState.SENDING, IssueState.DONE)),
                Newsletter.audience > 0,
                Newsletter.frozen_at < clock.now() - timedelta(days=1),
            )
            .order_by(Newsletter.frozen_at.desc())
            .limit(_ISSUES)
        ).all()
    followed = readers = 0
    for issue in past:
        found = clicks.links(issue)
        followed += sum(link.followed - (clicks.machines(found) or 0) for link in found)
        readers += issue.audience or 0
    return followed / readers if readers else 0.0


def _buyers(hours: int) -> float:
    """Readers on the list who buy within so many hours, by the last weeks."""
    listed = Subscriber.standing == Standing.CONFIRMED
    bought = Subscriber.email.in_(
        select(func.lower(Order.email)).where(
            Order.email.is_not(None),
            Order.state.in_(BOUGHT),
            Order.paid_at > clock.now() - _LOOKED_BACK,
        )
    )
    counted = select(func.count().filter(bought), func.count()).where(listed)
    with db.reading() as session:
        buyers, readers = session.execute(counted).one()
    return buyers / readers * (timedelta(hours=hours) / _LOOKED_BACK) if readers else 0.0
