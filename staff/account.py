"""One's own account: who is signed in, and another password."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from core.web.limits import limiter
from staff import access, members
from staff.frame import page, say
from staff.models import Role
from staff.sign_in import enter

desk = access.desk("account", __name__, *Role)


@desk.get("")
def index() -> ResponseReturnValue:
    """Who is signed in, and a form for another password."""
    return page("account.html", problems={})


@desk.post("/password")
@limiter.limit("10 per minute")
def change_password() -> ResponseReturnValue:
    """Take another password; every other session of the member ends."""
    problems = _problems()
    if problems:
        return page("account.html", problems=problems), 422
    changed = members.change_password(access.member().id, request.form["new"])
    enter(changed.id)
    say("Your password has changed. Wherever else you were signed in, you no longer are.")
    return redirect("/staff/account", 303)


def _problems() -> dict[str, str]:
    given = {name: request.form.get(name, "") for name in ("current", "new", "again")}
    if members.recognize(access.member().email, given["current"]) is None:
        return {"current": "This is not your present password."}
    if len(given["new"]) < members.SHORTEST_PASSWORD:
        return {"new": f"Please take at least {members.SHORTEST_PASSWORD} characters."}
    if given["new"] != given["again"]:
        return {"again": "The two do not match."}
    return {}
