"""Tell me when somebody answers: mail to a comment's writer, who asked for it and confirmed.

A purpose and a consent of its own: nobody gets onto the newsletter's list by it. The address under
a comment may be anybody's, so it is asked by one letter, and not before staff have let the comment
be seen; only a press of the button there lets answers be told. The letters advertise nothing.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update

from blog.models import Comment, Follower, FollowerRefusal
from core import clock, config, db, jobs, links
from core.mail import forgetting, hashes, ledger
from core.mail.events import AskedToLeave, Bounced, Complained

CONFIRMATION = "blog.answer_confirmation"
ANSWER = "blog.answer"
WORDING = "Tell me by e-mail when somebody answers."

TO_CONFIRM = timedelta(days=14)
"""After that an address that nobody confirmed is deleted here."""
_LETTERS = ANSWER  # both names begin so


def wish(comment: Comment, email: str) -> None:
    """Remember that a new comment's writer wants to be told of answers, in its transaction."""
    with db.transaction() as session:
        session.flush()
        session.add(
            Follower(comment_id=comment.id, email=email, wording=WORDING, wished_at=clock.now())
        )


def on_shown(comment: Comment) -> None:
    """A comment can be read from now on: ask its writer once, and tell whom it answers."""
    with db.transaction() as session:
        session.flush()
        follower = of(comment.id)
        if follower is not None and follower.asked_at is None and not _is_refused(follower.email):
            follower.asked_at = clock.now()
            _write(follower, CONFIRMATION, key=f"{CONFIRMATION}:{follower.label}")
        for other in _answered_by(comment):
            _write(other, ANSWER, key=f"{ANSWER}:{comment.label}:{other.label}", answer=comment.id)


def of(comment_id: int) -> Follower | None:
    """Who wants to be told of answers to a comment, whether or not they confirmed it yet."""
    with db.reading() as session:
        return session.scalar(select(Follower).where(Follower.comment_id == comment_id))


def url(follower: Follower) -> str:
    """The address at which a follower confirms, or stops."""
    return f"{config.current().site_url}/blog/comments/answers/{token(follower)}"


def token(follower: Follower) -> str:
    """What names a follower in the links of their letters."""
    return links.sign("answers", follower.label)


def find(named: str) -> Follower | None:
    """The follower whom a link names; None once they stopped. Raises `core.links.BadLink`."""
    label = str(links.read("answers", named))
    with db.reading() as session:
        follower = session.get(Follower, int(label.partition("-")[0]))
    return follower if follower is not None and follower.label == label else None


def confirm(named: str) -> bool:
    """Tell of answers from now on; False where the wish has ended. Raises `BadLink`."""
    with db.transaction():
        follower = find(named)
        if follower is None:
            return False
        first = update(Follower).where(Follower.id == follower.id, Follower.confirmed_at.is_(None))
        db.changed(first.values(confirmed_at=clock.now()))
    return True


def stop(named: str) -> None:
    """Tell no more of answers to a comment. Raises `BadLink`.

    Who says so before they confirmed is not the comment's writer, and is never asked again.
    """
    with db.transaction():
        follower = find(named)
        if follower is None:
            return
        if follower.confirmed_at is None:
            _refuse(follower.email)
        _forget(follower)


def forget(comment_id: int) -> None:
    """A comment is deleted, in the transaction under way: its writer's wish ends with it."""
    follower = of(comment_id)
    if follower is not None:
        _forget(follower)


def on_unwanted(event: Bounced | Complained | AskedToLeave) -> None:
    """An address is dead, or its reader does not want mail: tell it nothing, and ask no more."""
    with db.transaction() as session:
        _refuse(event.address)
        session.execute(delete(Follower).where(Follower.email == event.address))


@jobs.job("blog.followers", every_minutes=60)
def tidy() -> int:
    """Delete the addresses that nobody confirmed in time; how many."""
    stale = select(Follower).where(
        Follower.confirmed_at.is_(None), Follower.asked_at < clock.now() - TO_CONFIRM
    )
    with db.transaction() as session:
        found = session.scalars(stale.limit(500)).all()
        for follower in found:
            _forget(follower)
    return len(found)


def _answered_by(comment: Comment) -> Sequence[Follower]:
    """Who wrote earlier in the thread of an answer, one of each address, but not its own writer."""
    head = comment.parent_id
    if head is None:
        return []
    theirs = (
        select(Follower)
        .join(Comment, Comment.id == Follower.comment_id)
        .where(
            or_(Comment.id == head, Comment.parent_id == head),
            Comment.id < comment.id,
            Follower.confirmed_at.is_not(None),
            Follower.email != (comment.email or "").lower(),
        )
    )
    found = db.session().scalars(theirs.order_by(Follower.id.desc()))
    return list({follower.email: follower for follower in found}.values())


def _write(follower: Follower, letter: str, *, key: str, **payload: int) -> None:
    ledger.enqueue(
        key=key,
        letter=letter,
        recipient=follower.email,
        source="comments",
        person=follower.id,
        payload=dict(payload),
    )


def _is_refused(email: str) -> bool:
    known = db.session().get(FollowerRefusal, hashes.keyed_hash(email))
    return known is not None


def _refuse(email: str) -> None:
    db.insert_missing(FollowerRefusal, address_hash=hashes.keyed_hash(email), at=clock.now())


def _forget(follower: Follower) -> None:
    """Delete a wish, and take its address out of the ledger unless it has another."""
    others = select(func.count()).where(
        Follower.email == follower.email, Follower.id != follower.id
    )
    if not db.session().scalar(others):
        forgetting.forget([follower.email], letters=_LETTERS)
    db.session().execute(delete(Follower).where(Follower.id == follower.id))
