"""Presses the unsubscribe button of a mailbox provider: one-click requests as RFC 8058 asks."""

import http.client
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

BODY = "List-Unsubscribe=One-Click"
"""What List-Unsubscribe-Post must say, and what is posted."""

_URI = re.compile(r"<([^<>]*)>")
_TIMEOUT = 10  # seconds


@dataclass(frozen=True, slots=True)
class Offer:
    """The address that a provider would post to, or what keeps it from showing a button."""

    url: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's HTTP status and reason, or why there is none."""

    status: int = 0
    reason: str = ""
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Providers count a 2xx only; they follow no redirect."""
        return 200 <= self.status < 300


def read(list_unsubscribe: str, list_unsubscribe_post: str) -> Offer:
    """What the two header fields of a message offer."""
    if not list_unsubscribe:
        return Offer(problem="The message has no List-Unsubscribe field.")
    uris = ("".join(uri.split()) for uri in _URI.findall(list_unsubscribe))
    url = next((uri for uri in uris if uri.lower().startswith(("https://", "http://"))), "")
    if not url:
        return Offer(problem="List-Unsubscribe holds no web address.")
    if list_unsubscribe_post.strip() != BODY:
        return Offer(problem=f"List-Unsubscribe-Post does not say “{BODY}”.")
    return Offer(url=url)


def post(url: str) -> Answer:
    """Send the one-click request, without cookies and without following redirects.

    Only to addresses of this machine: the message may come from anybody, and the request must not
    reach what only this machine can reach elsewhere.
    """
    try:
        parts = urlsplit(url)
        address = _loopback(parts)
        if address is None:
            return Answer(problem="The address is not on this machine, so nothing was sent.")
        with _connect(parts, address) as sock:
            return _exchange(parts, sock)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(problem=f"No answer: {error or type(error).__name__}.")


def _loopback(parts: SplitResult) -> tuple[str, int] | None:
    # The very address that was checked is connected to: a name may lead elsewhere the next time.
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        return None
    return _preferred(addresses), port


def _preferred(addresses: list[str]) -> str:
    return next((address for address in addresses if ":" not in address), addresses[0])


def _connect(parts: SplitResult, address: tuple[str, int]) -> socket.socket:
    sock = socket.create_connection(address, timeout=_TIMEOUT)
    if parts.scheme != "https":
        return sock
    return ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)


def _exchange(parts: SplitResult, sock: socket.socket) -> Answer:
    connection = http.client.HTTPConnection(parts.hostname or "", timeout=_TIMEOUT)
    connection.sock = sock
    path = quote(parts.path or "/", safe="/%:=&~+!$,;'@()*")
    query = quote(parts.query, safe="/%:=&~+!$,;'@()*?")
    connection.request(
        "POST",
        f"{path}?{query}" if query else path,
        BODY,
        {
            "Host": parts.netloc.rpartition("@")[2],
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "local-mailbox",
            "Connection": "close",
        },
    )
    response = connection.getresponse()
    return Answer(status=response.status, reason=response.reason)
