"""Comments: plain text that waits until staff let it be seen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from blog import followers, letters
from blog.models import Comment, CommentState, Post
from core import clock, db, links
from core.mail import addresses
from core.mail.addresses import InvalidAddress

LONGEST_NAME, LONGEST_BODY = 80, 4000


class Refused(ValueError):
    """A comment that cannot be taken; `problems` maps a field to what the reader should do."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Placed:
    """A comment, and slug and title of the post under which it stands."""

    comment: Comment
    slug: str
    title: str


@dataclass(frozen=True)
class Thread:
    """A comment and the answers to it, oldest first."""

    comment: Comment
    answers: tuple[Comment, ...]


def submit(
    post_id: int,
    *,
    name: str,
    email: str | None,
    body: str,
    answered: int | None = None,
    follow: bool = False,
    suspicious: bool = False,
) -> Comment:
    """Take a reader's comment, which waits for staff; a suspicious one waits among the spam.

    It may answer a comment that is shown under the post. Who wants to `follow` is told of answers
    by mail, once they confirm it. Raises `Refused`.
    """
    name, email, body = name.strip(), (email or "").strip() or None, body.strip()
    problems = _problems(name, email, body)
    if follow and not email:
        problems["email"] = "Enter the address to write to, or take the tick out of the box below."
    if problems:
        raise Refused(problems)
    state = CommentState.SPAM if suspicious else CommentState.PENDING
    with db.transaction() as session:
        comment = Comment(
            post_id=post_id,
            parent_id=_head(session, post_id, answered),
            name=name,
            email=email,
            body=body,
            state=state,
            by_staff=False,
            created_at=clock.now(),
        )
        session.add(comment)
        if follow and email:
            followers.wish(comment, addresses.normalize(email))
        if state is CommentState.PENDING:
            session.flush()
            letters.tell_of_comment()
    return comment


def approve(comment_id: int, *, by: str) -> Comment:
    """Show a comment under its post, and let those be told who want to know."""
    with db.transaction():
        comment = _decide(comment_id, CommentState.APPROVED, by)
        followers.on_shown(comment)
    return comment


def reject(comment_id: int, *, by: str) -> Comment:
    """Do not show a comment."""
    return _decide(comment_id, CommentState.REJECTED, by)


def mark_spam(comment_id: int, *, by: str) -> Comment:
    """Do not show a comment, and say that it is spam."""
    return _decide(comment_id, CommentState.SPAM, by)


def reopen(comment_id: int) -> Comment:
    """Undo a decision: the comment waits again."""
    return _decide(comment_id, CommentState.PENDING, None)


def reply(comment_id: int, *, name: str, body: str, by: str) -> Comment:
    """Answer a comment as staff, shown at once; an answer to an answer stands beside it."""
    body = body.strip()
    problems = _problems(name, None, body)
    if problems:
        raise Refused(problems)
    now = clock.now()
    with db.transaction() as session:
        answered = session.get_one(Comment, comment_id)
        answer = Comment(
            post_id=answered.post_id,
            parent_id=answered.parent_id or answered.id,
            name=name,
            body=body,
            state=CommentState.APPROVED,
            by_staff=True,
            created_at=now,
            decided_by=by,
            decided_at=now,
        )
        session.add(answer)
        followers.on_shown(answer)
    return answer


def delete(comment_id: int) -> None:
    """Forget a comment for good, its writer's wish to be told, and what staff answered to it.

    What other readers answered is theirs: it stays, under the first of them.
    """
    with db.transaction() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            return
        followers.forget(comment_id)
        _part_from(session, comment)
        session.delete(comment)


def shown(post_id: int) -> list[Thread]:
    """What stands under a post, oldest first."""
    statement = select(Comment).where(
        Comment.post_id == post_id, Comment.state == CommentState.APPROVED
    )
    with db.reading() as session:
        comments = session.scalars(statement.order_by(Comment.id)).all()
    return [
        Thread(comment, tuple(other for other in comments if other.parent_id == comment.id))
        for comment in comments
        if comment.parent_id is None
    ]


def in_state(state: CommentState, count: int = 50) -> list[Placed]:
    """Comments in a state: those that wait, oldest first; all others, newest first."""
    statement = select(Comment, Post.slug, Post.title).join(Post).where(Comment.state == state)
    order = Comment.id if state is CommentState.PENDING else Comment.id.desc()
    with db.reading() as session:
        return [Placed(*row) for row in session.execute(statement.order_by(order).limit(count))]


def waiting() -> int:
    """How many comments wait for staff."""
    statement = select(func.count()).where(Comment.state == CommentState.PENDING)
    with db.reading() as session:
        return session.scalar(statement) or 0


def token(comment: Comment) -> str:
    """What the address of a reader's own comment ends in, to see and delete it."""
    return links.sign("comment", comment.label)


def by_token(text: str) -> Placed | None:
    """A reader's own comment; None once it is deleted.

    Raises `core.links.BadLink`.
    """
    label = str(links.read("comment", text))
    found = placed(int(label.partition("-")[0]))
    return found if found is not None and found.comment.label == label else None


def placed(comment_id: int) -> Placed | None:
    """A comment with the post under which it stands, whatever became of it."""
    statement = select(Comment, Post.slug, Post.title).join(Post)
    with db.reading() as session:
        row = session.execute(statement.where(Comment.id == comment_id)).one_or_none()
    return Placed(*row) if row else None


def _head(session: Session, post_id: int, answered: int | None) -> int | None:
    """The comment at the head of the thread that is answered; None where that cannot be."""
    comment = session.get(Comment, answered) if answered else None
    if comment is None or comment.post_id != post_id or comment.state != CommentState.APPROVED:
        return None
    return comment.parent_id or comment.id


def _part_from(session: Session, comment: Comment) -> None:
    answers = select(Comment).where(Comment.parent_id == comment.id).order_by(Comment.id)
    theirs = [answer for answer in session.scalars(answers) if not answer.by_staff]
    for answer in theirs:
        answer.parent_id = None if answer is theirs[0] else theirs[0].id
    session.flush()


def _problems(name: str, email: str | None, body: str) -> dict[str, str]:
    found = {}
    if not name:
        found["name"] = "Please give a name; a first name or nickname will do."
    elif len(name) > LONGEST_NAME:
        found["name"] = f"Please shorten the name to {LONGEST_NAME} characters."
    if not body:
        found["body"] = "Please write your comment."
    elif len(body) > LONGEST_BODY:
        found["body"] = f"Please shorten the comment to {LONGEST_BODY} characters."
    if email and not _is_address(email):
        found["email"] = "This e-mail address cannot be right. You can also leave it out."
    return found


def _is_address(email: str) -> bool:
    try:
        addresses.normalize(email)
    except InvalidAddress:
        return False
    return True


def _decide(comment_id: int, state: CommentState, by: str | None) -> Comment:
    decided_at: datetime | None = clock.now() if by else None
    with db.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        comment.state, comment.decided_by, comment.decided_at = state, by, decided_at
    return comment
