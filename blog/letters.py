"""The letter that tells whoever answers for the blog that comments wait."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from blog.models import Comment, CommentState
from core import clock, config, db, settings
from core.mail import composing, ledger, letters
from core.mail.letters import Letter, Message, Verdict
from core.mail.models import Delivery, Stream

WAITING = "blog.comments_wait"

# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make it known to the worker."""
    letters.register(
        Letter(
            name=WAITING,
            stream=Stream.TRANSACTIONAL,
            compose=_waiting,
            last_look=_does_one_wait_still,
        )
    )


def tell_of_comment() -> None:
    """Tell whom the settings name that a comment waits, in the transaction that took it.

    Once until all that wait are read, and once a day as long as they are not, however many come.
    """
    recipient = settings.store().comments_email
    if not recipient:
        return
    oldest = select(func.min(Comment.id)).where(Comment.state == CommentState.PENDING)
    with db.transaction() as session:
        ledger.enqueue(
            key=f"{WAITING}:{session.scalar(oldest)}:{clock.now():%Y-%m-%d}",
            letter=WAITING,
            recipient=recipient,
            source="comments",
        )


def _waiting(delivery: Delivery) -> Message:
    """No word of a comment, nor whose it is: it may tell of somebody's health."""
    del delivery
    return composing.compose(
        "comments_wait",
        subject="A comment waits for you",
        preheader="It appears under its post once somebody has read it.",
        headers=_AUTOMATIC,
        desk=f"{config.current().site_url}/staff/comments",
    )


def _does_one_wait_still(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is called to a desk that is empty by then."""
    waiting = select(Comment.id).where(Comment.state == CommentState.PENDING).limit(1)
    with db.reading() as session:
        if session.scalar(waiting) is not None:
            return {}
    return {delivery.id: "all comments are read by now" for delivery in deliveries}
