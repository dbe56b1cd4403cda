"""What became of a letter by its row in the ledger, in words."""

from collections.abc import Sequence as Rows

from sqlalchemy import select

from core import clock, db
from core.mail import ledger, stops, warming
from core.mail.models import Delivery, MailReport, Report, State, Stream
from newsletter.evidence import Fact, Reason, day, hour, worded
from newsletter.models import Subscriber


def written_to(person: Subscriber) -> dict[str, Delivery]:
    """The person's rows of the ledger, by their keys."""
    return {delivery.key: delivery for delivery in ledger.addressed_to(person.email)}


def of(letter: str, person: Subscriber, delivery: Delivery) -> Reason:
    """Why a letter came to a person, comes, or does not, as its row says."""
    reports = db.session().scalars(
        select(MailReport)
        .where(MailReport.delivery_id == (delivery.within or delivery.id))
        .order_by(MailReport.id)
    )
    told = list(reports)
    facts = [
        Fact(what="Written into the ledger", at=delivery.created_at, delivery=delivery.id),
        Fact(
            what=f"{delivery.state.value.capitalize()}{_because(delivery)}",
            at=delivery.settled_at or delivery.due_at,
            delivery=delivery.id,
        ),
        *_message(delivery),
        *(Fact(what=f"Reported: {each.kind.value}", at=each.at) for each in told),
    ]
    sentence = _of_fate(person, delivery) + _of_reports(told)
    return Reason(letter=letter, sentence=sentence, facts=facts)


def _message(delivery: Delivery) -> list[Fact]:
    """The message of several letters in which one goes, where it does so."""
    if delivery.within is None:
        return []
    what = "Within the message of another letter, as a cap had put both off"
    return [Fact(what=what, at=delivery.settled_at, delivery=delivery.within)]


def _because(delivery: Delivery) -> str:
    return f", {delivery.reason}" if delivery.reason else ""


def _of_fate(person: Subscriber, delivery: Delivery) -> str:
    """What became of a row of the ledger, in words."""
    match delivery.state:
        case State.ACCEPTED:
            went = day(person, delivery.settled_at or delivery.created_at)
            how = "together with another letter" if delivery.within else "out"
            return f"It went {how}: the mail server took it on {went}."
        case State.EXCLUDED:
            return f"It did not go: {worded(delivery.reason or 'excluded')}."
        case State.FAILED:
            return f"It was refused for good: {delivery.reason}."
        case State.PENDING:
            return _of_pending(person, delivery)
        case state:
            return _FATES[state]


def _of_pending(person: Subscriber, delivery: Delivery) -> str:
    stopped = [each for each in stops.current() if delivery.stream not in stops.open_streams()]
    if stopped:
        return f"It waits: mail is stopped ({stopped[0].reason})."
    if delivery.stream is Stream.MARKETING and warming.is_spent():
        return f"It waits: {warming.SPENT}."
    if delivery.due_at > clock.now():
        why = delivery.reason or "its time has not come"
        return f"It waits until {hour(person, delivery.due_at)}, by their own clock: {worded(why)}."
    return "It is written, and goes out at the next turn of a worker."


def _of_reports(reports: Rows[MailReport]) -> str:
    said = {
        Report.HARD_BOUNCE: " It came back: the mailbox does not exist.",
        Report.SOFT_BOUNCE: " It came back for now, such as from a full mailbox.",
        Report.COMPLAINT: " They reported it as spam.",
        Report.DELIVERED: " It was reported as delivered.",
    }
    return said[reports[-1].kind] if reports else ""


_FATES = {
    State.UNKNOWN: (
        "Nobody knows: the connection broke while it was handed over. It is not sent again unless"
        " you decide so in the outbox."
    ),
    State.HELD: "It waits: its issue is paused.",
    State.CLAIMED: "It is going out at this moment.",
    State.SENDING: "It is going out at this moment.",
}
