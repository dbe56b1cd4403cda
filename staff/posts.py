"""The posts desk: what is written, scheduled and published, and the editor beside its preview."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from blog import anatomy, posts, topics, working_copies
from blog.markdown import Unpublishable
from blog.models import Post, PostState
from blog.posts import Draft, Outdated, Override, Unsupported
from blog.suggestions import suggest, targets
from blog.views import articles
from core import clock, db
from core.findings import Finding, Weight
from core.web.paging import Page
from staff import access, differences, frame, post_form, readership, revisions
from staff.frame import page, say
from staff.models import Role
from staff.working_copies import beside, left

desk = access.desk("posts", __name__, Role.EDITOR)


_SORTINGS = ("readers", "clicks", "joined", "orders")
_MOST = 100
"""How many posts a page lists."""


@desk.get("")
def index() -> ResponseReturnValue:
    """Every post, or those in a state, the last saved or the most read first."""
    wanted = request.args.get("state", "")
    state = PostState(wanted) if wanted in set(PostState) else None
    states = {"": "All"} | {each.value: each.value.capitalize() for each in PostState}
    found, read = list(posts.in_state(state)), readership.of_posts()
    sorting = request.args.get("sort", "")
    if sorting in _SORTINGS:
        found.sort(key=lambda post: getattr(read[post.slug], sorting), reverse=True)
    unsaved = working_copies.how_many(access.member().email)
    return page(
        "posts.html",
        counts=frame.count(**frame.waiting(), unsaved=unsaved),
        found=_cut(found, max(request.args.get("after", 0, int), 0)),
        read=read,
        sorting=sorting,
        days=readership.DAYS,
        state=wanted,
        states=states,
    )


@desk.get("/new")
def write() -> ResponseReturnValue:
    """An editor with nothing but an author, or one that goes on with what was never saved."""
    begun = replace(post_form.EMPTY, author=posts.last_author())
    draft, _, key, at = _taken_up(None, begun)
    return _editor(None, draft, key=key, at=at)


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Save a first draft."""
    return _save(None)


@desk.get("/<int:number>")
def edit(number: int) -> ResponseReturnValue:
    """The editor with a post, with an earlier revision of it, or with a working copy."""
    post = post_form.post(number)
    draft = posts.draft_of(post)
    earlier = request.args.get("revision", type=int)
    if earlier is not None:
        draft = revisions.draft_at(post, earlier)
    draft, opened, key, at = _taken_up(post, draft)
    return _editor(post, draft, key=key, opened=opened, at=at)


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Save a post, and publish or schedule it where that button was pressed."""
    return _save(post_form.post(number))


@desk.post("/preview")
def preview() -> ResponseReturnValue:
    """What is in the editor as readers would see it; the header `Problems` says what is wrong."""
    given = post_form.given()
    draft = replace(given, title=given.title or "Untitled", slug=given.slug or "untitled")
    try:
        post = posts.preview(draft)
    except (ValueError, LookupError) as error:
        return Response(str(error), 422, content_type="text/plain; charset=utf-8")
    post.updated_at = clock.now()
    found = [each.for_scripts for each in _wrong(post)]
    found += [each.for_scripts for each in suggest(post.body, targets(given.slug))]
    told = json.dumps(found)
    return Response(articles.show(post), headers={"Problems": told})


@desk.get("/<int:number>/preview")
def saved(number: int) -> ResponseReturnValue:
    """A post as it is saved, as readers see it or would."""
    return articles.show(post_form.post(number))


@desk.post("/<int:number>/withdraw")
def withdraw(number: int) -> ResponseReturnValue:
    """Make a post a draft again."""
    post = post_form.post(number)
    published = post.published_at
    if published is not None:
        posts.withdraw(number)
        say(
            f"“{post.title}” is a draft again; its address answers 404.",
            undo=f"/staff/posts/{number}/publish",
            at=published.isoformat(),
        )
    return redirect(f"/staff/posts/{number}", 303)


@desk.post("/<int:number>/publish")
def publish(number: int) -> ResponseReturnValue:
    """Publish a saved post, now or at a moment; also the way back from `withdraw`."""
    try:
        post = posts.publish(post_form.post(number).id, at=post_form.moment("at"))
    except (Unpublishable, Unsupported) as error:
        say(f"It cannot be published yet: {error}", kind="error")
    else:
        say(_told(post), undo=f"/staff/posts/{number}/withdraw")
    return redirect(f"/staff/posts/{number}", 303)


def _cut(found: Sequence[Post], start: int) -> "Page[Post]":
    """A page of a list that was sorted here, by how many stand before it."""
    end = start + _MOST
    return Page(found[start:end], end if end < len(found) else None)


def _save(post: Post | None) -> ResponseReturnValue:
    draft = post_form.given()
    draft = replace(draft, slug=draft.slug or post_form.slug(draft.title))
    try:
        saved_post = _saved(post, draft)
    except Outdated:
        return _editor(post, draft, outdated=True), 409
    except Unpublishable as error:
        lines = [f"Line {each['line']}: {each['message']}" for each in error.problems]
        return _editor(post, draft, *lines), 422
    except Unsupported as error:
        lines = [finding.said for finding in error.findings]
        return _editor(post, draft, *lines, refused=True), 422
    except (ValueError, LookupError) as error:
        return _editor(post, draft, f"{error}."), 422
    _tell_saved(saved_post)
    return redirect(f"/staff/posts/{saved_post.id}", 303)


def _saved(post: Post | None, draft: Draft) -> Post:
    """Save, and publish where asked, together or not at all."""
    with db.transaction():
        saved_post = posts.save(
            draft,
            by=access.member().email,
            post_id=post.id if post else None,
            opened=request.form.get("opened", type=int) if post else None,
            override=_override(),
        )
        if request.form.get("do") == "publish":
            posts.publish(saved_post.id, at=post_form.moment("at"), override=_override())
        working_copies.forget(post_form.line("copy"), by=access.member().email)
    return saved_post


def _override() -> Override | None:
    """The owner's reason to publish what the claims check objects to; nobody else's counts."""
    reason, member = post_form.line("override"), access.member()
    if not reason or member.role is not Role.OWNER:
        return None
    return Override(reason=reason, by=member.email)


def _wrong(post: Post) -> list[Finding]:
    """What is wrong with a post, in the order of its lines: what cannot be read, and claims."""
    unreadable = [Finding(Weight.BLOCKS, each["message"], each["line"]) for each in post.problems]
    return sorted([*unreadable, *posts.findings(post)], key=lambda finding: finding.line or 0)


def _tell_saved(post: Post) -> None:
    if request.form.get("do") == "publish":
        say(_told(post), undo=f"/staff/posts/{post.id}/withdraw")
        return
    say(f"Saved as revision {post.revision}.")
    for finding in _wrong(post):
        say(finding.said, kind="warning")


def _told(post: Post) -> str:
    if post.state is PostState.SCHEDULED and post.published_at:
        return f"“{post.title}” will appear on {post.published_at:%B %-d, %Y at %H:%M} UTC."
    return f"“{post.title}” is published."


def _taken_up(post: Post | None, draft: Draft) -> tuple[Draft, int | None, str, datetime | None]:
    """What the editor begins with: the working copy that was asked for, or `draft` as it is.

    With it the revision that was opened, the key of what will be kept, since going on with somebody
    else's copy leaves theirs alone, and when it was to be published.
    """
    opened, key = post.revision if post else None, secrets.token_hex(10)
    asked = request.args.get("copy")
    if asked is None:
        return draft, opened, key, None
    copy = working_copies.find(asked)
    if copy is None or copy.post_id != (post.id if post else None):
        abort(404)
    mine = copy.writer == access.member().email
    key = copy.key if mine else key
    return working_copies.draft_in(copy), copy.opened, key, copy.publish_at


def _editor(
    post: Post | None,
    draft: Draft,
    *problems: str,
    refused: bool = False,
    outdated: bool = False,
    key: str | None = None,
    opened: int | None = None,
    at: datetime | None = None,
) -> str:
    key = key or post_form.line("copy") or secrets.token_hex(10)
    asked = request.method == "GET"
    return page(
        "post.html",
        post=post,
        draft=draft,
        key=key,
        opened=post.revision if post and opened is None else opened,
        copied="copy" in request.args,
        left=left(post, key) if asked else [],
        suggestions=suggest(draft.body, targets(draft.slug)) if draft.body else [],
        beside=beside(post, key=key, opened=opened) if asked and post else [],
        theirs=_theirs(post, draft) if outdated and post else None,
        problems=problems,
        refused=refused,
        override=post_form.line("override"),
        at=f"{at:%Y-%m-%dT%H:%M}" if at else request.form.get("at", ""),
        earlier=request.args.get("revision", type=int),
        topics=topics.every(),
        muscles=anatomy.muscles().values(),
        regions=anatomy.regions().values(),
        revisions=posts.revisions(post.id) if post else [],
        read=readership.of_posts()[post.slug] if post else None,
        led=readership.products(post) if post else [],
        days=readership.DAYS,
    )


def _theirs(post: Post, draft: Draft) -> dict[str, object]:
    """What was saved meanwhile, and how what was typed here differs from it."""
    (last, *_) = posts.revisions(post.id)
    saved = posts.draft_of(post)
    return {
        "saved": last,
        "lines": differences.lines(saved.body, draft.body),
        "changes": differences.fields(saved, draft),
    }
