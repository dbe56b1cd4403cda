"""Keeps public pages, whole and compressed, in memory below Flask for as long as they may be kept.

Only what an application marks `public` with an `s-maxage` is kept, and such a page is the same for
everybody (RFC 9111, section 5.2.2.10). What a page does not read of its query, as it says by
No-Vary-Search, makes it no other page. What a serving process commits lets go of all pages, in all
processes of the machine: they share a generation, the change time of a file.
"""

import gzip
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import brotli
from werkzeug.wsgi import ClosingIterator

from core import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
Place = tuple[str | None, str]
"""A host and a path. Apart, since a visitor may claim a host that ends like a path."""

CAPACITY = 32 * 1024 * 1024  # bytes of bodies, all encodings together
_MOST_PATHS = 10_000  # of which it is known what they read of a query
_READS = re.compile(r"key-order, params, except=\((?P<names>[^)]*)\)")


@dataclass(frozen=True)
class _Page:
    """One kept page: its headers without length and encoding, and its body in each encoding."""

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    expires_at: float
    generation: int

    @property
    def size(self) -> int:
        return sum(len(body) for body in self.bodies.values())


class PageCache:
    """A WSGI layer that answers for `application` while a page it has kept is fresh."""

    def __init__(self, application: "WSGIApplication", generation_file: Path) -> None:
        self._application = application
        self._generation_file = generation_file
        self._pages: OrderedDict[tuple[Place, str], _Page] = OrderedDict()
        self._read: dict[Place, frozenset[str]] = {}
        self._size = 0
        self._lock = threading.Lock()
        self._watching = False
        generation_file.touch()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from memory, or ask the application and keep what may be kept."""
        self._watch()
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        key = self._key(environ)
        generation = self._generation()
        page = self._find(key, generation)
        if page is not None:
            return _answer(page, environ, start_response)
        return self._ask(generation, environ, start_response)

    def expire(self) -> None:
        """Let go of every page, in all processes of this machine."""
        now = time.time_ns()  # touch() would be as coarse as the kernel's tick
        os.utime(self._generation_file, ns=(now, now))

    def _watch(self) -> None:
        """From the first request on: a worker, which serves none, commits too often for this."""
        if not self._watching:
            self._watching = True
            db.on_commit(self.expire)

    def _find(self, key: tuple[Place, str], generation: int) -> _Page | None:
        page = self._pages.get(key)
        fresh = page and page.generation == generation and page.expires_at > time.monotonic()
        return page if fresh else None

    def _ask(
        self,
        generation: int,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        answered: list[tuple[str, Headers]] = []

        def remember(
            status: str, headers: Headers, exc_info: object = None
        ) -> Callable[..., object]:
            del exc_info
            answered[:] = [(status, headers)]
            return lambda _: None

        result = self._application(environ, remember)
        status, headers = answered[0]
        seconds = _may_be_kept(environ, status, headers)
        if seconds is None:
            start_response(status, headers)
            return result
        body = b"".join(ClosingIterator(result, getattr(result, "close", None)))
        page = _page(headers, body, time.monotonic() + seconds, generation)
        self._learn(environ, headers)
        self._keep(self._key(environ), page)
        return _answer(page, environ, start_response)

    def _keep(self, key: tuple[Place, str], page: _Page) -> None:
        with self._lock:
            replaced = self._pages.pop(key, None)
            self._size += page.size - (replaced.size if replaced else 0)
            self._pages[key] = page
            while self._size > CAPACITY:
                _, oldest = self._pages.popitem(last=False)
                self._size -= oldest.size

    def _learn(self, environ: "WSGIEnvironment", headers: Headers) -> None:
        """Remember what the page of a path reads of its query, where it says so."""
        said = next((value for name, value in headers if name.lower() == "no-vary-search"), "")
        if found := _READS.fullmatch(said):
            if len(self._read) >= _MOST_PATHS:
                self._read.clear()
            self._read[_place(environ)] = frozenset(re.findall(r'"([^"]+)"', found["names"]))

    def _key(self, environ: "WSGIEnvironment") -> tuple[Place, str]:
        place, query = _place(environ), environ.get("QUERY_STRING", "")
        names = self._read.get(place)
        if names is not None:
            given = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
            query = repr(sorted((p for p in given if p[0] in names), key=itemgetter(0)))
        return place, query

    def _generation(self) -> int:
        return self._generation_file.stat().st_mtime_ns


def _place(environ: "WSGIEnvironment") -> Place:
    return environ.get("HTTP_HOST"), environ["PATH_INFO"]


def _may_be_kept(environ: "WSGIEnvironment", status: str, headers: Headers) -> int | None:
    """For how many seconds the answer may be kept, or None."""
    values = {name.lower(): value for name, value in headers}
    control = values.get("cache-control", "")
    shared = re.search(r"\bs-maxage=(\d+)", control)
    keepable = (
        environ["REQUEST_METHOD"] == "GET"
        and status.startswith("200")
        and "public" in control
        and "set-cookie" not in values
    )
    return int(shared.group(1)) if keepable and shared else None


def _page(headers: Headers, body: bytes, expires_at: float, generation: int) -> _Page:
    kept = [(n, v) for n, v in headers if n.lower() not in ("content-length", "etag", "vary")]
    bodies = {"": body}
    if len(body) > 500:
        bodies |= {"br": brotli.compress(body, quality=5), "gzip": gzip.compress(body, 6, mtime=0)}
    etag = f'W/"{sha256(body).hexdigest()[:20]}"'
    kept += [("ETag", etag), ("Vary", "Accept-Encoding")]
    return _Page(kept, bodies, etag, expires_at, generation)


def _answer(
    page: _Page, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    if page.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        start_response("304 Not Modified", page.headers)
        return []
    encoding = _encoding(page, environ.get("HTTP_ACCEPT_ENCODING", ""))
    body = page.bodies[encoding]
    headers = [*page.headers, ("Content-Length", str(len(body)))]
    if encoding:
        headers.append(("Content-Encoding", encoding))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _encoding(page: _Page, accepted: str) -> str:
    """The best encoding that the page has and the client names without a quality of zero."""
    named = {
        name.strip()
        for name, _, quality in (part.partition(";") for part in accepted.split(","))
        if quality.replace(" ", "") not in ("q=0", "q=0.0")
    }
    return next((name for name in ("br", "gzip") if name in named and name in page.bodies), "")
