"""What the form of the posts desk holds: the fields of a draft, and the post that it belongs to."""

import re
import unicodedata
from datetime import UTC, date, datetime

from flask import abort, request
from sqlalchemy.exc import NoResultFound

from blog import posts
from blog.models import Post
from blog.posts import Draft

EMPTY = Draft(slug="", title="", summary="", body="", author="")
"""What the editor of a new post begins with."""


def given() -> Draft:
    """What the editor's fields hold; tidied, not checked."""
    form = request.form
    body = form.get("body", "").replace("\r\n", "\n")
    return Draft(
        **{name: line(name) for name in ("slug", "title", "summary", "author")},
        body=body,
        reviewer=line("reviewer") or None,
        reviewed_on=_day("reviewed_on"),
        pillar=line("pillar") or None,
        read_next=tuple(re.split(r"[\s,]+", line("read_next"))) if line("read_next") else (),
        topics=tuple(form.getlist("topics")),
        muscles=tuple(form.getlist("muscles")),
        regions=tuple(form.getlist("regions")),
    )


def line(name: str) -> str:
    """A field of one line, without spaces around its words."""
    return " ".join(request.form.get(name, "").split())


def moment(name: str) -> datetime | None:
    """A moment in UTC, as the browser's field or an ISO date gives it."""
    try:
        moment = datetime.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def slug(title: str) -> str:
    """The address that a title suggests."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def post(number: int) -> Post:
    """The post of that number, or the answer that there is none."""
    try:
        return posts.get(number)
    except NoResultFound:
        abort(404)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None
