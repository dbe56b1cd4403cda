"""The pages desk: terms, shipping, safety and their like, which the owner has to make their own."""

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from blog import pages
from blog.markdown import Unpublishable
from blog.models import Page
from blog.views import plain
from core import db
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("pages", __name__, Role.EDITOR)


@desk.get("")
def index() -> ResponseReturnValue:
    """Every page; those whose text is still the sample's say so."""
    return page("pages.html", found=pages.every())


@desk.get("/<slug>")
def edit(slug: str) -> ResponseReturnValue:
    """The editor with a page, beside what readers see."""
    return _editor(_found(slug))


@desk.post("/<slug>")
def save(slug: str) -> ResponseReturnValue:
    """Save a page; everybody sees it at once."""
    try:
        with db.transaction():
            before = _found(slug)
            if before.revision != request.form.get("opened", type=int):
                problem = (
                    "Somebody else has saved this page since you opened it. Saving overwrites."
                )
                return _editor(before, problem, **_given()), 409
            sample = "sample" in request.form
            pages.save(slug, **_given(), sample=sample, by=access.member().email)
    except Unpublishable as error:
        return _editor(_found(slug), f"{error}.", **_given()), 422
    say("Saved; everybody sees it now.")
    return redirect(f"/staff/pages/{slug}", 303)


@desk.post("/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """What is in the editor as readers would see it."""
    try:
        shown = pages.preview(slug, **_given())
    except Unpublishable as error:
        return Response(str(error), 422, content_type="text/plain; charset=utf-8")
    return plain.draw(shown)


def _editor(text: Page, problem: str | None = None, **given: str) -> str:
    values = {"title": text.title, "summary": text.summary, "body": text.body} | given
    return page("page.html", text=text, values=values, problem=problem)


def _given() -> dict[str, str]:
    form = request.form
    lines = {name: " ".join(form.get(name, "").split()) for name in ("title", "summary")}
    return lines | {"body": form.get("body", "").replace("\r\n", "\n")}


def _found(slug: str) -> Page:
    return pages.by_slug(slug) or abort(404)
