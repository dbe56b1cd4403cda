"""The shop as the kill tests' workers run it: it knows their letters, and leases are short."""

from datetime import timedelta

from flask import Flask

import wsgi
from core.mail import queue
from tests.core.mail.conftest import register

LEASE = timedelta(seconds=2)


def create_app() -> Flask:
    """The shop from the environment."""
    app = wsgi.create_app()
    register()
    queue.LEASE = LEASE
    return app
