"""What is being written in posts and not saved: kept as it is typed, compared, or discarded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from blog import posts, working_copies
from blog.models import Post, WorkingCopy
from core import clock
from staff import access, differences, post_form
from staff.frame import page, say

pages = Blueprint("copies", __name__, url_prefix="/copies")

_NEAR = timedelta(minutes=5)
"""How long after their last key somebody counts as writing."""


@dataclass(frozen=True)
class Beside:
    """What a writer should know of others who write the same post; `at` is when they last did."""

    text: str
    at: datetime
    href: str
    link: str

    @property
    def for_scripts(self) -> dict[str, str]:
        """It as the editor's script shows it."""
        return {
            "text": self.text,
            "at": self.at.isoformat(),
            "href": self.href,
            "link": self.link,
        }


@pages.get("")
def index() -> ResponseReturnValue:
    """What one left unsaved oneself, the last kept first."""
    return page("post_copies.html", copies=working_copies.of_writer(access.member().email))


@pages.post("/<key>")
def keep(key: str) -> ResponseReturnValue:
    """Keep what the editor holds; the answer says who else is in the post.

    Sent by a script some seconds after the last key, and as the window closes.
    """
    number = request.form.get("post", type=int)
    post = post_form.post(number) if number else None
    opened = request.form.get("opened", type=int) if post else None
    draft, me = post_form.given(), access.member().email
    try:
        kept = working_copies.keep(
            key, draft, by=me, post_id=number, opened=opened, publish_at=post_form.moment("at")
        )
    except LookupError:
        abort(404)
    others = beside(post, key=key, opened=opened) if post else []
    told = {"kept_at": kept.kept_at.isoformat(), "beside": [each.for_scripts for each in others]}
    return jsonify(told)


@pages.get("/<key>")
def compare(key: str) -> ResponseReturnValue:
    """A working copy beside what is saved."""
    copy = _found(key)
    post = post_form.post(copy.post_id) if copy.post_id else None
    draft = working_copies.draft_in(copy)
    saved = posts.draft_of(post) if post else post_form.EMPTY
    return page(
        "post_copy.html",
        copy=copy,
        mine=copy.writer == access.member().email,
        post=post,
        lines=differences.lines(saved.body, draft.body),
        changes=differences.fields(saved, draft),
        href=editor_with(copy),
    )


@pages.post("/<key>/discard")
def discard(key: str) -> ResponseReturnValue:
    """Put away a working copy of one's own; for a day it can be taken back."""
    copy = working_copies.find(key)
    if copy is not None and working_copies.discard(key, by=access.member().email):
        say("The unsaved writing is gone.", kind="info", undo=f"/staff/posts/copies/{key}/restore")
    return redirect(
        f"/staff/posts/{copy.post_id}" if copy and copy.post_id else "/staff/posts", 303
    )


@pages.post("/<key>/restore")
def restore(key: str) -> ResponseReturnValue:
    """Take a working copy back that was put away."""
    if not working_copies.take_back(key, by=access.member().email):
        say("That writing is gone for good.", kind="warning")
        return redirect("/staff/posts", 303)
    return redirect(editor_with(_found(key)), 303)


def editor_with(copy: WorkingCopy) -> str:
    """The address of the editor that goes on with a copy."""
    return f"/staff/posts/{copy.post_id or 'new'}?copy={copy.key}"


def left(post: Post | None, key: str) -> list[WorkingCopy]:
    """What who is signed in left unsaved in a post, or in new ones, and not in the editor `key`."""
    me = access.member().email
    found = working_copies.of_post(post.id) if post else working_copies.of_writer(me)
    saved = posts.draft_of(post) if post else None
    return [
        copy
        for copy in found
        if copy.writer == me
        and copy.key != key
        and copy.post_id == (post.id if post else None)
        and (working_copies.draft_in(copy) != saved or copy.publish_at is not None)
    ]


def beside(post: Post, *, key: str, opened: int | None) -> list[Beside]:
    """Who else has saved a post since its revision `opened`, or is writing in it."""
    return [*_saved_since(post, key, opened), *_written_by_others(post)]


def _saved_since(post: Post, key: str, opened: int | None) -> list[Beside]:
    if opened is None or post.revision <= opened:
        return []
    (last, *_) = posts.revisions(post.id)
    said = f"{last.saved_by} has saved revision {last.number} since you opened this post, at"
    return [Beside(said, last.saved_at, f"/staff/posts/copies/{key}", "See the difference")]


def _written_by_others(post: Post) -> list[Beside]:
    me, now = access.member().email, clock.now()
    found = []
    for copy in working_copies.of_post(post.id):
        if copy.writer != me:
            does = "is writing in" if now - copy.kept_at < _NEAR else "left unsaved writing in"
            href = f"/staff/posts/copies/{copy.key}"
            said = f"{copy.writer} {does} this post, last at"
            found.append(Beside(said, copy.kept_at, href, "See what was typed"))
    return found


def _found(key: str) -> WorkingCopy:
    return working_copies.find(key) or abort(404)
