"""The page on which a comment's writer lets answers be told, or stops that."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from blog import comments, followers
from blog.models import Follower
from blog.views.answers import page, private
from core.links import BadLink
from core.web.limits import limiter

pages = Blueprint("following", __name__)


@pages.get("/blog/comments/answers/<token>")
def show(token: str) -> ResponseReturnValue:
    """The button that confirms, or stops; programs that open links in mail press none."""
    return _page(token, _found(token))


@pages.post("/blog/comments/answers/<token>")
@limiter.limit("30 per minute")
def act(token: str) -> ResponseReturnValue:
    """Confirm where the pressed button says so; anything else stops, as one-click does."""
    _found(token)
    if request.form.get("action") == "confirm":
        followers.confirm(token)
    else:
        followers.stop(token)
    return _page(token, _found(token))


def _found(token: str) -> Follower | None:
    try:
        return followers.find(token)
    except BadLink:
        abort(404, "This link is not one of ours.")


def _page(token: str, follower: Follower | None) -> ResponseReturnValue:
    html = page(
        "blog/following.html",
        title="Answers to your comment",
        summary="Whether we tell you of answers to your comment.",
        path=f"/blog/comments/answers/{token}",
        indexed=False,
        token=token,
        follower=follower,
        own=comments.placed(follower.comment_id) if follower else None,
    )
    return private(html)
