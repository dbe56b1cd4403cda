"""The pages desk: terms, shipping, safety and their like, which the owner has to make their own."""

from typing import TypedDict

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from blog import pages
from blog.markdown import Unpublishable
from blog.models import Page
from blog.posts import Outdated
from blog.views import plain
from core import db
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("pages", __name__, Role.EDITOR)


class Given(TypedDict):
    """What the editor's fields hold."""

    title: str
    summary: str
    body: str


@desk.get("")
def index() -> ResponseReturnValue:
    """Every page; those whose text is still the sample's say so."""
    return page("pages.html", found=pages.every())


@desk.get("/<slug>")
def edit(slug: str) -> ResponseReturnValue:
    """The editor with a page, beside what readers see."""
    found = _found(slug)
    return _editor(found, Given(title=found.title, summary=found.summary, body=found.body))


@desk.post("/<slug>")
def save(slug: str) -> ResponseReturnValue:
    """Save a page; everybody sees it at once."""
    given, before = _given(), _found(slug)
    undo, sample = f"/staff/pages/{slug}/revisions/{before.revision}/restore", before.sample
    try:
        _save(slug, given)
    except Outdated:
        problem = "Somebody else has saved this page since you opened it. Saving again overwrites."
        return _editor(_found(slug), given, problem), 409
    except Unpublishable as error:
        return _editor(_found(slug), given, f"{error}."), 422
    _say(slug, "Saved; everybody sees it now.", undo=undo, sample=sample)
    return redirect(f"/staff/pages/{slug}", 303)


@desk.post("/<slug>/revisions/<int:number>/restore")
def restore(slug: str, number: int) -> ResponseReturnValue:
    """Save a page anew as it was in a revision, unless somebody saved it meanwhile."""
    before = _found(slug)
    undo, sample = f"/staff/pages/{slug}/revisions/{before.revision}/restore", before.sample
    old = next((each for each in pages.revisions(before.id) if each.number == number), None)
    if old is None:
        abort(404)
    try:
        _save(slug, Given(title=old.title, summary=old.summary, body=old.body))
    except Outdated:
        say("Somebody has saved it since, so nothing was taken back.", kind="error")
    except Unpublishable as error:
        say(f"It cannot be taken back: {error}.", kind="error")
    else:
        _say(slug, "It is as it was before.", undo=undo, sample=sample)
    return redirect(f"/staff/pages/{slug}", 303)


@desk.post("/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """What is in the editor as readers would see it."""
    try:
        return plain.draw(pages.preview(slug, **_given()))
    except Unpublishable as error:
        return Response(str(error), 422, content_type="text/plain; charset=utf-8")


def _save(slug: str, given: Given) -> None:
    """Save what was given, unless somebody else saved meanwhile: raises `Outdated`."""
    with db.transaction():
        if _found(slug).revision != request.form.get("opened", type=int):
            raise Outdated(slug)
        sample = "sample" in request.form
        pages.save(slug, sample=sample, by=access.member().email, **given)


def _say(slug: str, said: str, *, undo: str, sample: bool) -> None:
    """Tell of a save, with the way back to what it replaced."""
    fields = {"opened": str(_found(slug).revision)} | ({"sample": "on"} if sample else {})
    say(said, undo=undo, **fields)


def _editor(text: Page, values: Given, problem: str | None = None) -> str:
    return page("page.html", text=text, values=values, problem=problem)


def _given() -> Given:
    form = request.form
    return Given(
        title=" ".join(form.get("title", "").split()),
        summary=" ".join(form.get("summary", "").split()),
        body=form.get("body", "").replace("\r\n", "\n"),
    )


def _found(slug: str) -> Page:
    return pages.by_slug(slug) or abort(404)
