"""Addresses in letters: what a link says of its letter, and the pages of a reader's own.

Whoever holds one of the latter may act for that reader, and needs no login. They name nobody: a
token holds a random id, signed. Those under letters never end, as a letter may be opened years
later and has to let people leave (CAN-SPAM, RFC 8058).
"""

import re
from datetime import timedelta

from core import config, links
from core.links import BadLink
from newsletter.models import Subscriber

VALID = timedelta(days=7)
"""For how long a link to confirm an address works."""

_CONFIRM = "newsletter confirmation"
_READER = "newsletter reader"
_ISSUE = "newsletter issue"
_EVER = timedelta(days=36_500)
_LEADS_ON = re.compile(
    r"(?P<path>/(?:products|blog|blog/topics|muscles)/[a-z0-9-]+|/pain-finder(?:/[a-z0-9-]+)?|/(?:blog/|muscles/)?)"
    r"(?P<asked>\?[^#]*)?(?P<part>#.*)?"
)
"""A page from which people buy, or go on to one."""


class Expired(BadLink):
    """The link was ours and no longer confirms anything."""


def confirmation(subscriber: Subscriber) -> str:
    """Where the person confirms; good for `VALID` and until they leave."""
    token = links.sign_dated(_CONFIRM, [subscriber.public_id, subscriber.membership])
    return page("confirm", token)


def preferences(public_id: str) -> str:
    """Where a reader changes what they get."""
    return page("preferences", token(public_id))


def unsubscription(public_id: str) -> str:
    """Where a reader leaves; also takes a one-click POST (RFC 8058)."""
    return page("unsubscribe", token(public_id))


def archived(slug: str) -> str:
    """Where anybody reads an issue."""
    return f"{config.current().site_url}/newsletter/archive/{slug}"


def letter(issue_id: int) -> str:
    """Where whoever has an issue in mail reads it that is not for everybody; it names no reader."""
    return page("letter", links.sign(_ISSUE, issue_id))


def read_letter(token: str) -> int:
    """The issue that such a link is about. Raises `BadLink`."""
    return int(links.read(_ISSUE, token))


def leading(path: str, source: str) -> str:
    """A path within the site, as a link of the letter `source`, such as `newsletter:12`.

    What leads to the tool, or on to it, says so (see `shop.ways`), the same to every reader:
    the letter is named, never the person. What its author wrote there stays.
    """
    found = _LEADS_ON.fullmatch(path)
    if not source or found is None or "from=" in (found["asked"] or ""):
        return path
    asked = f"{found['asked']}&" if found["asked"] else "?"
    return f"{found['path']}{asked}from={source}{found['part'] or ''}"


def token(public_id: str) -> str:
    """The token of a reader's pages."""
    return links.sign(_READER, public_id)


def read_confirmation(token: str) -> tuple[str, int]:
    """Whom a confirmation is for: public id and membership. Raises `Expired`, `BadLink`."""
    try:
        public_id, membership = links.read_dated(_CONFIRM, token, within=VALID)
    except BadLink:
        links.read_dated(_CONFIRM, token, within=_EVER)
        raise Expired(_CONFIRM) from None
    return public_id, membership


def read(token: str) -> str:
    """The public id in a reader's link. Raises `BadLink`."""
    return str(links.read(_READER, token))


def page(kind: str, token: str) -> str:
    """The address of one of a reader's pages, such as `preferences`."""
    return f"{config.current().site_url}/newsletter/{kind}/{token}"
