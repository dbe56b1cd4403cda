"""Why a person got a letter, or did not: a plain sentence, and the rows that it rests on.

Nothing is guessed: what the ledger, the walk's log, the suppression list and the stops say is put
into words, in the order in which each of them would have been decisive.
"""

from sqlalchemy import select

from core import db
from newsletter import rolls, row_reasons, walk_reasons
from newsletter.evidence import Fact, Reason, standing, worded
from newsletter.models import IssueState, Newsletter, Sequence, Subscriber


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
    with db.reading():
        return walk_reasons.of(person, sequence)


def of_issue(person: Subscriber, issue: Newsletter) -> Reason:
    """Why an issue came to a person, comes, or does not."""
    with db.reading():
        delivery = row_reasons.written_to(person).get(f"{issue.source}:{person.id}")
        if delivery is not None:
            return row_reasons.of(issue.subject, person, delivery)
        is_coming = rolls.holds(issue, person.id)
        return Reason(
            letter=issue.subject,
            sentence=_ON_THE_ROLL if is_coming else _not_in_audience(person, issue),
            facts=[*standing(person), Fact(what="Issue frozen", at=issue.frozen_at)],
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
        return f"It did not go to them: {worded('unsubscribed')}."
    if issue.segment is not None:
        return (
            f"It did not go to them: it went to the segment “{issue.segment}” alone, and they were"
            " not in it at that moment."
        )
    return "It did not go to them: they were not in its audience when it was frozen."


_ON_THE_ROLL = (
    "It was frozen a moment ago, and they are among those whom it is for; what becomes of it shows "
    "here in a minute."
)
