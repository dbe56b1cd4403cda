"""What machines ask: alive, ready, and figures for Prometheus."""

import shutil

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core import config, db, jobs
from core.mail import ledger, stops

pages = Blueprint("health", __name__)

_LEAST_FREE = 100 * 1024 * 1024  # bytes; below this SQLite may soon fail to write


def init_app(app: Flask) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`."""
    app.register_blueprint(pages)


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "alive"}


@pages.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database, the queue and the disk can be used; 503 and the reason otherwise."""
    checks = {"database": _database(), "disk": _disk()}
    well = all(state == "ok" for state in checks.values())
    # Stopped mail is for staff to see to; pages are served all the same.
    mail = _mail() if checks["database"] == "ok" else "unknown"
    answer = {"status": "ready" if well else "not ready", **checks, "mail": mail}
    return answer, 200 if well else 503


@pages.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Figures for Prometheus, for this machine only; a proxy adds a forwarding header."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if forwarded or request.remote_addr not in ("127.0.0.1", "::1"):
        abort(404)
    registry = CollectorRegistry()
    Gauge("mail_backlog", "Messages due and not sent", registry=registry).set(ledger.backlog())
    Gauge("jobs_waiting", "Jobs in the queue", registry=registry).set(jobs.waiting())
    return generate_latest(registry), 200, {"Content-Type": "text/plain; version=0.0.4"}


def _database() -> str:
    try:
        db.session().execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"


def _mail() -> str:
    return ", ".join(f"stopped: {stop.cause}" for stop in stops.current()) or "ok"


def _disk() -> str:
    free = shutil.disk_usage(config.current().data_dir).free
    return "ok" if free >= _LEAST_FREE else f"only {free} bytes free"
