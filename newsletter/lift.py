"""What an issue really added: buyers among those it was for, against a part held out by lot.

What a sequence added is in `newsletter.hold_outs`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sqlalchemy import ColumnElement, and_, func, not_, select

from core import db
from core.mail.models import Delivery, State
from newsletter.models import IssueState, Newsletter
from shop.models import BOUGHT, Order

HELD_OUT = "held out"
"""The reason in the ledger of whoever was left out by lot."""
WINDOW = timedelta(days=7)
"""For how long after the freezing purchases count."""

_NORMAL_95 = 1.959964  # the 97.5th percentile of the normal distribution


@dataclass(frozen=True)
class Group:
    """A part of an audience: how many people, and how many of them bought."""

    people: int
    buyers: int

    @property
    def share(self) -> float:
        """Buyers among all, from 0 to 1."""
        return self.buyers / self.people if self.people else 0.0


@dataclass(frozen=True)
class Lift:
    """Both groups, and how many buyers were added to those who were to get letters.

    With 95% confidence it is between `least` and `most`; both may be below zero. Nothing can be
    said where one of the groups `is_empty`.
    """

    sent: Group
    held_out: Group

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to compare with."""
        return not (self.sent.people and self.held_out.people)

    @property
    def added(self) -> int:
        """How many more bought than would have in equal shares."""
        return round((self.sent.share - self.held_out.share) * self.sent.people)

    @property
    def least(self) -> int:
        """How many buyers were added at least."""
        return round(interval(self.sent, self.held_out)[0] * self.sent.people)

    @property
    def most(self) -> int:
        """How many buyers were added at most."""
        return round(interval(self.sent, self.held_out)[1] * self.sent.people)

    @property
    def is_sure(self) -> bool:
        """Whether letters that add nothing would show so much in one of twenty cases at most."""
        return self.least > 0 or self.most < 0


def measure(issue: Newsletter) -> Lift | None:
    """Compare by now; None where nobody was held out, or there is nobody to compare with.

    Whoever was to get it counts, also where it did not arrive: what happened after the lots were
    drawn must not choose who is compared. So nothing is said of an issue that was called off: who
    had it by then was not drawn by lot.
    """
    if issue.frozen_at is None or not issue.held_out or issue.state is IssueState.CANCELLED:
        return None
    found = Lift(*_groups(issue.source, issue.frozen_at))
    return None if found.is_empty else found


def interval(one: Group, other: Group) -> tuple[float, float]:
    """Between what the difference of two shares lies, with 95% confidence.

    Newcombe's hybrid score interval (Statistics in Medicine 17 (1998), page 873, method 10), which
    holds for few buyers too.
    """
    (low, high), (other_low, other_high) = _wilson(one), _wilson(other)
    difference = one.share - other.share
    return (
        difference - sqrt((one.share - low) ** 2 + (other_high - other.share) ** 2),
        difference + sqrt((high - one.share) ** 2 + (other.share - other_low) ** 2),
    )


def _wilson(group: Group) -> tuple[float, float]:
    n, z = group.people, _NORMAL_95
    middle = group.share + z * z / (2 * n)
    spread = z * sqrt(group.share * (1 - group.share) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)


def _groups(source: str, since: datetime) -> tuple[Group, Group]:
    out = and_(Delivery.state == State.EXCLUDED, Delivery.reason == HELD_OUT)
    never = and_(
        Delivery.state == State.EXCLUDED,
        (Delivery.reason == "paused") | Delivery.reason.startswith("suppressed"),
    )
    bought = Delivery.recipient.in_(
        select(func.lower(Order.email)).where(
            Order.email.is_not(None),
            Order.state.in_(BOUGHT),
            Order.paid_at.between(since, since + WINDOW),
        )
    )
    with db.reading() as session:
        counted = session.execute(
            select(
                *_counts(and_(not_(out), not_(never)), bought),
                *_counts(out, bought),
            ).where(Delivery.source == source)
        ).one()
    return Group(*counted[:2]), Group(*counted[2:])


def _counts(
    people: ColumnElement[bool], bought: ColumnElement[bool]
) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count().filter(people), func.count().filter(people, bought)
