"""Each request reads through one session of its own, and holds text alone.

PostgreSQL takes no NUL in a text, and nobody types one.
"""

from contextlib import ExitStack

from flask import Flask, Request, abort, g, request
from werkzeug.exceptions import BadRequest

from core import db

_NO_TEXT = "Something in this request is no text."


class PlainRequest(Request):
    """A request whose form holds text alone; 400 as soon as a view looks at another."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        if any("\0" in value for values in self.form.listvalues() for value in values):
            raise BadRequest(_NO_TEXT)


def init_app(app: Flask) -> None:
    """Open a reading session with a request and let it go with it, and refuse what is no text."""
    app.request_class = PlainRequest

    @app.before_request
    def open_session() -> None:
        g.reading = ExitStack()
        g.reading.enter_context(db.reading())

    @app.before_request
    def refuse_what_is_no_text() -> None:
        asked = (value for values in request.args.listvalues() for value in values)
        if "\0" in request.path or any("\0" in value for value in asked):
            abort(400, _NO_TEXT)

    @app.teardown_request
    def close_session(error: BaseException | None) -> None:
        del error
        if "reading" in g:
            g.pop("reading").close()
