"""The media desk: what was uploaded for posts, letters and products, and the words for each."""

from flask import abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from blog.models import Post
from core import db, media
from core.models import Medium
from core.pictures import Unusable
from core.web import pictures
from shop import gallery
from staff import access, pieces
from staff.frame import page, say
from staff.models import Role

desk = access.desk("media", __name__, Role.EDITOR, Role.FULFILMENT)

_PAGE = 60


@desk.get("")
def index() -> ResponseReturnValue:
    """The library, the newest first."""
    found = media.newest(_PAGE + 1, before=request.args.get("before", type=int))
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return page(
        "media.html",
        found=found[:_PAGE],
        older=older,
        picture_of=pictures.of,
        figure_of=pieces.figure,
    )


@desk.post("")
def upload() -> ResponseReturnValue:
    """Keep a file, sent as `file` with its words as `alt`.

    A script that asks for JSON gets `{name, url, alt, width, height, markdown}`, or 422 with
    `{error}`; a form gets the library again. A `decorative` picture is shown without words; in the
    library it is named after its file.
    """
    request.max_content_length = media.MOST_BYTES + (1 << 20)
    given = request.files.get("file")
    content = given.read() if given else b""
    try:
        medium = _kept(content, given.filename if given else None)
    except Unusable as error:
        if _wants_json():
            return jsonify(error=str(error)), 422
        say(str(error), kind="error")
    else:
        if _wants_json():
            return jsonify(_told(medium)), 201
        say(f"“{medium.title}” is in the library.")
    return redirect("/staff/media", 303)


@desk.post("/<name>")
def describe(name: str) -> ResponseReturnValue:
    """Say in other words what something shows."""
    medium = media.find(name) or abort(404)
    before = medium.alt
    try:
        media.describe(name, request.form.get("alt", ""))
    except Unusable as error:
        say(str(error), kind="error")
    else:
        say("The words are saved.", undo=f"/staff/media/{name}", alt=before)
    return redirect(f"/staff/media#m{name}", 303)


@desk.post("/<name>/remove")
def remove(name: str) -> ResponseReturnValue:
    """Delete something that nothing shows; there is no way back, so what is shown is refused."""
    medium = media.find(name) or abort(404)
    places = _shown_in(name)
    if places:
        say(f"It is shown in {', '.join(places)}: take it out there first.", kind="error")
    else:
        media.remove(name)
        say(f"“{medium.title}” is deleted.")
    return redirect("/staff/media", 303)


def _kept(content: bytes, title: str | None) -> Medium:
    if not content:
        raise Unusable("Choose a file first.")
    alt, by, file = request.form.get("alt", ""), access.member().email, title or "upload"
    if "decorative" in request.form:
        alt = f"Decorative: {file}"
    return media.add(content, alt=alt, file=file, by=by)


def _wants_json() -> bool:
    return (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def _told(medium: Medium) -> dict[str, object]:
    told = {each: getattr(medium, each) for each in ("name", "url", "alt", "width", "height")}
    shown = pieces.figure(medium, decorative="decorative" in request.form)
    return told | {"markdown": shown if medium.is_picture else medium.url}


def _shown_in(name: str) -> list[str]:
    with db.reading() as session:
        titles = session.scalars(select(Post.title).where(Post.body.contains(name)).limit(5)).all()
    return [f"“{title}”" for title in (*titles, *gallery.showing(name))]
