"""Letters about comments: to whoever answers for the blog, and to writers who want answers told."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from blog import followers
from blog.models import Comment, CommentState, Follower, Post
from core import clock, config, db, settings
from core.mail import composing, ledger, letters
from core.mail.letters import Letter, Message, Undeliverable, Verdict
from core.mail.models import Delivery, Stream

WAITING = "blog.comments_wait"

# RFC 3834: no machine shall answer.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make them known to the worker."""
    letters.register(
        Letter(
            name=WAITING,
            stream=Stream.TRANSACTIONAL,
            compose=_waiting,
            last_look=_does_one_wait_still,
        )
    )
    for name, compose in ((followers.CONFIRMATION, _confirmation), (followers.ANSWER, _answer)):
        letters.register(
            Letter(
                name=name,
                stream=Stream.TRANSACTIONAL,
                compose=compose,
                last_look=_is_it_wanted_still,
                withheld=True,
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


def _confirmation(delivery: Delivery) -> Message:
    """No word of the comment, nor under which post: whose address it is nobody knows yet."""
    follower, comment, _ = _wish(delivery)
    return composing.compose(
        "answer_confirmation",
        subject="Shall we tell you of answers to your comment?",
        preheader="Press the button if you wrote it. Otherwise there is nothing to do.",
        headers=_AUTOMATIC,
        written=comment.created_at,
        link=followers.url(follower),
        wording=follower.wording,
        patience=followers.TO_CONFIRM.days,
    )


def _answer(delivery: Delivery) -> Message:
    """No word of the answer: an inbox is not a place that forgets."""
    follower, _, post = _wish(delivery)
    with db.reading() as session:
        answer = session.get(Comment, delivery.payload["answer"])
    if answer is None:
        raise Undeliverable("the answer is gone")
    return composing.compose(
        "answer",
        subject="Your comment has an answer",
        preheader="You asked us to tell you. Read it where you wrote.",
        headers=_AUTOMATIC
        | {
            "List-Unsubscribe": f"<{followers.url(follower)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        by_staff=answer.by_staff,
        post=post,
        link=f"{config.current().site_url}/blog/{post.slug}#comment-{answer.id}",
        stop=followers.url(follower),
    )


def _wish(delivery: Delivery) -> tuple[Follower, Comment, Post]:
    found = (
        select(Follower, Comment, Post)
        .join(Comment, Comment.id == Follower.comment_id)
        .join(Post, Post.id == Comment.post_id)
        .where(Follower.id == delivery.person)
    )
    with db.reading() as session:
        row = session.execute(found).one_or_none()
    if row is None:
        raise Undeliverable("they do not want to know any more")
    return row[0], row[1], row[2]


def _is_it_wanted_still(deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """Nobody is told of what is not shown any more, or after they stopped."""
    verdicts = {delivery.id: _verdict(delivery) for delivery in deliveries}
    return {number: verdict for number, verdict in verdicts.items() if verdict is not None}


def _verdict(delivery: Delivery) -> Verdict | None:
    with db.reading() as session:
        follower = session.get(Follower, delivery.person, populate_existing=True)
        if follower is None:
            return "they do not want to know any more"
        about = delivery.payload.get("answer", follower.comment_id)
        comment = session.get(Comment, about, populate_existing=True)
        if comment is None or comment.state is not CommentState.APPROVED:
            return "it is not shown any more"
    return None
