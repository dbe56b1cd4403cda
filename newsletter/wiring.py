"""Plugs `newsletter` into an app: pages, letters, listeners, jobs, commands."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Plug in."""
    del app
