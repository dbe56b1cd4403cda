"""The letters to staff: of disputes, of fraud that is expected, of what else needs somebody.

They name no customer: what is wanted to answer stands behind the link, for whoever may see it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core import clock, config, db, money
from core.mail import composing, letters
from core.mail.letters import Composer, LastLook, Letter, Message, Undeliverable, Verdict
from core.mail.models import Delivery, Stream
from shop import alerts, disputes
from shop.models import Alert, Dispute, Order

# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make them known to the worker."""
    kinds: tuple[tuple[str, Composer, LastLook | None], ...] = (
        (disputes.OPENED, _opened, _is_unanswered),
        (disputes.DUE, _due, _is_unanswered),
        (disputes.ENDED, _ended, None),
        (disputes.WARNED, _warned, _is_money_here),
        (alerts.NEEDED, _needed, _is_unseen),
    )
    for name, compose, last_look in kinds:
        stream = Stream.TRANSACTIONAL
        letters.register(Letter(name=name, stream=stream, compose=compose, last_look=last_look))


def _opened(delivery: Delivery) -> Message:
    dispute, order = _found(delivery)
    inquiry = dispute.status.startswith("warning")
    asked = "A bank asks about" if inquiry else "A bank disputes"
    return _compose(
        "dispute_opened",
        order,
        subject=f"{asked} {_named(dispute, order)}: answer by {_day(dispute)}",
        preheader="Until when, why, and all that speaks for you in one file.",
        dispute=dispute,
        due=dispute.due_by,
        inquiry=inquiry,
        helps=disputes.helps(dispute),
    )


def _due(delivery: Delivery) -> Message:
    dispute, order = _found(delivery)
    left = (dispute.due_by - clock.now()).days if dispute.due_by else 0
    span = f"{left} days" if left > 1 else "1 day" if left else "hours"
    return _compose(
        "dispute_due",
        order,
        subject=f"{span.capitalize()} left to answer the dispute over {_named(dispute, order)}",
        preheader="Nobody has sent evidence yet, and no answer is a loss.",
        about=_named(dispute, order),
        dispute=dispute,
        due=dispute.due_by,
        helps=disputes.helps(dispute),
        span=span,
    )


def _ended(delivery: Delivery) -> Message:
    dispute, order = _found(delivery)
    lost = dispute.status == "lost"
    outcome = "is lost" if lost else "is won" if dispute.status == "won" else "is closed"
    return _compose(
        "dispute_over",
        order,
        subject=f"The dispute over {_named(dispute, order)} {outcome}",
        preheader="The customer keeps the money." if lost else "The money stays with you.",
        dispute=dispute,
        due=None,
        outcome=outcome,
        lost=lost,
    )


def _warned(delivery: Delivery) -> Message:
    with db.reading() as session:
        order = session.get(Order, delivery.payload["order"])
    if order is None:
        raise Undeliverable("the order is gone")
    return _compose(
        "fraud_warning",
        order,
        subject=f"Order {order.number} may be fraud",
        preheader="A refund now avoids a dispute and its fee.",
    )


def _needed(delivery: Delivery) -> Message:
    """What was told of and nobody saw to since."""
    waiting = alerts.some(delivery.payload["alerts"])
    if not waiting:
        raise Undeliverable("somebody saw to it")
    says = [alerts.NEEDS[each.kind] for each in waiting]
    return _written(
        "alerts",
        subject=says[0] if len(says) == 1 else f"{len(says)} things need somebody in the shop",
        preheader="All of it waits in the back office until somebody says that they saw it.",
        needs=[(says, _words(each), _at(each)) for says, each in zip(says, waiting, strict=True)],
        home=f"{config.current().site_url}/staff/",
    )


def _words(alert: Alert) -> str:
    """What the alert says, but nothing that a customer wrote of their health."""
    if alert.kind == "safety":
        return "What they wrote stands on the order's page."
    return alert.message


def _at(alert: Alert) -> str:
    desk = f"{config.current().site_url}/staff/"
    return f"{desk}orders/{alert.order_id}" if alert.order_id else desk


def _is_unseen(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is called to what somebody has seen."""
    return {
        each.id: "somebody has seen it by now"
        for each in deliveries
        if not alerts.some(each.payload["alerts"])
    }


def _is_unanswered(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is called to what somebody has answered, or what is over."""
    wanted = {each.id: disputes.get(each.payload["dispute"]) for each in deliveries}
    return {
        number: "it is answered by now"
        for number, dispute in wanted.items()
        if dispute and dispute.status not in disputes.ANSWERABLE
    }


def _is_money_here(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is told to refund what went back, or what the bank disputes already."""
    with db.reading() as session:
        wanted = {each.id: session.get(Order, each.payload["order"]) for each in deliveries}
    return {
        number: "it is refunded or disputed by now"
        for number, order in wanted.items()
        if order and (order.dispute or not order.left)
    }


def _found(delivery: Delivery) -> tuple[Dispute, Order]:
    with db.reading() as session:
        dispute = session.get(Dispute, delivery.payload["dispute"])
        order = session.get(Order, dispute.order_id) if dispute else None
    if dispute is None or order is None:
        raise Undeliverable("the dispute is gone")
    return dispute, order


def _compose(name: str, order: Order, *, subject: str, preheader: str, **more: Any) -> Message:
    return _written(
        name,
        subject=subject,
        preheader=preheader,
        order=order,
        total=money.display(order.total_amount, order.currency),
        link=f"{config.current().site_url}/staff/orders/{order.id}",
        **more,
    )


def _written(name: str, **context: Any) -> Message:
    return composing.compose(name, headers=_AUTOMATIC, **context)


def _named(dispute: Dispute, order: Order) -> str:
    named = disputes.named(dispute, order)
    return named if dispute.stray_id else f"order {named}"


def _day(dispute: Dispute) -> str:
    due = dispute.due_by
    return f"{due:%B} {due.day}" if due else "the day that Stripe names"
