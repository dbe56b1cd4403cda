"""The headers that every answer carries."""

from collections.abc import Sequence

from flask import Flask, Response, request

from core.config import Config

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self' {stripe}; frame-ancestors 'self'"
)


def init_app(app: Flask, config: Config) -> None:
    """Set them unless a view has set its own."""
    # Chromium checks form-action along redirects, and a checkout ends on Stripe's page.
    stripe = f"https://checkout.stripe.com {config.simulator_url or config.stripe_api_base or ''}"
    policy = _POLICY.format(stripe=stripe.strip())

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.method != "GET" or response.status_code >= 400:
            headers.setdefault("Cache-Control", "no-store")
        else:
            headers.setdefault("Cache-Control", "private, no-cache")
        if config.secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def cache_publicly(
    response: Response, seconds: int = 2, *, asked: Sequence[str] | None = None
) -> Response:
    """Mark a page that is the same for everybody: shared caches may keep it for `seconds`.

    `asked` names all that the page reads of its query; None where that may be anything. What else a
    link carries, such as a campaign's mark, makes it no other page (No-Vary-Search, an IETF draft).
    """
    response.headers["Cache-Control"] = (
        f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate=60"
    )
    if asked is not None:
        names = " ".join(f'"{name}"' for name in asked)
        response.headers["No-Vary-Search"] = f"key-order, params, except=({names})"
    response.add_etag()
    return response
