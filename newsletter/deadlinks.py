"""Finds links of a letter that lead nowhere, by asking our own site and those of others."""

import ipaddress
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from core import config

PATIENCE = 4  # seconds for each address
GONE = (404, 410)
AGENT = "Mozilla/5.0 (compatible; link monitor)"
"""Says that it is a machine, so that nobody counts it as a reader."""

_LINK = re.compile(r'(?:href|src)="(https?://[^"]+)"')
_AT_ONCE = 8


Site = Callable[[str], int]
"""Answers a path of ours, with its query, by the HTTP status that a reader would get."""


def _unasked(path: str) -> int:
    del path
    return 200


_site: Site = _unasked


def install(site: Site) -> None:
    """Ask this of our own pages."""
    global _site  # noqa: PLW0603 - one process has one site
    _site = site


def find(html: str) -> tuple[list[str], list[str]]:
    """The addresses in HTML that lead nowhere, and those that did not answer."""
    found = dict.fromkeys(unescape(address) for address in _LINK.findall(html))
    dead, silent = [], []
    # Each in a thread, where our own pages are not shown within the page that asks.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for address, status in zip(found, pool.map(_ask, found), strict=True):
            if status in GONE:
                dead.append(address)
            elif status is None or status >= 500:
                silent.append(address)
    return dead, silent


def _ask(address: str) -> int | None:
    """The status of an address; None where it does not answer, or is none of the public network.

    What staff write must not let them ask machines that only this one can reach.
    """
    ours = config.current().site_url
    if address.startswith(f"{ours}/"):
        return _site(address.removeprefix(ours))
    parts = urlsplit(address)
    try:
        if not _is_public(parts.hostname or "", parts.port or 80):
            return None
        request = urllib.request.Request(address, headers={"User-Agent": AGENT})  # noqa: S310 - http and https alone, see _LINK
        with _OPENER.open(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError):
        return None


def _is_public(host: str, port: int) -> bool:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(each[4][0]).is_global for each in found)


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows nothing: an address that leads on leads somewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Leave the redirect as the answer."""


_OPENER = urllib.request.build_opener(_Staying)
