"""Forgery is stopped by where a request comes from, not by tokens in pages.

Browsers send `Sec-Fetch-Site` or `Origin` with every unsafe request and let no page alter them;
Stripe's webhooks and one-click unsubscribes (RFC 8058) send neither and carry no cookie of ours.
"""

from urllib.parse import urlsplit

from flask import Flask, abort, request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Refuse unsafe requests that a page of another site sent."""

    @app.before_request
    def refuse_other_sites() -> None:
        if request.method not in _SAFE and not _is_ours():
            abort(403, "This form was sent from another site.")


def _is_ours() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
