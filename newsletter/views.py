"""The newsletter's public pages: joining, confirming, choosing, leaving."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.links import BadLink
from core.web.headers import cache_publicly
from core.web.limits import limiter
from core.web.sitemap import Listed
from newsletter import addresses, archive, links, rendering, subscribers, walks
from newsletter.addresses import InvalidAddress
from newsletter.consents import Circumstances
from newsletter.models import Newsletter, Standing, Subscriber
from newsletter.subscribers import Preferences
from newsletter.wording import wording
from newsletter.zones import zones

pages = Blueprint("newsletter", __name__, url_prefix="/newsletter")

_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@pages.get("/")
def about() -> Response:
    """What comes, how often, the latest issue, and the form."""
    latest = archive.latest(limit=1)
    letter = _on_the_web(latest[0]) if latest else None
    return _public("about", latest=latest[0] if latest else None, letter=letter)


@pages.get("/archive/")
def show_archive() -> Response:
    """Every issue that went to everybody."""
    return _public("archive", issues=archive.latest())


def on_the_map() -> list[Listed]:
    """The pages that the map of the site should name."""
    issues = archive.latest()
    return [
        *(Listed("/newsletter/"), Listed("/newsletter/archive/")),
        *(Listed(f"/newsletter/archive/{issue.slug}", issue.frozen_at) for issue in issues),
    ]


@pages.get("/archive/<slug>")
def issue(slug: str) -> Response:
    """One issue, for anybody."""
    found = archive.find(slug) or abort(404)
    return _public("issue", issue=found, letter=_on_the_web(found))


@pages.get("/archive/feed.xml")
def feed() -> Response:
    """The latest issues for feed readers (Atom, RFC 4287)."""
    issues = archive.latest(limit=20)
    letters = {found.id: _on_the_web(found) for found in issues}
    body = render_template("newsletter/feed.xml", issues=issues, letters=letters, words=wording())
    return cache_publicly(Response(body, mimetype="application/atom+xml"))


@pages.post("/subscribe")
@limiter.limit("30 per minute; 300 per hour")
def subscribe() -> ResponseReturnValue:
    """The same answer for every address, whoever is already on the list."""
    entered = request.form.get("email", "")
    try:
        address = addresses.normalize(entered)
    except InvalidAddress as error:
        return _page("about", 400, entered=entered, error=str(error), latest=None)
    # The field `website` is hidden from people; what fills it in is a machine.
    if not request.form.get("website"):
        subscribers.subscribe(
            address,
            source=request.form.get("source", "") or "form",
            how=Circumstances(page=_asked_on(request.form.get("page", "")), method="form"),
            name=request.form.get("name", ""),
            pace_days=request.form.get("pace_days", 0, type=int),
        )
    return _page("asked", suggestion=addresses.suggest(address))


@pages.get("/confirm/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    """The button that confirms; programs that open links in mail press none."""
    try:
        links.read_confirmation(token)
    except BadLink as error:
        return _bad_link(error)
    return _page("confirm", token=token)


@pages.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Put the person on the list."""
    try:
        subscriber = subscribers.confirm(token)
    except BadLink as error:
        return _bad_link(error)
    return _page("confirmed", subscriber=subscriber, token=links.token(subscriber.public_id))


@pages.get("/unsubscribe/<token>")
def show_unsubscription(token: str) -> ResponseReturnValue:
    """The button that leaves, and gentler ways."""
    return _page("unsubscribe", token=token, subscriber=_reader(token))


@pages.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Take the person off the list, by our button or a mail program's (RFC 8058)."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    try:
        public_id = links.read(token)
    except BadLink as error:
        return _bad_link(error)
    subscribers.unsubscribe(public_id, method="one-click" if one_click else "button")
    return _page("unsubscribed", token=token, subscriber=subscribers.find(public_id))


@pages.get("/preferences/<token>")
def show_preferences(token: str) -> ResponseReturnValue:
    """What the reader has chosen, and when the next letter comes."""
    return _preferences(token, _reader(token))


@pages.post("/preferences/<token>")
@limiter.limit("60 per minute")
def change_preferences(token: str) -> ResponseReturnValue:
    """Do what the pressed button says: `action` is save, pause, slower, return or erase."""
    subscriber = _reader(token)
    if subscriber is None:
        return _page("erased")
    public_id = subscriber.public_id
    match request.form.get("action", "save"):
        case "erase":
            subscribers.erase(public_id)
            return _page("erased")
        case "return":
            subscribers.resubscribe(public_id)
        case "pause":
            subscribers.pause(public_id)
        case "slower":
            subscribers.slow_down(public_id)
        case _:
            return _save(token, subscriber)
    return redirect(f"/newsletter/preferences/{token}?saved=1", 303)


@pages.get("/preferences/<token>/data.json")
def export(token: str) -> ResponseReturnValue:
    """All that we hold about the reader."""
    subscriber = _reader(token) or abort(404)
    answer = jsonify(subscribers.export(subscriber))
    answer.headers["Content-Disposition"] = 'attachment; filename="newsletter-data.json"'
    answer.headers.extend(_PRIVATE)
    return answer


def _asked_on(path: str) -> str:
    """The page whose form it was; of a muscle or a place on the body no more than that."""
    known = _PATH.fullmatch(path)
    return _OF_THE_BODY.sub(r"\g<1>/", path) if known else "/newsletter/"


_PATH = re.compile(r"/[\w/.-]{0,200}", re.ASCII)
_OF_THE_BODY = re.compile(r"^(/pain-finder|/muscles)/.+")


def _on_the_web(issue: Newsletter) -> Markup:
    return rendering.on_the_web(issue.body, f"{issue.source}:web")


def _save(token: str, subscriber: Subscriber) -> ResponseReturnValue:
    try:
        subscribers.change_preferences(subscriber.public_id, _chosen(subscriber))
    except ValueError as error:
        return _preferences(token, subscriber, status=400, error=str(error))
    return redirect(f"/newsletter/preferences/{token}?saved=1", 303)


def _chosen(subscriber: Subscriber) -> Preferences:
    """The form's fields; one that was not sent stays as it is. Raises `ValueError`."""
    now = subscribers.preferences(subscriber)
    form = request.form
    until = form.get("paused_until")
    return Preferences(
        name=form.get("name", now.name or ""),
        pace_days=int(form.get("pace_days", now.pace_days)),
        timezone=form.get("timezone", now.timezone),
        paused_until=now.paused_until
        if until is None
        else date.fromisoformat(until)
        if until
        else None,
    )


def _reader(token: str) -> Subscriber | None:
    """Whom the link names, or None after their erasure; 404 for a link that is not ours."""
    try:
        return subscribers.find(links.read(token))
    except BadLink:
        abort(404, wording()["link_unknown"]["text"])


def _preferences(
    token: str, subscriber: Subscriber | None, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    if subscriber is None:
        return _page("erased")
    return _page(
        "preferences",
        status,
        token=token,
        subscriber=subscriber,
        chosen=subscribers.preferences(subscriber),
        on_the_list=subscriber.standing is Standing.CONFIRMED,
        next_letter=walks.next_letter(subscriber),
        zones=zones(),
        error=error,
        saved="saved" in request.args,
    )


def _bad_link(error: BadLink) -> ResponseReturnValue:
    expired = isinstance(error, links.Expired)
    words = wording()["link_expired" if expired else "link_unknown"]
    return _page("bad_link", 410 if expired else 404, title=words["title"], text=words["text"])


def _public(name: str, **context: Any) -> Response:
    """A page that is the same for everybody."""
    body = render_template(f"newsletter/{name}.html", words=wording(), **context)
    return cache_publicly(Response(body))


def _page(name: str, status: int = 200, **context: Any) -> Response:
    """A page of one reader's own; no cache keeps it, and no other site learns its address."""
    body = render_template(f"newsletter/{name}.html", words=wording(), **context)
    return Response(body, status, headers=_PRIVATE | {"Cache-Control": "no-store"})
