"""The comments desk: what readers wrote, shown or not by staff's decision."""

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from blog import comments
from blog.comments import Refused
from blog.models import Comment, CommentState
from core import settings
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("comments", __name__, Role.EDITOR)

_DECISIONS = {
    "approve": (comments.approve, "{}’s comment is shown."),
    "reject": (comments.reject, "{}’s comment is not shown."),
    "spam": (comments.mark_spam, "{}’s comment is among the spam."),
}


@desk.get("")
def index() -> ResponseReturnValue:
    """Comments in a state; those that wait come first."""
    wanted = request.args.get("state", "")
    state = CommentState(wanted) if wanted in set(CommentState) else CommentState.PENDING
    states = {"": "Waiting"} | {
        each.value: each.value.capitalize()
        for each in CommentState
        if each is not CommentState.PENDING
    }
    return page("comments.html", found=comments.in_state(state), state=wanted, states=states)


@desk.post("/<int:number>/<any(approve, reject, spam):decision>")
def decide(number: int, decision: str) -> ResponseReturnValue:
    """Show a comment, or do not."""
    act, said = _DECISIONS[decision]
    try:
        comment: Comment = act(number, by=access.member().email)
    except NoResultFound:
        abort(404)
    say(said.format(comment.name), undo=f"/staff/comments/{number}/reopen")
    return redirect("/staff/comments", 303)


@desk.post("/<int:number>/reopen")
def reopen(number: int) -> ResponseReturnValue:
    """Take a decision back."""
    try:
        comment = comments.reopen(number)
    except NoResultFound:
        abort(404)
    say(f"{comment.name}’s comment waits again.", kind="info")
    return redirect("/staff/comments", 303)


@desk.post("/<int:number>/delete")
def delete(number: int) -> ResponseReturnValue:
    """Forget a comment for good, as its writer asked."""
    comments.delete(number)
    say("The comment is deleted. Nothing of it is kept.")
    return redirect("/staff/comments", 303)


@desk.post("/<int:number>/reply")
def reply(number: int) -> ResponseReturnValue:
    """Show a comment with an answer under it."""
    me = access.member().email
    try:
        comments.approve(number, by=me)
        comments.reply(number, name=settings.store().name, body=request.form["body"], by=me)
    except NoResultFound:
        abort(404)
    except Refused as refused:
        say(str(refused), kind="error")
    else:
        say("The comment is shown, with your answer under it.")
    return redirect("/staff/comments", 303)
