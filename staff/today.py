"""The first desk: what waits for somebody this morning."""

from flask.typing import ResponseReturnValue

from staff import access
from staff.frame import page
from staff.models import Role

desk = access.desk("today", __name__, *Role, at="")


@desk.get("/")
def index() -> ResponseReturnValue:
    """The numbers of the day."""
    return page("today.html")
