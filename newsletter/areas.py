"""The parts of the body that letters may be about, as a reader chooses them.

An issue names its areas, or none. A reader who chose some is left out of issues that are about
others only; one who chose none gets everything.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, delete, exists, false, not_, select, update

from core import db
from newsletter.models import IssueState, Newsletter, Subscriber, SubscriberArea
from newsletter.wording import wording

OTHERS = "other areas"
"""Why an issue leaves a reader out who chose other areas than its own."""


def every() -> dict[str, str]:
    """The areas, and what each is called."""
    return {area["slug"]: area["label"] for area in wording()["areas"]}


def known(entered: Iterable[str]) -> list[str]:
    """Those of what was entered that are areas, in their order."""
    given = set(entered)
    return [area for area in every() if area in given]


def chosen(subscriber: Subscriber) -> frozenset[str]:
    """What a reader chose."""
    mine = select(SubscriberArea.area).where(SubscriberArea.subscriber_id == subscriber.id)
    with db.reading() as session:
        return frozenset(session.scalars(mine))


def choose(subscriber: Subscriber, wanted: Collection[str]) -> None:
    """Keep what a reader chose, in place of what they chose before; in the transaction under way.

    Raises `ValueError` for what is no area.
    """
    if unknown := set(wanted) - every().keys():
        raise ValueError(f"there is no area {min(unknown)}")
    with db.transaction():
        theirs = SubscriberArea.subscriber_id == subscriber.id
        db.changed(delete(SubscriberArea).where(theirs, SubscriberArea.area.not_in(wanted)))
        for area in wanted:
            db.insert_missing(SubscriberArea, subscriber_id=subscriber.id, area=area)


def tell(issue_id: int, about: Iterable[str]) -> None:
    """Say what a draft is about; one that is on its way stays as it is."""
    draft = Newsletter.id == issue_id, Newsletter.state == IssueState.DRAFT
    with db.transaction():
        db.changed(update(Newsletter).where(*draft).values(areas=known(about)))


def wants_others(about: Collection[str]) -> ColumnElement[bool]:
    """Whether a reader chose areas, and none of these; never true of a letter about no area."""
    if not about:
        return false()
    any_of_theirs = exists().where(SubscriberArea.subscriber_id == Subscriber.id)
    return and_(any_of_theirs, not_(wants(about)))


def wants(about: Collection[str]) -> ColumnElement[bool]:
    """Whether a reader chose one of these areas."""
    return exists().where(
        SubscriberArea.subscriber_id == Subscriber.id, SubscriberArea.area.in_(about)
    )
