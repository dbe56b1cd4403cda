"""What the letters of a sequence did: sent, opened from, and what was sold by them.

The same letter counts together whatever version it went by; letters are told apart by subject.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from core import clock, db
from core.mail import ledger
from core.mail.models import State
from core.models import Visit
from newsletter import clicks, sequences, steps
from newsletter.models import Sequence, SequenceVersion
from newsletter.steps import Mail
from shop import takings

LOOKED_BACK = timedelta(days=90)
"""Over which opened pages and orders are counted."""


@dataclass(kw_only=True)
class Yield:
    """What one letter did; `sold` is minor units by currency, net of refunds."""

    subject: str
    body: str
    sent: int = 0
    left_out: int = 0
    refused: int = 0
    opened: int = 0
    orders: int = 0
    sold: Counter[str] = field(default_factory=Counter)


def of(sequence: Sequence) -> list[Yield]:
    """Each letter that a sequence has or had, those of the newest version first.

    `opened` is how often pages that it leads to were opened from it, by people and machines.
    """
    found, sources = _letters(sequence)
    for source, states in ledger.counts(sources).items():
        letter = sources[source]
        letter.sent += states.get(State.ACCEPTED, 0)
        letter.left_out += states.get(State.EXCLUDED, 0)
        letter.refused += states.get(State.FAILED, 0) + states.get(State.UNKNOWN, 0)
    _count_opened(sources)
    for taking in takings.since(clock.now() - LOOKED_BACK).by_origin:
        if taking.step.source in sources:
            sold = sources[taking.step.source]
            sold.orders += taking.orders
            sold.sold[taking.currency] += taking.amount
    return found


def _letters(sequence: Sequence) -> tuple[list[Yield], dict[str, Yield]]:
    """Letters by their subject, and which of them is counted under a source."""
    versions = select(SequenceVersion).where(SequenceVersion.sequence_id == sequence.id)
    with db.reading() as session:
        newest_first = session.scalars(versions.order_by(SequenceVersion.number.desc())).all()
    letters: dict[str, Yield] = {}
    sources = {}
    for version in newest_first:
        for position, step in enumerate(steps.read(version.steps)):
            if isinstance(step, Mail):
                letter = letters.setdefault(
                    step.subject, Yield(subject=step.subject, body=step.body)
                )
                sources[sequences.source(version.id, position)] = letter
    return list(letters.values()), sources


def _count_opened(sources: Mapping[str, Yield]) -> None:
    counted = (
        select(Visit.name, Visit.detail, func.sum(Visit.count))
        .where(
            Visit.kind == clicks.FOLLOWED,
            Visit.name.in_(sources),
            Visit.day >= (clock.now() - LOOKED_BACK).date(),
        )
        .group_by(Visit.name, Visit.detail)
    )
    opened: dict[str, int] = defaultdict(int)
    with db.reading() as session:
        for source, path, count in session.execute(counted):
            # Whoever likes can make up a link; what the letter does not name is not counted.
            if path.rpartition("/")[2] in sources[source].body:
                opened[source] += int(count)
    for source, count in opened.items():
        sources[source].opened += count
