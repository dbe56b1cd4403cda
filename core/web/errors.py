"""Errors are pages of ours; an address that moved leads on."""

import structlog
from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError

from core import redirects

log = structlog.get_logger(__name__)

_KNOWN = (400, 403, 404, 405, 409, 410, 413, 429, 500, 503)


def init_app(app: Flask) -> None:
    """Answer every error with `errors/<status>.html` or `errors/error.html`."""
    app.register_error_handler(HTTPException, _show)


def _show(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if error.code == 404 and request.method in ("GET", "HEAD"):
        moved = redirects.find(request.path)
        if moved is not None:
            return redirect(moved, 301)
    if isinstance(error, InternalServerError):
        log.error("request failed", path=request.path, exc_info=error.original_exception)
    code = error.code if error.code in _KNOWN else 500
    return render_template(
        [f"errors/{code}.html", "errors/error.html"], code=code, message=error.description
    ), code
