"""Each request reads through one session of its own."""

from contextlib import ExitStack

from flask import Flask, g

from core import db


def init_app(app: Flask) -> None:
    """Open a reading session with a request and let it go with it."""

    @app.before_request
    def open_session() -> None:
        g.reading = ExitStack()
        g.reading.enter_context(db.reading())

    @app.teardown_request
    def close_session(error: BaseException | None) -> None:
        del error
        if "reading" in g:
            g.pop("reading").close()
