"""The first desk: what waits for somebody this morning, and how things stand."""

from datetime import datetime, timedelta
from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, ScalarSelect, func, select, text

from core import clock, jobs, settings
from core.mail.models import Delivery
from newsletter.models import Consent, ConsentEvent, IssueState, Newsletter
from shop import alerts
from shop.models import Order, Stock
from staff import access, frame
from staff.frame import page, say
from staff.models import Role

desk = access.desk("today", __name__, *Role, at="")

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@desk.get("/")
def index() -> ResponseReturnValue:
    """The numbers of the day, alerts, and whether the workers are at work."""
    numbers = frame.count(**_numbers(clock.now(), settings.store().currency))
    return page(
        "today.html",
        counts=numbers,
        currency=settings.store().currency,
        alerts=alerts.unseen(20) if access.may_use("orders") else [],
        turns=jobs.turns(),
    )


@desk.post("/alerts/<int:number>/acknowledge")
def acknowledge(number: int) -> ResponseReturnValue:
    """Somebody saw an alert; should it come again, it opens again."""
    if alerts.acknowledge(number, by=access.member().email):
        say("Seen. Should it happen again, it will be here again.")
    return redirect(access.HOME, 303)


def _numbers(now: datetime, currency: str) -> dict[str, ScalarSelect[Any]]:
    """What one query asks for, from the desks that are open to who is signed in."""
    numbers = frame.waiting()
    if access.may_use("orders"):
        numbers |= {
            "sold": _orders(func.count(), now - _DAY, now),
            "sold_before": _orders(func.count(), now - 2 * _DAY, now - _DAY),
            "earned": _earned(currency, now - _DAY, now),
            "earned_before": _earned(currency, now - 2 * _DAY, now - _DAY),
            "units": select(
                func.coalesce(func.sum(Stock.on_hand - Stock.reserved), 0)
            ).scalar_subquery(),
        }
    if access.may_use("newsletters"):
        scheduled = Newsletter.state == IssueState.SCHEDULED
        under_way = Newsletter.state.in_((IssueState.SENDING, IssueState.PAUSED))
        numbers |= {
            "joined": _consents(ConsentEvent.CONFIRMED, now - _WEEK, now),
            "joined_before": _consents(ConsentEvent.CONFIRMED, now - 2 * _WEEK, now - _WEEK),
            "left": _consents(ConsentEvent.WITHDRAWN, now - _WEEK, now),
            "next_issue": select(func.min(Newsletter.scheduled_at))
            .where(scheduled)
            .scalar_subquery(),
            "issues_under_way": select(func.count(Newsletter.id))
            .where(under_way)
            .scalar_subquery(),
        }
    if access.may_use("outbox"):
        numbers["mail_waiting"] = (
            select(func.count(Delivery.id))
            .where(text("state = 'pending'"), Delivery.due_at <= now)
            .scalar_subquery()
        )
    return numbers


def _orders(what: ColumnElement[Any], since: datetime, until: datetime) -> ScalarSelect[Any]:
    paid = Order.paid_at > since, Order.paid_at <= until
    return select(what).where(*paid).scalar_subquery()


def _earned(currency: str, since: datetime, until: datetime) -> ScalarSelect[Any]:
    """Minor units that came in and stayed; amounts in another currency are not added."""
    kept = func.sum(Order.total_amount - Order.refunded_amount).filter(Order.currency == currency)
    return _orders(func.coalesce(kept, 0), since, until)


def _consents(event: ConsentEvent, since: datetime, until: datetime) -> ScalarSelect[Any]:
    given = Consent.event == event, Consent.at > since, Consent.at <= until
    return select(func.count(Consent.id)).where(*given).scalar_subquery()
