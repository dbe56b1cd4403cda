"""The pages of a reader's own: choosing, another address, taking data away, being forgotten."""

from base64 import b64decode
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from core import clock
from core.links import BadLink
from core.mail.addresses import InvalidAddress
from core.web.limits import limiter
from newsletter import (
    address_changes,
    areas,
    consents,
    implied,
    noting,
    personal_data,
    preferences,
    subscribers,
    tracking,
    upcoming,
)
from newsletter.address_changes import Over
from newsletter.models import Standing, Subscriber
from newsletter.notebook import Notebook
from newsletter.preferences import Preferences
from newsletter.views import PRIVATE, bad_link, own, reader
from newsletter.wording import paces, wording
from newsletter.zones import known, local_day, zones

pages = Blueprint("own", __name__, url_prefix="/newsletter")

_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""One transparent pixel."""


@dataclass
class Form:
    """The preferences as they stand in the form, and what is wrong with them by field."""

    chosen: Preferences
    paused_until: str = ""
    email: str = ""
    problems: dict[str, str] = field(default_factory=dict)


@pages.get("/preferences/<token>")
def show(token: str) -> ResponseReturnValue:
    """What the reader has chosen, and when the next letter comes."""
    subscriber = reader(token)
    return _preferences(token, subscriber, _stored(subscriber) if subscriber else None)


@pages.post("/preferences/<token>")
@limiter.limit("60 per minute")
def change(token: str) -> ResponseReturnValue:
    """Do what the pressed button says: `action` is save, pause, slower, return, move or erase."""
    subscriber = reader(token)
    if subscriber is None:
        return own("erased")
    public_id = subscriber.public_id
    match request.form.get("action", "save"):
        case "erase":
            personal_data.erase(public_id)
            return own("erased")
        case "move":
            return _move(token, subscriber)
        case "return":
            subscribers.resubscribe(public_id)
        case "agree":
            implied.agree(public_id)
        case "pause":
            preferences.pause(public_id)
        case "slower":
            preferences.slow_down(public_id)
        case _:
            return _save(token, subscriber)
    return redirect(f"/newsletter/preferences/{token}?saved=1", 303)


@pages.get("/preferences/<token>/data.json")
def export(token: str) -> ResponseReturnValue:
    """All that we hold about the reader."""
    subscriber = reader(token) or abort(404)
    answer = jsonify(personal_data.export(subscriber))
    answer.headers["Content-Disposition"] = 'attachment; filename="newsletter-data.json"'
    answer.headers.extend(PRIVATE)
    return answer


@pages.get("/preferences/<token>/proof")
def prove(token: str) -> ResponseReturnValue:
    """What the reader agreed to, word for word, to be printed."""
    subscriber = reader(token) or abort(404)
    receipts = consents.receipts(subscriber)
    return own(
        "proof",
        token=token,
        subscriber=subscriber,
        receipts=receipts,
        intact=consents.is_intact(receipts),
    )


@pages.get("/move/<token>")
def show_move(token: str) -> ResponseReturnValue:
    """The button that moves letters to the address at which the link came."""
    try:
        wish = address_changes.open_wish(token)
    except BadLink as error:
        return bad_link(error)
    return own("move", wish=wish, token=token) if wish else _over()


@pages.post("/move/<token>")
def confirm_move(token: str) -> ResponseReturnValue:
    """Move the letters."""
    try:
        address_changes.confirm(token)
    except BadLink as error:
        return bad_link(error)
    except Over:
        return _over()
    return own("moved")


@pages.get("/go/<token>")
def follow(token: str) -> ResponseReturnValue:
    """Lead on from a letter of a reader who lets us note it."""
    public_id, source, target = _noted(token)
    if request.method == "GET":
        _notebook().hold(public_id, source, target.partition("?")[0][:300])
    answer = redirect(target, 302)
    answer.headers.extend(PRIVATE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/opened/<token>.gif")
def see(token: str) -> ResponseReturnValue:
    """The pixel of such a letter."""
    public_id, sources, _ = _noted(token)
    if request.method == "GET":
        for source in sources.split(","):
            _notebook().hold(public_id, source, "")
    return Response(_GIF, mimetype="image/gif", headers={**PRIVATE, "Cache-Control": "no-store"})


def _notebook() -> Notebook:
    found: Notebook = current_app.extensions["notebook"]
    return found


def _noted(token: str) -> tuple[str, str, str]:
    try:
        return tracking.read(token)
    except BadLink:
        abort(404, wording()["link_unknown"]["text"])


def _over() -> ResponseReturnValue:
    words = wording()["link_expired"]
    return own("bad_link", 410, title=words["title"], text=words["text"])


def _move(token: str, subscriber: Subscriber) -> ResponseReturnValue:
    entered = request.form.get("email", "")
    try:
        address_changes.ask(subscriber.public_id, entered)
    except (InvalidAddress, ValueError) as error:
        form = replace(_stored(subscriber), email=entered, problems={"email": str(error)})
        return _preferences(token, subscriber, form, status=400)
    return own("move_asked", token=token)


def _save(token: str, subscriber: Subscriber) -> ResponseReturnValue:
    form = _given(subscriber)
    if form.problems:
        return _preferences(token, subscriber, form, status=400)
    preferences.change(subscriber.public_id, form.chosen)
    return redirect(f"/newsletter/preferences/{token}?saved=1", 303)


def _stored(subscriber: Subscriber) -> Form:
    chosen = preferences.of(subscriber)
    return Form(chosen, paused_until=str(chosen.paused_until or ""))


def _given(subscriber: Subscriber) -> Form:
    """The form's fields; one that was not sent stays as it is.

    Boxes that nobody ticked are not sent: `boxes` says which of them stood in the form.
    """
    sent, now = request.form, preferences.of(subscriber)
    form = Form(now, paused_until=sent.get("paused_until", str(now.paused_until or "")))
    boxes = sent.getlist("boxes")
    form.chosen = replace(
        now,
        name=sent.get("name", now.name or ""),
        pace_days=sent.get("pace_days", now.pace_days, type=int),
        timezone=sent.get("timezone", now.timezone) or None,
        paused_until=_day(form.paused_until, form),
        areas=frozenset(areas.known(sent.getlist("areas"))) if "areas" in boxes else now.areas,
        noted="noted" in sent if "noted" in boxes else now.noted,
    )
    if form.chosen.pace_days not in paces():
        form.problems["pace_days"] = "Choose one of these."
    if form.chosen.timezone and form.chosen.timezone not in known():
        form.problems["timezone"] = "There is no such time zone."
    day = form.chosen.paused_until
    if day is not None and day <= local_day(clock.now(), subscriber.timezone):
        form.problems["paused_until"] = "Choose a day after today."
    return form


def _day(entered: str, form: Form) -> date | None:
    try:
        return date.fromisoformat(entered) if entered else None
    except ValueError:
        form.problems["paused_until"] = "A day looks like 2026-12-31."
        return None


def _preferences(
    token: str, subscriber: Subscriber | None, form: Form | None, *, status: int = 200
) -> ResponseReturnValue:
    if subscriber is None or form is None:
        return own("erased")
    return own(
        "preferences",
        status,
        token=token,
        subscriber=subscriber,
        form=form,
        on_the_list=subscriber.standing is Standing.CONFIRMED,
        is_shut_out=subscribers.is_shut_out(subscriber),
        next_letter=upcoming.next_letter(subscriber),
        zones=zones(),
        areas=areas.every(),
        may_note=noting.is_on() or form.chosen.noted,
        saved="saved" in request.args,
    )
