"""Errors are pages of ours; an address that moved leads on."""

import structlog
from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError

from core import db, redirects

log = structlog.get_logger(__name__)

_KNOWN = (400, 403, 404, 405, 409, 410, 413, 429, 500, 503)


def init_app(app: Flask) -> None:
    """Answer every error with `errors/<status>.html` or `errors/error.html`."""
    app.register_error_handler(HTTPException, _show)
    for error in (DataError, OverflowError):
        app.register_error_handler(error, _refuse)


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


def _refuse(error: Exception) -> ResponseReturnValue:
    """No row can hold it, so that the database cannot even compare it."""
    log.warning("refused what no row can hold", path=request.path, why=type(error).__name__)
    db.let_go()
    return _show(BadRequest("A number in this request is larger than any of ours."))
