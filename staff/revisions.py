"""The revisions of a post: what each changed, and the way back to one."""

from dataclasses import replace

from flask import Blueprint, abort, redirect
from flask.typing import ResponseReturnValue

from blog import posts
from blog.markdown import Unpublishable
from blog.models import Post, Revision
from blog.posts import Draft, Unsupported
from staff import access, differences, post_form
from staff.frame import page, say

pages = Blueprint("revisions", __name__, url_prefix="/<int:number>/revisions/<int:revision>")


@pages.get("")
def show(number: int, revision: int) -> ResponseReturnValue:
    """What a revision changed since the one before."""
    post, chosen = post_form.post(number), _found(number, revision)
    before = _found(number, revision - 1) if revision > 1 else None
    now = posts.draft_of(post)
    was = _at(now, before) if before else post_form.EMPTY
    return page(
        "revision.html",
        post=post,
        chosen=chosen,
        lines=differences.lines(was.body, chosen.body),
        changes=differences.fields(was, _at(now, chosen)) if before else [],
    )


@pages.post("/restore")
def restore(number: int, revision: int) -> ResponseReturnValue:
    """Save a post anew as it was in a revision; what stands around title and text stays."""
    post, chosen = post_form.post(number), _found(number, revision)
    before = post.revision
    try:
        saved = posts.save(
            _at(posts.draft_of(post), chosen),
            by=access.member().email,
            post_id=number,
            opened=before,
        )
    except (Unpublishable, Unsupported, ValueError) as error:
        say(f"Revision {revision} cannot be restored: {error}", kind="error")
        return redirect(f"/staff/posts/{number}/revisions/{revision}", 303)
    way_back = f"/staff/posts/{number}/revisions/{before}/restore"
    say(f"Revision {revision} is restored, as revision {saved.revision}.", undo=way_back)
    return redirect(f"/staff/posts/{number}", 303)


def draft_at(post: Post, revision: int) -> Draft:
    """What the editor holds to go on from a revision."""
    return _at(posts.draft_of(post), _found(post.id, revision))


def _at(draft: Draft, revision: Revision) -> Draft:
    old = {name: getattr(revision, name) for name in ("slug", "title", "summary", "body")}
    return replace(draft, **old)


def _found(number: int, revision: int) -> Revision:
    found = [each for each in posts.revisions(number) if each.number == revision]
    return found[0] if found else abort(404)
