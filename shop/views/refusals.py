"""The page on which a customer refuses requests for reviews and reminders."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from core.web.limits import limiter
from shop import refusals
from shop.views.orders import privately

pages = Blueprint("refusals", __name__)


@pages.get("/reviews/no-requests/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Asks whether to send no more such letters: opening a link changes nothing."""
    email = refusals.refuser(token) or abort(404)
    return privately(render_template("shop/refusal.html", email=email, done=False))


@pages.post("/reviews/no-requests/<token>")
@limiter.limit("30 per minute")
def refuse(token: str) -> ResponseReturnValue:
    """Send no more of them, also by one click in a mail program (RFC 8058)."""
    email = refusals.refuser(token) or abort(404)
    refusals.refuse(email)
    return privately(render_template("shop/refusal.html", email=email, done=True))
