"""The first desk: what waits for somebody this morning, and how things went in the last 30 days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue
from sqlalchemy import ScalarSelect, func, select, text

from core import clock, jobs, settings
from core.mail.models import Delivery
from core.models import Visit
from newsletter.models import IssueState, Newsletter, Standing, Subscriber
from shop import alerts, books, disputes, takings
from shop.models import Dispute, Order, Return, Stock, StockMovement, Withdrawal
from shop.takings import Taking
from staff import access, frame, sources, trends
from staff.frame import page, say
from staff.models import Role
from staff.sources import Source

desk = access.desk("today", __name__, *Role, at="")

_MOST_POSTS = 6
_SOON = timedelta(days=3)
"""Before the deadline of a dispute that is nearer than this, nothing else comes first."""


@dataclass(frozen=True)
class Brought:
    """A post that led to orders, and what came of it."""

    source: Source
    taking: Taking


@desk.get("/")
def index() -> ResponseReturnValue:
    """What waits, how sales and readers went, which posts sold, and whether all is at work."""
    now, currency = clock.now(), settings.store().currency
    sells = access.may_use("orders")
    counts = frame.count(**_numbers(now))
    return page(
        "today.html",
        counts=counts,
        now=now,
        urgent=_is_urgent(counts.get("dispute_due"), now),
        days_of_stock=_days_of_stock(counts) if sells else None,
        currency=currency,
        trends=trends.read(currency),
        first=trends.first_moment(),
        brought=_brought(currency) if access.may_use("origins") else [],
        alerts=alerts.unseen(20) if sells else [],
        turns=jobs.turns(),
    )


@desk.post("/alerts/<int:number>/acknowledge")
def acknowledge(number: int) -> ResponseReturnValue:
    """Somebody saw an alert; should it come again, it opens again."""
    if alerts.acknowledge(number, by=access.member().email):
        way_back = f"/staff/alerts/{number}/reopen"
        say("Seen. Should it happen again, it will be here again.", undo=way_back)
    return redirect(access.HOME, 303)


@desk.post("/alerts/<int:number>/reopen")
def reopen(number: int) -> ResponseReturnValue:
    """Somebody has to see an alert after all."""
    if alerts.reopen(number):
        say("It stands here again.", kind="info")
    return redirect(access.HOME, 303)


def _is_urgent(due: datetime | None, now: datetime) -> bool:
    return due is not None and due - now < _SOON


def _days_of_stock(counts: Mapping[str, Any]) -> int | None:
    """For how many days the shelf lasts if it empties as it did; None where nothing left it."""
    left = int(counts["left"] or 0)
    return int(counts["units"]) * trends.DAYS // left if left > 0 else None


def _brought(currency: str) -> Sequence[Brought]:
    """The posts that led to most money of the currency in the 30 days."""
    found = takings.since(trends.first_moment()).by_origin
    posts = [each for each in found if (each.step.kind, each.currency) == ("post", currency)]
    first = posts[:_MOST_POSTS]
    named = sources.named(each.step for each in first) if first else {}
    return [Brought(named[each.step.source], each) for each in first]


def _numbers(now: datetime) -> dict[str, ScalarSelect[Any]]:
    """What one query asks for, from the desks that are open to who is signed in."""
    numbers = frame.waiting()
    if access.may_use("orders"):
        numbers |= _of_orders()
    if access.may_use("money"):
        numbers |= books.last_run()
    if access.may_use("newsletters"):
        scheduled = Newsletter.state == IssueState.SCHEDULED
        under_way = Newsletter.state.in_((IssueState.SENDING, IssueState.PAUSED))
        numbers |= {
            "get_letters": select(func.count(Subscriber.id))
            .where(Subscriber.standing == Standing.CONFIRMED)
            .scalar_subquery(),
            "next_issue": select(func.min(Newsletter.scheduled_at))
            .where(scheduled)
            .scalar_subquery(),
            "issues_under_way": select(func.count(Newsletter.id))
            .where(under_way)
            .scalar_subquery(),
        }
    if access.may_use("outbox"):
        due = text("state = 'pending'"), Delivery.due_at <= now
        numbers["mail_waiting"] = select(func.count(Delivery.id)).where(*due).scalar_subquery()
    return numbers


def _of_orders() -> dict[str, ScalarSelect[Any]]:
    """Disputes and the nearest deadline, returns to answer, money to send back, shelf and looks."""
    disputed = Dispute.status.in_(disputes.ANSWERABLE)
    received = select(func.count(Return.id)).where(text("state = 'received'")).scalar_subquery()
    withdrawn = select(func.count(Withdrawal.id)).where(Withdrawal.closed_at.is_(None))
    first = trends.first_moment()
    free = func.coalesce(func.sum(Stock.on_hand - Stock.reserved), 0)
    return {
        "disputes": select(func.count(Dispute.id)).where(disputed).scalar_subquery(),
        "dispute_due": select(func.min(Dispute.due_by)).where(disputed).scalar_subquery(),
        "asked_back": select(func.count(Return.id))
        .where(text("state = 'requested'"))
        .scalar_subquery(),
        "to_refund": select(received + withdrawn.scalar_subquery()).scalar_subquery(),
        "units": select(free).scalar_subquery(),
        "left": _left(),
        "looked": _looked(first, first + trends.LENGTH),
        "looked_before": _looked(first - trends.LENGTH, first),
    }


def _left() -> ScalarSelect[Any]:
    """How many units left the shelf for orders of the 30 days, less what came back of them."""
    taken = select(func.coalesce(-func.sum(StockMovement.change), 0)).join(
        Order, Order.id == StockMovement.order_id
    )
    return taken.where(Order.placed_at >= trends.first_moment()).scalar_subquery()


def _looked(first: datetime, end: datetime) -> ScalarSelect[Any]:
    """How often pages of products were opened, by people as far as one can tell."""
    opened = Visit.kind == "product", Visit.day >= first.date(), Visit.day < end.date()
    return select(func.coalesce(func.sum(Visit.count), 0)).where(*opened).scalar_subquery()
