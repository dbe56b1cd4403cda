"""The door: signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_security import current_user, login_user, logout_user

from core import db
from core.web.limits import limiter
from staff import access, members
from staff.models import StaffMember

pages = Blueprint("sign_in", __name__)

_UNKNOWN = "This address and password do not go together."


@pages.get("/login")
def show() -> ResponseReturnValue:
    """Ask for address and password."""
    if current_user.is_authenticated:
        return redirect(_destination(), 303)
    return _ask()


@pages.post("/login")
@limiter.limit("10 per minute; 60 per hour")
def sign_in() -> ResponseReturnValue:
    """Let somebody in, or say no more than that the two do not go together."""
    email = request.form.get("email", "")
    known = members.recognize(email, request.form.get("password", ""))
    if known is None:
        return _ask(email, _UNKNOWN), 401
    enter(known.id)
    return redirect(_destination(), 303)


@pages.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(access.SIGN_IN, 303)


def enter(member_id: int) -> None:
    """Begin a session, and note when and from where."""
    session.clear()
    session.permanent = True
    with db.transaction() as writing:
        login_user(writing.get_one(StaffMember, member_id))


def _ask(email: str = "", problem: str | None = None) -> str:
    return render_template(
        "staff/sign_in.html", email=email, problem=problem, next=request.values.get("next", "")
    )


def _destination() -> str:
    """The page that was asked for, if it is one of the back office."""
    wanted = urlsplit(request.values.get("next", ""))
    inside = not wanted.scheme and not wanted.netloc and wanted.path.startswith(access.HOME)
    return wanted.geturl() if inside else access.HOME
