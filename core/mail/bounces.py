"""Takes in notices: keeps each once, tells of addresses that are no good, and pulls the brakes."""

import re
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select

from core import clock, db, events
from core.mail import fates, ledger, printing, stops
from core.mail.events import AskedToLeave, Bounced, Complained
from core.mail.models import Cause, Delivery, MailReport, Report, State, Stream
from core.mail.notices import Notice

SOFT_LIMIT, SOFT_SPAN, SOFT_SPREAD = 5, timedelta(weeks=13), timedelta(weeks=1)
"""So many soft bounces within the span count as a hard one, where they spread over a week or more:
older ones are forgotten, and a weekend's outage is nobody's end (the rule of Odoo's mailing)."""
BRAKES = {Report.COMPLAINT: (0.001, Cause.COMPLAINTS), Report.HARD_BOUNCE: (0.05, Cause.BOUNCES)}
"""Of the messages of one source, how many may be reported before all marketing stops. Gmail asks
for complaints below 0.1 %."""
LEAST_ACCEPTED = 1000
"""Below so many a share says nothing."""
# RFC 3463 and 7505: no such mailbox, it moved away, its domain takes no mail. What else a server
# refuses at once may be about the message, or us.
_DEAD = re.compile(r"55\d[ -](5\.1\.(?:1|6|10))\b")


def take(notices: Iterable[Notice]) -> int:
    """Store notices and do what follows from them, in one transaction; how many were new."""
    with db.transaction():
        return sum(_take(notice) for notice in notices)


def take_refusal(delivery: Delivery, answer: str) -> None:
    """Store that the mail server refused a message since its address does not exist, if it did.

    In the transaction that marks the refusal.
    """
    dead = _DEAD.match(answer)
    if dead is None:
        return
    is_new = db.insert_missing(
        MailReport,
        key=f"refused:{delivery.id}:{delivery.fence}",
        kind=Report.HARD_BOUNCE,
        delivery_id=delivery.id,
        recipient=delivery.recipient,
        status=dead[1],
        detail=answer[:500],
        at=clock.now(),
    )
    if is_new:
        events.tell(Bounced(delivery.recipient))
        if delivery.stream is Stream.MARKETING:
            _brake(delivery.source, Report.HARD_BOUNCE)


def _take(notice: Notice) -> bool:
    delivery = _named(notice)
    # Whoever got a message knows its return path, and may speak of no other address by it.
    told = "" if notice.delivery_id is not None else notice.recipient
    address = (delivery.recipient if delivery else "") or told
    is_new = db.insert_missing(
        MailReport,
        key=notice.key,
        kind=notice.kind,
        delivery_id=delivery.id if delivery else None,
        recipient=address,
        status=notice.status,
        detail=notice.detail,
        at=clock.now(),
    )
    if not is_new or not address:
        return is_new
    if delivery is not None:
        _resolve(delivery)
    if notice.kind is Report.COMPLAINT:
        events.tell(Complained(address))
    elif notice.kind is Report.DEPARTURE:
        events.tell(AskedToLeave(address))
    elif notice.kind is Report.HARD_BOUNCE or _bounces_for_weeks(notice.kind, address):
        events.tell(Bounced(address))
    if delivery is not None and delivery.stream is Stream.MARKETING and notice.kind in BRAKES:
        _brake(delivery.source, notice.kind)
    return True


def _named(notice: Notice) -> Delivery | None:
    """The message that a notice is about."""
    if notice.delivery_id is not None:
        return db.session().get(Delivery, notice.delivery_id)
    number = printing.delivery_id(notice.message_id)
    delivery = db.session().get(Delivery, number) if number else None
    if delivery is None:
        return None
    domain = printing.domain_of(notice.message_id.strip("<>"))
    return delivery if printing.message_id(delivery, domain) == notice.message_id else None


def _resolve(delivery: Delivery) -> None:
    """Whoever reports on a message has had it: its fate is not unknown any more."""
    if delivery.state in (State.UNKNOWN, State.SENDING):
        fates.accept(delivery)


def _bounces_for_weeks(kind: Report, address: str) -> bool:
    if kind is not Report.SOFT_BOUNCE:
        return False
    soft = select(func.count(), func.min(MailReport.at), func.max(MailReport.at)).where(
        MailReport.recipient == address,
        MailReport.kind == Report.SOFT_BOUNCE,
        MailReport.at > clock.now() - SOFT_SPAN,
    )
    count, first, last = db.session().execute(soft).one()
    return bool(count >= SOFT_LIMIT and last - first > SOFT_SPREAD)


def _brake(source: str, kind: Report) -> None:
    """Stop marketing where too many of a source's readers complain, or its addresses are dead."""
    limit, cause = BRAKES[kind]
    reported = db.session().scalar(
        select(func.count())
        .select_from(MailReport)
        .join(Delivery, Delivery.id == MailReport.delivery_id)
        .where(Delivery.source == source, MailReport.kind == kind)
    )
    accepted = ledger.count(source).get(State.ACCEPTED, 0)
    if accepted >= LEAST_ACCEPTED and (reported or 0) > accepted * limit:
        stops.stop(cause, f"{reported} of {accepted} messages of {source}: {kind.value}")
