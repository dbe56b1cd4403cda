"""The newsletter's public pages: reading, joining, confirming, leaving."""

import re
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.links import BadLink
from core.mail import addresses
from core.mail.addresses import InvalidAddress
from core.web.headers import cache_publicly
from core.web.limits import limiter
from core.web.sitemap import Listed
from newsletter import archive, gate, links, rendering, subscribers, typos
from newsletter.archive import Published
from newsletter.consents import Circumstances
from newsletter.models import Standing, Subscriber
from newsletter.wording import wording

pages = Blueprint("newsletter", __name__, url_prefix="/newsletter")

PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


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


@pages.get("/letter/<token>")
def letter(token: str) -> ResponseReturnValue:
    """An issue for those who have it in mail; no list of ours names it."""
    try:
        found = archive.find_letter(links.read_letter(token)) or abort(404)
    except BadLink as error:
        return bad_link(error)
    return own("issue", issue=found, letter=_on_the_web(found))


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
    try:
        address = addresses.normalize(request.form.get("email", ""))
        gate.check(address)
    except InvalidAddress as error:
        return own("about", 400, given=request.form, error=str(error), latest=None)
    # The field `website` is hidden from people; what fills it in is a machine.
    if not request.form.get("website"):
        subscribers.subscribe(
            address,
            source=request.form.get("source", "") or "form",
            how=Circumstances(page=_asked_on(request.form.get("page", "")), method="form"),
            name=request.form.get("name", ""),
            pace_days=request.form.get("pace_days", 0, type=int),
        )
    return own("asked", suggestion=typos.suggest(address), given=request.form)


@pages.get("/confirm/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    """The button that confirms; programs that open links in mail press none."""
    try:
        links.read_confirmation(token)
    except BadLink as error:
        return bad_link(error)
    return own("confirm", token=token)


@pages.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Put the person on the list."""
    try:
        subscriber = subscribers.confirm(token)
    except BadLink as error:
        return bad_link(error)
    return own("confirmed", subscriber=subscriber, token=links.token(subscriber.public_id))


@pages.get("/unsubscribe/<token>")
def show_unsubscription(token: str) -> ResponseReturnValue:
    """The button that leaves, and gentler ways; or that they have left, to whoever has."""
    person = reader(token)
    if person is not None and person.standing is Standing.UNSUBSCRIBED:
        return own("unsubscribed", token=token, may_return=subscribers.may_return(person))
    return own("unsubscribe", token=token, subscriber=person)


@pages.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Take the person off the list, by our button or a mail program's (RFC 8058)."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    try:
        public_id = links.read(token)
    except BadLink as error:
        return bad_link(error)
    subscribers.unsubscribe(public_id, method="one-click" if one_click else "button")
    left = subscribers.find(public_id)
    may_return = left is not None and subscribers.may_return(left)
    return own("unsubscribed", token=token, may_return=may_return)


def _asked_on(path: str) -> str:
    """The page whose form it was; of a muscle or a place on the body no more than that."""
    known = _PATH.fullmatch(path)
    return _OF_THE_BODY.sub(r"\g<1>/", path) if known else "/newsletter/"


_PATH = re.compile(r"/(?!/)[\w/.-]{0,200}", re.ASCII)
_OF_THE_BODY = re.compile(r"^(/pain-finder|/muscles)/.+")


def _on_the_web(issue: Published) -> Markup:
    return rendering.on_the_web(issue.body, f"{issue.source}:web")


def reader(token: str) -> Subscriber | None:
    """Whom the link names, or None after their erasure; 404 for a link that is not ours."""
    try:
        return subscribers.find(links.read(token))
    except BadLink:
        abort(404, wording()["link_unknown"]["text"])


def bad_link(error: BadLink) -> ResponseReturnValue:
    """Says that a link has ended, or is none of ours."""
    expired = isinstance(error, links.Expired)
    words = wording()["link_expired" if expired else "link_unknown"]
    return own("bad_link", 410 if expired else 404, title=words["title"], text=words["text"])


def _public(name: str, **context: Any) -> Response:
    """A page that is the same for everybody."""
    body = render_template(f"newsletter/{name}.html", words=wording(), **context)
    return cache_publicly(Response(body))


def own(name: str, status: int = 200, **context: Any) -> Response:
    """A page of one reader's own; no cache keeps it, and no other site learns its address."""
    body = render_template(f"newsletter/{name}.html", words=wording(), **context)
    return Response(body, status, headers=PRIVATE | {"Cache-Control": "no-store"})
