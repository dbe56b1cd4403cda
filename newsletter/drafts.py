"""The draft of a sequence: steps that staff add, move, change and remove until they publish them.

Nobody walks a draft. A branch keeps leading to the step that it led to while steps around it move,
and never leads back.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence as Rows
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from core import clock, db
from core.findings import Finding, Weight
from core.mail import ledger
from newsletter import mailing, preflight, sequences, steps, versions
from newsletter.models import Enrolment, Newsletter, Sequence, SequenceVersion
from newsletter.steps import BadSteps, Branch, Mail, Step

_Place = Callable[[int], int]


class NameTaken(ValueError):
    """Another sequence has this title."""


class Found(NamedTuple):
    """A finding, and the step whose letter shows it; no step where several do."""

    position: int | None
    finding: Finding


class NotReady(Exception):
    """A letter of the draft must not go out so; `found` says why."""

    def __init__(self, found: Rows[Found]) -> None:
        super().__init__(" ".join(each.finding.text for each in found))
        self.found = found


class Begun(Exception):
    """What was asked cannot be done with a sequence that somebody has begun; the text says why."""


class Outdated(Exception):
    """The steps were changed by somebody else since they were looked at."""


def begin(title: str, trigger: str | None, value: str | None, *, held_out: int = 0) -> int:
    """A sequence without a step, which nobody begins; its number. Raises `NameTaken`.

    Of those who would begin, `held_out` percent will get nothing.
    """
    with db.transaction() as session:
        if session.scalar(select(Sequence.id).where(Sequence.name == title.lower())):
            raise NameTaken("There is a sequence of that title.")
        sequence = Sequence(
            name=title.lower(),
            title=title,
            trigger=trigger,
            trigger_value=value,
            active=False,
            draft=[],
            held_out=held_out,
            created_at=clock.now(),
        )
        session.add(sequence)
        session.flush()
        return sequence.id


def duplicate(number: int) -> int:
    """A new sequence with the same steps as a draft, which nobody begins; its number."""
    with db.transaction() as session:
        original = session.get_one(Sequence, number)
        taken = set(session.scalars(select(Sequence.name)))
        title = next(
            name
            for name in (f"{original.title[:50]}, copy {count}" for count in itertools.count(1))
            if name.lower() not in taken
        )
        begins = original.trigger, original.trigger_value
        copy = begin(title, *begins, held_out=original.held_out)
        session.get_one(Sequence, copy).draft = _written(read(original))
        return copy


def forget(number: int) -> None:
    """Delete a sequence that nobody ever began. Raises `Begun` for another."""
    with db.transaction() as session:
        sequence = session.get_one(Sequence, number, with_for_update=True)
        begun = Enrolment.version_id.in_(sequences.versions_of(number))
        if session.scalar(select(Enrolment.id).where(begun).limit(1)):
            raise Begun("Somebody has begun it: what they got would lose its reason.")
        db.changed(delete(SequenceVersion).where(SequenceVersion.sequence_id == number))
        session.delete(sequence)


def read(sequence: Sequence) -> list[Step]:
    """The steps as staff left them: of the draft, else of the newest version."""
    if sequence.draft is not None:
        return steps.read(sequence.draft) if sequence.draft else []
    newest = sequences.latest_version(sequence.id)
    return steps.read(newest.steps) if newest else []


def mark(walked: Rows[Step]) -> str:
    """What tells these steps from others, to be shown again with a change of them."""
    written = json.dumps(_written(walked), sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def put(number: int, walked: Rows[Step], *, seen: str) -> None:
    """Make these steps the draft, if those that were `seen` still stand. Raises `Outdated`."""
    with db.transaction() as session:
        sequence = session.get_one(Sequence, number, with_for_update=True, populate_existing=True)
        if mark(read(sequence)) != seen:
            raise Outdated
        sequence.draft = _written(walked)


def send_test(number: int, letter: Mail, recipient: str) -> None:
    """Send a letter as it stands in a draft to one address; it counts nowhere."""
    moment = clock.now().isoformat()
    ledger.enqueue(
        key=f"{mailing.TEST}:sequence:{number}:{moment}:{recipient}"[:200],
        letter=mailing.TEST,
        recipient=recipient,
        source="tests",
        payload={
            "subject": letter.subject,
            "preheader": letter.preheader,
            "body": letter.body,
        },
    )


def examine(number: int, walked: Rows[Step], *, outside: bool = False) -> list[Found]:
    """What is to be mended in the letters that are new or changed, what blocks them first.

    `outside` asks for their links, and the sender's DNS, too, which may take seconds.
    """
    newest = sequences.latest_version(number)
    known = {_words(step) for step in steps.read(newest.steps)} if newest else set()
    found: dict[Found, None] = {}
    for position, step in enumerate(walked):
        if isinstance(step, Mail) and _words(step) not in known:
            letter = Newsletter(
                subject=step.subject, preheader=step.preheader, body=step.body, areas=[]
            )
            told = preflight.examine(letter, readers=False)
            told += preflight.examine_outside(letter) if outside else []
            found |= dict.fromkeys(Found(position, each) for each in told)
    return sorted(_said_once(list(found)), key=lambda each: each.finding.weight.value)


def discard(number: int) -> None:
    """Forget the draft of a sequence that has a version; that one stands as it was."""
    with db.transaction() as session:
        if sequences.latest_version(number) is not None:
            session.get_one(Sequence, number, with_for_update=True).draft = None


def publish(number: int, *, seen: str, moving: bool = False, anew: bool = False) -> int:
    """Make the draft the newest version; where `moving`, whoever is under way goes on with it.

    `anew` is as for `newsletter.versions.move`. How many people were moved. Raises `Outdated`;
    `BadSteps` for a draft without a step; `NotReady` where a letter must not go out.
    """
    with db.transaction() as session:
        sequence = session.get_one(Sequence, number, with_for_update=True, populate_existing=True)
        walked = read(sequence)
        if mark(walked) != seen:
            raise Outdated
        if not walked:
            raise BadSteps("A sequence has a step at least.")
        found = examine(number, walked)
        if any(each.finding.weight is Weight.BLOCKS for each in found):
            raise NotReady(found)
        sequences.publish(sequence.name, sequence.title, walked)
        sequence.draft = None
        return versions.move(number, anew=anew) if moving else 0


def insert(walked: Rows[Step], at: int, step: Step) -> list[Step]:
    """These steps with another before the one at `at`."""
    moved = [_led(each, lambda onward: onward + (onward >= at)) for each in walked]
    return _forward([*moved[:at], step, *moved[at:]])


def remove(walked: Rows[Step], at: int) -> list[Step]:
    """These steps without one; whatever led to it leads to the step after it."""
    left = [_led(each, lambda onward: onward - (onward > at)) for each in walked]
    return _forward(left[:at] + left[at + 1 :])


def lift(walked: Rows[Step], at: int) -> list[Step]:
    """These steps with one of them earlier by one place."""
    places = {at: at - 1, at - 1: at}
    moved = [_led(each, lambda onward: places.get(onward, onward)) for each in walked]
    return _forward([*moved[: at - 1], moved[at], moved[at - 1], *moved[at + 1 :]])


def _written(walked: Rows[Step]) -> list[dict[str, Any]]:
    """A draft as it is kept, which may have no step yet."""
    return steps.write(walked) if walked else []


def _words(step: Step) -> tuple[str, str, str] | None:
    return (step.subject, step.preheader, step.body) if isinstance(step, Mail) else None


def _said_once(found: list[Found]) -> list[Found]:
    """The same, with what several letters show told once, of none of them."""
    times = Counter(each.finding for each in found)
    once = (each if times[each.finding] == 1 else Found(None, each.finding) for each in found)
    return list(dict.fromkeys(once))


def _led(step: Step, place: _Place) -> Step:
    """A step whose branch leads to where its target has gone."""
    return replace(step, otherwise=place(step.otherwise)) if isinstance(step, Branch) else step


def _forward(walked: Rows[Step]) -> list[Step]:
    """The same with every branch leading forward, and no further than to the end."""
    return [
        replace(step, otherwise=min(max(step.otherwise, at + 1), len(walked)))
        if isinstance(step, Branch)
        else step
        for at, step in enumerate(walked)
    ]
