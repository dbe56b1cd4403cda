"""Keeps other sites and received mail away from the mailbox: hosts, origins, policies, escapes."""

import ipaddress
from functools import partial
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def protect(app: Flask, host: str) -> None:
    """Check every request to `app`, which listens on `host`, and guard every answer."""
    app.before_request(partial(_check_host, host))
    app.before_request(_check_origin)
    app.after_request(_set_headers)


def _check_host(listening: str) -> None:
    # A site whose name was pointed to this machine (DNS rebinding) must not read the mail.
    name = urlsplit(f"//{request.host}").hostname or ""
    if not (name in {"localhost", listening} or name.endswith(".localhost") or _is_address(name)):
        abort(403)


def _check_origin() -> None:
    if request.method in _SAFE:
        return
    if not _is_own(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")):
        abort(403)
    # A hostile List-Unsubscribe may name this mailbox: the button must not empty it.
    if "List-Unsubscribe" in request.form:
        abort(403)


def _is_own(site: str | None, origin: str | None) -> bool:
    # Browsers that lack the first send the second; programs send neither.
    if site is not None:
        return site in {"same-origin", "none"}
    return origin in {None, request.host_url.rstrip("/")}


def _set_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
