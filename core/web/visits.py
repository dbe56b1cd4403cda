"""Counts how often pages are opened, by day, without cookies, addresses, or anything of a person.

A layer around the page cache, so that kept pages count too. It keeps sums in memory and writes them
within a minute from a thread of its own: no reader waits for it, and a crash loses a minute of
counts at most. Machines are left out as far as they say what they are.
"""

import atexit
import logging
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from core import clock, db, jobs
from core.models import Visit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

SECONDS = 60  # for which counts wait in memory
REFERRER = "referrer"
"""The kind under which the hosts are counted that led to a page, such as `post:the-ql`."""

CLICK = "click"
"""The kind under which packages count the links of ours that led to a page."""

OTHERS = "others"
"""What stands for names and details beyond the first of a day: whoever asks can make them up."""

KEPT = timedelta(days=400)
"""For how long sums are kept: this month can be put beside the same one of last year, and no page
of staff looks further back. The privacy page says so."""

_MOST_DETAILS = 100  # of one page, kind and day, in each process
_MOST_SUMS = 5_000  # of one kind and day, in each process
_MACHINE = re.compile(
    r"bot|google-|crawl|spider|slurp|preview|fetch|monitor|scan|headless|lighthouse|archiv|http|facebook|"
    r"whatsapp|embed|validator|pingdom|python|curl|wget|java/|feed",
    re.IGNORECASE,
)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


@dataclass(frozen=True)
class Seen:
    """What was opened: a kind of page, which one, and a detail such as what led there."""

    kind: str
    name: str = ""
    detail: str = ""


Reading = Callable[[str, str], Iterable[Seen]]
"""Tells what a path with its query shows, the page first; nothing where that is not counted."""


class Visits:
    """A WSGI layer that counts what its `readings` know of the pages that `application` shows.

    `host` is the site's own, from which nobody comes.
    """

    def __init__(self, application: "WSGIApplication", host: str) -> None:
        self.readings: list[Reading] = []
        self._application = application
        self._host = _plain(host)
        self._database = db.engine()
        self._lock = threading.Lock()
        self._counts: Counter[tuple[date, Seen]] = Counter()
        self._details: dict[tuple[date, str, str], set[str]] = defaultdict(set)
        self._sums: Counter[tuple[date, str]] = Counter()
        self._timer: threading.Timer | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Let the application answer, and count it if it shows a page to a person."""
        if not _is_reading(environ):
            return self._application(environ, start_response)

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[..., object]:
            if status.startswith("200"):
                self._count(self._seen(environ))
            return start_response(status, headers, *more)

        return self._application(environ, note)

    def flush(self) -> None:
        """Add what was counted to the database; what cannot be written now waits on."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
            self._forget_before(clock.now().date())
        # Tests connect one database after another.
        if not counts or db.engine() is not self._database:
            return
        try:
            _add(counts)
        except SQLAlchemyError as error:
            log.warning("counts of visits wait a minute longer: %s", error)
            with self._lock:
                self._counts.update(counts)
                self._wake()

    def _seen(self, environ: "WSGIEnvironment") -> list[Seen]:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        found = [seen for reading in self.readings for seen in reading(path, query)]
        host = _plain(urlsplit(environ.get("HTTP_REFERER", "")).netloc)
        if found and host != self._host and len(host) <= 100 and _HOST.fullmatch(host):
            found.append(Seen(REFERRER, f"{found[0].kind}:{found[0].name}", host))
        return found

    def _count(self, found: list[Seen]) -> None:
        if not found:
            return
        today = clock.now().date()
        with self._lock:
            for seen in found:
                self._counts[today, self._bounded(today, seen)] += 1
            self._wake()

    def _bounded(self, today: date, seen: Seen) -> Seen:
        """The same, or among the others once there are more than are kept for a day."""
        known = self._details.get((today, seen.kind, seen.name), set())
        if seen.detail in known:
            return seen
        if self._sums[today, seen.kind] >= _MOST_SUMS:
            return Seen(seen.kind, OTHERS, OTHERS)
        if len(known) >= _MOST_DETAILS:
            return Seen(seen.kind, seen.name, OTHERS)
        self._sums[today, seen.kind] += 1
        self._details[today, seen.kind, seen.name].add(seen.detail)
        return seen

    def _forget_before(self, today: date) -> None:
        """What was known of earlier days bounds nothing any more."""
        for old in [key for key in self._details if key[0] < today]:
            del self._details[old]
        for day in [key for key in self._sums if key[0] < today]:
            del self._sums[day]

    def _wake(self) -> None:
        """Write in a minute, if nothing is waiting to already."""
        if self._timer is None:
            self._timer = threading.Timer(SECONDS, self.flush)
            self._timer.daemon = True
            self._timer.start()


def init_app(app: Flask, site_url: str) -> None:
    """Count around all layers so far; what is still held is written when the process ends."""
    layer = Visits(app.wsgi_app, urlsplit(site_url).netloc)
    app.wsgi_app = layer  # type: ignore[method-assign] # Flask's documented place for middleware
    app.extensions["visits"] = layer
    _layers.add(layer)


_layers: WeakSet[Visits] = WeakSet()  # what holds a layer holds its whole app


@atexit.register
def _flush_all() -> None:
    for layer in _layers:
        layer.flush()


def add(app: Flask, reading: Reading) -> None:
    """Let a package tell which of its pages are counted."""
    app.extensions["visits"].readings.append(reading)


@jobs.job("forget visits", every_minutes=24 * 60)
def forget() -> None:
    """Delete the sums of days that are longer ago than they are kept."""
    with db.transaction(shown=False) as session:
        session.execute(delete(Visit).where(Visit.day < (clock.now() - KEPT).date()))


def _is_reading(environ: "WSGIEnvironment") -> bool:
    """Whether a person opens a page: no machine, no look ahead, no part of another page."""
    browser = environ.get("HTTP_USER_AGENT", "")
    ahead = environ.get("HTTP_SEC_PURPOSE", "") + environ.get("HTTP_PURPOSE", "")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and "prefetch" not in ahead
        and environ.get("HTTP_SEC_FETCH_DEST", "document") == "document"
        and browser.startswith("Mozilla/")
        and not _MACHINE.search(browser)
    )


def _plain(host: str) -> str:
    """A host without its port and `www.`."""
    return host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")


def _add(counts: Counter[tuple[date, Seen]]) -> None:
    rows = [
        {"day": day, "kind": seen.kind, "name": seen.name, "detail": seen.detail, "count": count}
        for (day, seen), count in counts.items()
    ]
    # Always in the same order, lest two processes wait for each other.
    rows.sort(key=lambda row: (row["day"], row["kind"], row["name"], row["detail"]))
    with db.transaction(shown=False):
        fresh = db.insert(Visit)
        added = fresh.on_conflict_do_update(
            index_elements=[Visit.day, Visit.kind, Visit.name, Visit.detail],
            set_={"count": Visit.count + fresh.excluded.count},
        )
        db.session().execute(added, rows)
