"""Why a letter of a sequence came to a person, comes, or does not."""

from collections.abc import Mapping
from collections.abc import Sequence as Rows

from sqlalchemy import select

from core import clock, db
from core.mail.models import Delivery
from newsletter import absence_reasons, offers, phrases, row_reasons, sequences, steps
from newsletter.evidence import Fact, Reason, day, hour, standing, worded
from newsletter.models import (
    DEFAULT_PACE,
    Enrolment,
    EnrolmentLog,
    Sequence,
    SequenceVersion,
    Subscriber,
    Walk,
)
from newsletter.steps import Branch, Mail, Step


def of(person: Subscriber, sequence: Sequence) -> list[Reason]:
    """The reasons for each letter of a sequence, of what was begun last first."""
    mine = select(Enrolment).where(
        Enrolment.subscriber_id == person.id, Enrolment.sequence_id == sequence.id
    )
    walks = db.session().scalars(mine.order_by(Enrolment.id.desc())).all()
    if not walks:
        return [_never_began(person, sequence)]
    written = row_reasons.written_to(person)
    return [each for walk in walks for each in _of_walk(person, walk, written)]


def _of_walk(person: Subscriber, walk: Enrolment, written: Mapping[str, Delivery]) -> list[Reason]:
    session = db.session()
    version = session.get_one(SequenceVersion, walk.version_id)
    log = session.scalars(
        select(EnrolmentLog).where(EnrolmentLog.enrolment_id == walk.id).order_by(EnrolmentLog.id)
    ).all()
    if walk.state is Walk.HELD_OUT:
        return [_held_out(person, walk, [*standing(person), *_walk_facts(version, log)])]
    reasons, walked = [], steps.read(version.steps)
    before = _under_other_versions(walk, written)
    for position, step in enumerate(walked):
        if not isinstance(step, Mail):
            continue
        own = written.get(sequences.key(walk.id, version.id, position))
        delivery = own or before.get(step.subject)
        if delivery is not None:
            reasons.append(row_reasons.of(step.subject, person, delivery))
            continue
        passed = next((_PASSED[e.event] for e in log if _is_past(e, position, step)), None)
        reasons.append(
            Reason(
                letter=step.subject,
                sentence=passed or _not_written(person, walk, walked, log, position),
                facts=[*standing(person), *_walk_facts(version, log)],
            )
        )
    return reasons


def _held_out(person: Subscriber, walk: Enrolment, facts: list[Fact]) -> Reason:
    return Reason(
        letter=db.session().get_one(Sequence, walk.sequence_id).title,
        sentence=f"They are in its hold-out: on {day(person, walk.created_at)} they were drawn by"
        " lot to get none of its letters, so that what these add can be seen.",
        facts=facts,
    )


def _under_other_versions(walk: Enrolment, written: Mapping[str, Delivery]) -> dict[str, Delivery]:
    """The rows of a walk's letters by their subjects, the earliest of each that went."""
    found: dict[str, Delivery] = {}
    for key, delivery in written.items():
        place = sequences.place(delivery.source)
        if sequences.walk_of(key) == walk.id and place is not None:
            version, position = place
            stored = db.session().get_one(SequenceVersion, version).steps[position]
            found[stored["subject"]] = delivery
    return found


def _is_past(entry: EnrolmentLog, position: int, step: Mail) -> bool:
    """Whether an entry is about this letter, not about another one that had its place before."""
    place = position, steps.title(step)[:200]
    return (entry.position, entry.detail) == place and entry.event in _PASSED


def _not_written(
    person: Subscriber,
    walk: Enrolment,
    walked: Rows[Step],
    log: Rows[EnrolmentLog],
    position: int,
) -> str:
    """Why a letter of a walk is not in the ledger."""
    if walk.state is Walk.EXITED:
        return f"It did not come: {worded(walk.reason or 'exited')} before it was due."
    if position < walk.position:
        return f"It did not come: {_led_past(walked, log, position)}."
    if walk.state is Walk.DONE:
        return "It did not come: the walk was over before it."
    if offers.is_offer(walked[position]) and offers.buyers_among({person.email}):
        return "It does not come: it asks to buy, and they have bought."
    return _still_to_come(person, walk, position)


def _still_to_come(person: Subscriber, walk: Enrolment, position: int) -> str:
    due = hour(person, walk.due_at)
    if db.session().get_one(Sequence, walk.sequence_id).paused_at is not None:
        return "It waits: staff paused the sequence."
    if position == walk.position:
        return f"It comes on {due}, by their own clock." + _what_puts_off(person)
    return f"It has not come yet: other letters are before it, the next one on {due}."


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
    if not branches and any(entry.event == "version" for entry in log):
        return "they came to this version from an earlier one, at a later step"
    if not branches:
        return "their way led past it, by a branch or a goal"
    place, branch = branches[-1]
    asked = phrases.of_rule(branch.rule)
    return f"at step {place + 1} they did not meet “{asked}”, and their way led past it"


def _what_puts_off(person: Subscriber) -> str:
    if person.paused_until is not None and person.paused_until > clock.now():
        return f" They paused their letters until {day(person, person.paused_until)}."
    if person.pace_days == DEFAULT_PACE:
        return ""
    return f" They chose at most one letter every {person.pace_days} days."


def _never_began(person: Subscriber, sequence: Sequence) -> Reason:
    return Reason(
        letter=sequence.title,
        sentence=f"They never began it: {absence_reasons.why(person, sequence)}.",
        facts=[*standing(person), Fact(what="Sequence made", at=sequence.created_at)],
    )


def _walk_facts(version: SequenceVersion, log: Rows[EnrolmentLog]) -> list[Fact]:
    return [
        Fact(what=f"Walks version {version.number}", at=version.created_at),
        *(Fact(what=_logged(entry), at=entry.at) for entry in log),
    ]


def _logged(entry: EnrolmentLog) -> str:
    said = _LOGGED.get(entry.event, entry.event.capitalize())
    return f"{said} {entry.detail or ''}".strip()


_LOGGED = {"sent": "Letter written:", "tagged": "Done:", "version": "Moved from version"}
"""What the log says, where its own word would promise more or read badly."""


_PASSED = {
    "sent": "It was written once, and its row has been cleared away since.",
    "skipped": "It did not come: it was late, as after an outage, and would have been old news.",
}
