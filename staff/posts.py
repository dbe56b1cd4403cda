"""The posts desk: what is written, scheduled and published, and the editor beside its preview."""

import difflib
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from blog import anatomy, posts, topics
from blog.markdown import Unpublishable
from blog.models import Post, PostState, Revision
from blog.posts import Draft, Outdated, Override, Unsupported
from blog.views import articles
from core import clock, db
from core.findings import Finding, Weight
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("posts", __name__, Role.EDITOR)

_EMPTY = Draft(slug="", title="", summary="", body="", author="")


@desk.get("")
def index() -> ResponseReturnValue:
    """Every post, or those in a state, the last saved first."""
    wanted = request.args.get("state", "")
    state = PostState(wanted) if wanted in set(PostState) else None
    states = {"": "All"} | {each.value: each.value.capitalize() for each in PostState}
    return page("posts.html", found=posts.in_state(state), state=wanted, states=states)


@desk.get("/new")
def write() -> ResponseReturnValue:
    """An empty editor."""
    return _editor(None, _EMPTY)


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Save a first draft."""
    return _save(None)


@desk.get("/<int:number>")
def edit(number: int) -> ResponseReturnValue:
    """The editor with a post, or with an earlier revision of it to save anew."""
    post = _found(number)
    draft = posts.draft_of(post)
    earlier = request.args.get("revision", type=int)
    if earlier is not None:
        old = _revision(number, earlier)
        draft = replace(draft, slug=old.slug, title=old.title, summary=old.summary, body=old.body)
    return _editor(post, draft)


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Save a post, and publish or schedule it where that button was pressed."""
    return _save(_found(number))


@desk.post("/preview")
def preview() -> ResponseReturnValue:
    """What is in the editor as readers would see it; the header `Problems` says what is wrong."""
    given = _given()
    draft = replace(given, title=given.title or "Untitled", slug=given.slug or "untitled")
    try:
        post = posts.preview(draft)
    except (ValueError, LookupError) as error:
        return Response(str(error), 422, content_type="text/plain; charset=utf-8")
    post.updated_at = clock.now()
    return Response(
        articles.show(post),
        headers={"Problems": json.dumps([each.for_scripts for each in _wrong(post)])},
    )


@desk.get("/<int:number>/preview")
def saved(number: int) -> ResponseReturnValue:
    """A post as it is saved, as readers see it or would."""
    return articles.show(_found(number))


@desk.post("/<int:number>/withdraw")
def withdraw(number: int) -> ResponseReturnValue:
    """Make a post a draft again."""
    post = _found(number)
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
        post = posts.publish(_found(number).id, at=_moment("at"))
    except (Unpublishable, Unsupported) as error:
        say(f"It cannot be published yet: {error}", kind="error")
    else:
        say(_told(post), undo=f"/staff/posts/{number}/withdraw")
    return redirect(f"/staff/posts/{number}", 303)


@desk.get("/<int:number>/revisions/<int:revision>")
def show_revision(number: int, revision: int) -> ResponseReturnValue:
    """What a revision changed since the one before."""
    post, chosen = _found(number), _revision(number, revision)
    before = _revision(number, revision - 1) if revision > 1 else None
    return page("revision.html", post=post, chosen=chosen, lines=_difference(before, chosen))


def _save(post: Post | None) -> ResponseReturnValue:
    draft = _given()
    draft = replace(draft, slug=draft.slug or _slug(draft.title))
    try:
        saved_post = _saved(post, draft)
    except Outdated:
        problem = "Somebody else has saved this post since you opened it. Saving again overwrites."
        return _editor(post, draft, problem), 409
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
            posts.publish(saved_post.id, at=_moment("at"), override=_override())
    return saved_post


def _override() -> Override | None:
    """The owner's reason to publish what the claims check objects to; nobody else's counts."""
    reason, member = _line("override"), access.member()
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


def _editor(post: Post | None, draft: Draft, *problems: str, refused: bool = False) -> str:
    return page(
        "post.html",
        post=post,
        draft=draft,
        problems=problems,
        refused=refused,
        override=_line("override"),
        at=request.form.get("at", ""),
        earlier=request.args.get("revision", type=int),
        topics=topics.every(),
        muscles=anatomy.muscles().values(),
        regions=anatomy.regions().values(),
        revisions=posts.revisions(post.id) if post else [],
    )


def _given() -> Draft:
    """What the editor's fields hold; tidied, not checked."""
    form = request.form
    body = form.get("body", "").replace("\r\n", "\n")
    return Draft(
        **{name: _line(name) for name in ("slug", "title", "summary", "author")},
        body=body,
        reviewer=_line("reviewer") or None,
        reviewed_on=_day("reviewed_on"),
        pillar=_line("pillar") or None,
        read_next=tuple(re.split(r"[\s,]+", _line("read_next"))) if _line("read_next") else (),
        topics=tuple(form.getlist("topics")),
        muscles=tuple(form.getlist("muscles")),
        regions=tuple(form.getlist("regions")),
    )


def _line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _moment(name: str) -> datetime | None:
    """A moment in UTC, as the browser's field or an ISO date gives it."""
    try:
        moment = datetime.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _found(number: int) -> Post:
    try:
        return posts.get(number)
    except NoResultFound:
        abort(404)


def _revision(number: int, revision: int) -> Revision:
    found = [each for each in posts.revisions(number) if each.number == revision]
    return found[0] if found else abort(404)


def _difference(before: Revision | None, after: Revision) -> list[tuple[str, str]]:
    """Lines with how they changed: `added`, `gone`, or empty for what stands around them."""
    old = before.body.splitlines() if before else []
    kinds: dict[str, str] = {"+": "added", "-": "gone", "@": "place"}
    lines = list(difflib.unified_diff(old, after.body.splitlines(), lineterm="", n=2))[2:]
    return [(kinds.get(line[:1], ""), line) for line in lines]
