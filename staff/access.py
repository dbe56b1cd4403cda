"""Who may do what: a desk is open to some roles, and always to the owner."""

from typing import cast

from flask import Blueprint, Flask, abort, current_app, redirect, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_security import Security, current_user

from core import clock
from staff.members import MemberStore
from staff.models import Role, StaffMember

HOME = "/staff/"
SIGN_IN = "/staff/login"

OPEN_TO: dict[str, frozenset[Role]] = {}
"""Which roles may use each desk, by its name."""


class BackOfficeSession(SecureCookieSessionInterface):
    """Sessions under /staff only: no public page varies with a cookie, or sets one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the session, unless the page is public."""
        if request.path.startswith(HOME):
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Let Flask-Security hold sessions and passwords; pages and locks are ours."""
    app.session_interface = BackOfficeSession()
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - a scheme's name
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        # Argon2 salts each password. A second hash would tie all of them to a secret of the shop.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_TRACKABLE=True,
        SECURITY_DATETIME_FACTORY=clock.now,
        SECURITY_CLI_USERS_NAME="",
        SECURITY_CLI_ROLES_NAME="",
    )
    security = Security(app, MemberStore(), register_blueprint=False)
    # Nobody comes with a token: scripts use the command line.
    security.login_manager.request_loader(lambda _: None)


def desk(name: str, import_name: str, *roles: Role, at: str | None = None) -> Blueprint:
    """A desk at `/staff/<at or name>`, locked to `roles` and the owner."""
    pages = Blueprint(name, import_name, url_prefix=f"/{name if at is None else at}")
    OPEN_TO[name] = frozenset({Role.OWNER, *roles})

    @pages.before_request
    def lock() -> ResponseReturnValue | None:
        if not current_user.is_authenticated:
            return redirect(sign_in_address(), 303)
        if not may_use(name):
            abort(403, "Your role does not open this desk.")
        return None

    return pages


def member() -> StaffMember:
    """Who is signed in; only inside a desk."""
    return cast("StaffMember", current_user)


def may_use(name: str) -> bool:
    """Whether the desk of that name is open to who is signed in."""
    return current_user.is_authenticated and member().role in OPEN_TO.get(name, ())


def sign_in_address() -> str:
    """Where to sign in, to come back to this page; what was to be done has to be done again."""
    if request.method != "GET" or request.full_path.rstrip("?") == HOME:
        return SIGN_IN
    return current_app.url_for("staff.sign_in.show", next=request.full_path.rstrip("?"))
