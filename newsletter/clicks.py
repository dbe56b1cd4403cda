"""Counts how often the links of a letter were followed, in sums that name no reader.

A letter's links name the letter (`from=newsletter:12`), the same to everybody; `core.web.visits`
counts them as it counts pages. No address of ours leads on, and no link holds a reader's token.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from core import config, db
from core.mail.forms import MARK
from core.models import Visit
from core.web.visits import Seen
from newsletter.models import Newsletter
from shop import attribution

FOLLOWED = "letter"
"""The kind under which openings of a page are counted by the letter that led there."""

TRIED = "letter part"
"""The same by the part of its readers that a link named in a trial, see `newsletter.trials`."""

ENOUGH = 3
"""With fewer links than these, a machine that opens all cannot be told from a person."""

_LETTERS = ("newsletter", "sequence")
_PART = re.compile(r"[a-d]\d")
_LINK = re.compile(r'href="([^"]+)"')


@dataclass(frozen=True)
class Link:
    """A page that a letter leads to, and how often it was opened from there."""

    path: str
    followed: int


def read(path: str, query: str) -> Iterator[Seen]:
    """Any page of ours, where a letter led straight to it."""
    if "from=" not in query:
        return
    steps = attribution.steps(parse_qs(query).get("from", [""])[0])
    if steps and steps[-1].kind in _LETTERS:
        yield Seen(FOLLOWED, steps[-1].source, path)
        if _PART.fullmatch(steps[-1].place):
            yield Seen(TRIED, f"{steps[-1].source}:{steps[-1].place}", path)


def links(issue: Newsletter) -> list[Link]:
    """The counted links of a frozen issue, as often as each was followed; those most first.

    What was opened in the last minute may be missing. Only pages that the letter leads to appear,
    whatever addresses somebody made up.
    """
    if not issue.html:
        return []
    sums = _sums(issue.source)
    paths = dict.fromkeys(_paths(issue.html, issue.source))
    return sorted(
        (Link(path, sums.get(path, 0)) for path in paths), key=lambda link: -link.followed
    )


def machines(found: list[Link]) -> int | None:
    """How many openings of each link may be machines' at most; None where it cannot be said.

    A scanner opens every link of a letter. So it opened none of them more often than the link that
    was opened least, and what others have beyond that is people's.
    """
    return min(link.followed for link in found) if len(found) >= ENOUGH else None


def by_people(issue: Newsletter) -> dict[str, int]:
    """How often people followed a frozen issue's links, by the part of its readers, such as `b7`.

    Where it can be told, what machines may have opened is taken off each part.
    """
    paths = set(_paths(issue.html or "", issue.source))
    counted = (
        select(Visit.name, Visit.detail, func.sum(Visit.count))
        .where(
            Visit.kind == TRIED,
            Visit.name.startswith(f"{issue.source}:", autoescape=True),
            Visit.detail.in_(paths),
        )
        .group_by(Visit.name, Visit.detail)
    )
    parts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(paths, 0))
    with db.reading() as session:
        for name, path, count in session.execute(counted):
            parts[name.rpartition(":")[2]][path] = int(count)
    return {
        part: sum(sums.values())
        - len(paths) * (machines([Link(*each) for each in sums.items()]) or 0)
        for part, sums in parts.items()
    }


def _sums(source: str) -> dict[str, int]:
    counted = (
        select(Visit.detail, func.sum(Visit.count))
        .where(Visit.kind == FOLLOWED, Visit.name == source)
        .group_by(Visit.detail)
    )
    with db.reading() as session:
        return {path: int(count) for path, count in session.execute(counted)}


def _paths(html: str, source: str) -> Iterator[str]:
    site = urlsplit(config.current().site_url)
    for target in _LINK.findall(html):
        address = urlsplit(target.replace("&amp;", "&"))
        way = parse_qs(address.query).get("from", [""])[0]
        if address.netloc == site.netloc and re.split(f"[,{MARK}]", way)[0] == source:
            yield address.path
