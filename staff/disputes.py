"""Disputes: what a bank asks back, until when it can be answered, and with what."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from core import clock
from shop import disputes
from staff.frame import page

pages = Blueprint("disputes", __name__)


@pages.get("/disputes")
def index() -> ResponseReturnValue:
    """Open disputes by their deadlines, then those that are over."""
    return page(
        "disputes.html",
        open_ones=disputes.open_ones(),
        closed=disputes.closed(request.args.get("after", type=int)),
        answerable=disputes.ANSWERABLE,
        helps=disputes.helps,
        stands=disputes.STANDS,
        now=clock.now(),
    )
