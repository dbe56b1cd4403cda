"""A small desk for addresses that moved: the old one leads to the new one."""

from flask import redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from core import db, redirects
from core.models import Redirect
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("redirects", __name__, Role.EDITOR)

_MOST = 500


@desk.get("")
def index() -> ResponseReturnValue:
    """The addresses, by name, and a form for another one."""
    return _list()


@desk.post("")
def add() -> ResponseReturnValue:
    """Let an old address lead to a new one."""
    path, target = (request.form.get(name, "").strip() for name in ("path", "target"))
    problem = _problem(path, target)
    if problem:
        return _list(path, target, problem), 422
    try:
        redirects.add(path, target)
    except ValueError:
        return _list(path, target, "This would lead in a circle."), 422
    say(f"{path} leads to {target} now.", undo="/staff/redirects/remove", path=path)
    return redirect("/staff/redirects", 303)


@desk.post("/remove")
def remove() -> ResponseReturnValue:
    """Let an address lead nowhere any more."""
    path = request.form.get("path", "")
    target = redirects.find(path)
    if target is not None:
        redirects.remove(path)
        say(f"{path} leads nowhere now.", undo="/staff/redirects", path=path, target=target)
    return redirect("/staff/redirects", 303)


def _list(path: str = "", target: str = "", problem: str | None = None) -> str:
    moved = db.session().scalars(select(Redirect).order_by(Redirect.path).limit(_MOST)).all()
    return page("redirects.html", moved=moved, path=path, target=target, problem=problem)


def _problem(path: str, target: str) -> str | None:
    if not path.startswith("/") or path.startswith(("//", "/staff", "/static")):
        return "The old address begins with one slash, such as /blogs/news/old-post."
    if not target.startswith(("/", "https://")) or target.startswith("//"):
        return "The new address begins with one slash, or with https://."
    return None
