"""Why a person got a letter, or did not: a plain sentence, and the rows that it rests on.

Nothing is guessed: what the ledger, the walk's log, the suppression list and the stops say is put
into words, in the order in which each of them would have been decisive.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import clock, db
from core.mail import ledger, stops, warming
from core.mail.models import Delivery, MailReport, Report, State, Stream
from newsletter import offers, phrases, rolls, sequences, steps, suppression
from newsletter.models import (
    DEFAULT_PACE,
    Enrolment,
    EnrolmentLog,
    IssueState,
    Newsletter,
    Sequence,
    SequenceVersion,
    Standing,
    Subscriber,
    Walk,
)
from newsletter.steps import Branch, Mail, Step
from newsletter.zones import local_day


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A row that a reason rests on; `delivery` is its number where it is one of the ledger."""

    what: str
    at: datetime | None
    delivery: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What became of one letter for one person, and why."""

    letter: str
    sentence: str
    facts: list[Fact]


def of_everything(person: Subscriber, issues: int = 10) -> dict[str, list[Reason]]:
    """The reasons for each sequence, by its title, and for the newest issues."""
    with db.reading() as session:
        found = session.scalars(select(Sequence).order_by(Sequence.title)).all()
        newest = session.scalars(
            select(Newsletter)
            .where(Newsletter.state != IssueState.DRAFT)
            .order_by(Newsletter.id.desc())
            .limit(issues)
        ).all()
        reasons = {sequence.title: of_sequence(person, sequence) for sequence in found}
        return reasons | {"Newsletters": [of_issue(person, issue) for issue in newest]}


def of_sequence(person: Subscriber, sequence: Sequence) -> list[Reason]:
    """Why each letter of a sequence came to a person, comes, or does not; last begun first."""
    mine = select(Enrolment).where(
        Enrolment.subscriber_id == person.id, Enrolment.sequence_id == sequence.id
    )
    with db.reading() as session:
        walks = session.scalars(mine.order_by(Enrolment.id.desc())).all()
        if not walks:
            return [_never_began(person, sequence)]
        deliveries = _deliveries(person)
        return [each for walk in walks for each in _of_walk(person, walk, deliveries)]


def of_issue(person: Subscriber, issue: Newsletter) -> Reason:
    """Why an issue came to a person, comes, or does not."""
    with db.reading():
        delivery = _deliveries(person).get(f"{issue.source}:{person.id}")
        if delivery is not None:
            return _of_delivery(issue.subject, person, delivery)
        is_coming = rolls.holds(issue, person.id)
        return Reason(
            letter=issue.subject,
            sentence=_ON_THE_ROLL if is_coming else _not_in_audience(person, issue),
            facts=[*_standing(person), Fact(what="Issue frozen", at=issue.frozen_at)],
        )


def _deliveries(person: Subscriber) -> dict[str, Delivery]:
    """The person's rows of the ledger, by their keys."""
    return {delivery.key: delivery for delivery in ledger.addressed_to(person.email)}


def _of_walk(person: Subscriber, walk: Enrolment, deliveries: dict[str, Delivery]) -> list[Reason]:
    session = db.session()
    version = session.get_one(SequenceVersion, walk.version_id)
    log = session.scalars(
        select(EnrolmentLog).where(EnrolmentLog.enrolment_id == walk.id).order_by(EnrolmentLog.id)
    ).all()
    reasons = []
    walked = steps.read(version.steps)
    for position, step in enumerate(walked):
        if not isinstance(step, Mail):
            continue
        delivery = deliveries.get(sequences.key(walk.id, version.id, position))
        if delivery is not None:
            reasons.append(_of_delivery(step.subject, person, delivery))
            continue
        passed = next((_PASSED[e.event] for e in log if _is_past(e, position)), None)
        reasons.append(
            Reason(
                letter=step.subject,
                sentence=passed or _not_written(person, walk, walked, log, position),
                facts=[*_standing(person), *_walk_facts(version, log)],
            )
        )
    return reasons


def _is_past(entry: EnrolmentLog, position: int) -> bool:
    return entry.position == position and entry.event in _PASSED


def _not_written(
    person: Subscriber,
    walk: Enrolment,
    walked: Rows[Step],
    log: Rows[EnrolmentLog],
    position: int,
) -> str:
    """Why a letter of a walk is not in the ledger."""
    day = f"{local_day(walk.due_at, person.timezone):%B %-d, %Y}"
    if walk.state is Walk.EXITED:
        return f"It did not come: {_worded(walk.reason or 'exited')} before it was due."
    if position < walk.position:
        return f"It did not come: {_led_past(walked, log, position)}."
    if walk.state is Walk.DONE:
        return "It did not come: the walk was over before it."
    if offers.is_offer(walked[position]) and offers.buyers_among({person.email}):
        return "It does not come: it asks to buy, and they have bought."
    if position == walk.position:
        return f"It comes on {day}, by their own clock." + _what_puts_off(person)
    return f"It has not come yet: other letters are before it, the next one on {day}."


def _led_past(walked: Rows[Step], log: Rows[EnrolmentLog], position: int) -> str:
    """What led a way past a letter: the branch before it whose conditions were not met, or else."""
    branches = [
        (entry.position, step)
        for entry in log
        if entry.event == "otherwise"
        and entry.position < min(position, len(walked))
        and isinstance(step := walked[entry.position], Branch)
        and step.otherwise > position
    ]
    if not branches:
        return "their way led past it, by a branch or a goal"
    place, branch = branches[-1]
    asked = phrases.of_rule(branch.rule)
    return f"at step {place + 1} they did not meet “{asked}”, and their way led past it"


def _what_puts_off(person: Subscriber) -> str:
    if person.paused_until is not None and person.paused_until > clock.now():
        return f" They paused their letters until {_day(person, person.paused_until)}."
    if person.pace_days == DEFAULT_PACE:
        return ""
    return f" They chose at most one letter every {person.pace_days} days."


def _of_delivery(letter: str, person: Subscriber, delivery: Delivery) -> Reason:
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
            day = _day(person, delivery.settled_at or delivery.created_at)
            how = "together with another letter" if delivery.within else "out"
            return f"It went {how}: the mail server took it on {day}."
        case State.EXCLUDED:
            return f"It did not go: {_worded(delivery.reason or 'excluded')}."
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
        return f"It waits until {_day(person, delivery.due_at)}: {_worded(why)}."
    return "It is written, and goes out at the next turn of a worker."


def _of_reports(reports: Rows[MailReport]) -> str:
    said = {
        Report.HARD_BOUNCE: " It came back: the mailbox does not exist.",
        Report.SOFT_BOUNCE: " It came back for now, such as from a full mailbox.",
        Report.COMPLAINT: " They reported it as spam.",
        Report.DELIVERED: " It was reported as delivered.",
    }
    return said[reports[-1].kind] if reports else ""


def _never_began(person: Subscriber, sequence: Sequence) -> Reason:
    return Reason(
        letter=sequence.title,
        sentence=f"They never began it: {_why_never(person, sequence)}.",
        facts=[*_standing(person), Fact(what="Sequence made", at=sequence.created_at)],
    )


def _why_never(person: Subscriber, sequence: Sequence) -> str:
    if person.standing is not Standing.CONFIRMED:
        return _worded(person.standing.value)
    if (reason := suppression.reason(person.address_hash)) is not None:
        return _worded(f"suppressed: {reason.value}")
    if person.confirmed_at is not None and person.confirmed_at < sequence.created_at:
        return "they were on the list before the sequence existed"
    if not sequence.active:
        return "the sequence is switched off"
    if person.source == "import":
        return "they came with an import, which begins no sequence unless it is named"
    return "what begins it has not happened to them since it was switched on"


_ON_THE_ROLL = (
    "It was frozen a moment ago, and they are among those whom it is for; what becomes of it shows "
    "here in a minute."
)


def _not_in_audience(person: Subscriber, issue: Newsletter) -> str:
    if issue.frozen_at is None:
        return (
            "It has not gone to anybody: it was called off."
            if issue.state is IssueState.CANCELLED
            else "It has not gone to anybody yet."
        )
    if person.confirmed_at is None or person.confirmed_at > issue.frozen_at:
        return "It did not go to them: they were not on the list yet when it went out."
    if person.unsubscribed_at is not None and person.unsubscribed_at < issue.frozen_at:
        return f"It did not go to them: {_worded('unsubscribed')}."
    if issue.segment is not None:
        return (
            f"It did not go to them: it went to the segment “{issue.segment}” alone, and they were"
            " not in it at that moment."
        )
    return "It did not go to them: they were not in its audience when it was frozen."


def _standing(person: Subscriber) -> list[Fact]:
    facts = [Fact(what="Asked for letters", at=person.created_at)]
    if person.confirmed_at is not None:
        facts.append(Fact(what="Confirmed", at=person.confirmed_at))
    if person.unsubscribed_at is not None:
        facts.append(Fact(what=person.standing.value.capitalize(), at=person.unsubscribed_at))
    if (reason := suppression.reason(person.address_hash)) is not None:
        facts.append(Fact(what=f"On the suppression list: {reason.value}", at=None))
    return facts


def _walk_facts(version: SequenceVersion, log: Rows[EnrolmentLog]) -> list[Fact]:
    return [
        Fact(what=f"Walks version {version.number}", at=version.created_at),
        *(
            Fact(what=f"{entry.event.capitalize()} {entry.detail or ''}".strip(), at=entry.at)
            for entry in log
        ),
    ]


def _day(person: Subscriber, moment: datetime) -> str:
    """The date that a moment has for the person."""
    return f"{local_day(moment, person.timezone):%B %-d, %Y}"


def _worded(reason: str) -> str:
    """A reason as the ledger and walks keep it, in words; one that is not known stays as it is."""
    return _WORDS.get(reason, reason)


_PASSED = {
    "sent": "It was written once, and its row has been cleared away since.",
    "skipped": "It did not come: it was late, as after an outage, and would have been old news.",
}
_FATES = {
    State.UNKNOWN: (
        "Nobody knows: the connection broke while it was handed over. It is not sent again unless"
        " you decide so in the outbox."
    ),
    State.HELD: "It waits: its issue is paused.",
    State.CLAIMED: "It is going out at this moment.",
    State.SENDING: "It is going out at this moment.",
}
_WORDS = {
    "pending": "they have not confirmed that they want letters",
    "unsubscribed": "they had unsubscribed",
    "bounced": "mail to their address came back",
    "complained": "they had reported a letter as spam",
    "suppressed: bounced": "mail to their address came back",
    "suppressed: complained": "they had reported a letter as spam",
    "suppressed: erased": "they had their data deleted",
    "suppressed: staff": "staff shut their address out",
    "erased": "they had their data deleted",
    "paused": "they had paused their letters",
    "other areas": "they chose letters about other parts of the body",
    "lapsed": "they got letters because they bought, and that had ended",
    "pace": "their slower pace put it off for so long that it was old news",
    "the reader's pace": "their pace or pause puts it off, or another letter came just before",
    "cancelled": "the issue was called off",
    "bought": "they had bought",
    "refunded": "their order was refunded",
    "goal": "they had reached the goal of the sequence",
    "held out": "they were drawn to get nothing, so that what the issue added can be seen",
    "exited": "they had left the sequence",
    "had it before": "they had had it already, under an earlier version",
    "taken out": "staff had taken them out of the sequence",
}
