"""What of an issue was refused for good, and why; sent again where staff decide so."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select, update

from core import db
from core.mail import ledger
from core.mail.models import Delivery, State
from newsletter import newsletters
from newsletter.models import IssueState, Newsletter, Standing, Subscriber, Suppression
from newsletter.newsletters import WrongState


@dataclass(frozen=True)
class Failure:
    """A server's code, one of the answers with it, and how many readers it kept from the issue.

    `writable` of them are on the list and not shut out: only to these it may go again.
    """

    code: str
    answer: str
    readers: int
    writable: int


def of(issue: Newsletter) -> list[Failure]:
    """Why messages of an issue failed, the most frequent first."""
    code = func.substr(Delivery.reason, 1, 3)
    counted = (
        select(
            code,
            func.max(Delivery.reason),
            func.count(),
            func.count().filter(Delivery.person.in_(_writable())),
        )
        .where(Delivery.source == issue.source, Delivery.state == State.FAILED)
        .group_by(code)
        .order_by(func.count().desc(), code)
    )
    with db.reading() as session:
        return [Failure(*row) for row in session.execute(counted)]


def send_again(issue_id: int, code: str) -> int:
    """Send an issue again to whom it failed with `code`; to how many.

    Raises `WrongState` for one that is paused, cancelled or has not gone, and `LookupError`.
    """
    with db.transaction():
        issue = newsletters.find(issue_id)
        if issue.state not in (IssueState.SENDING, IssueState.DONE):
            raise WrongState(f"newsletter {issue_id} is {issue.state.value}")
        again = ledger.retry_failed(issue.source, code, _writable())
        if again:
            reopened = {"state": IssueState.SENDING, "done_at": None}
            db.changed(update(Newsletter).where(Newsletter.id == issue_id).values(reopened))
    return again


def _writable() -> Select[int]:
    return (
        select(Subscriber.id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Subscriber.standing == Standing.CONFIRMED, Suppression.reason.is_(None))
    )
