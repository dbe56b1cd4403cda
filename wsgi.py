"""The composition root: builds the app, and is the only module to know every package."""

import sys
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

import blog.wiring
import newsletter.wiring
import shop.wiring
import staff.wiring
from core import cli, config, db, jobs, logs, money, settings
from core.config import Config, ConfigError
from core.mail import acceptance, composing, smtp
from core.web import assets, errors, headers, health, limits, origin, requests

_ROOT = Path(__file__).resolve().parent


def create_app(settings_of_the_shop: Config | None = None) -> Flask:
    """The shop as a WSGI application; without settings it reads them from the environment.

    A wrong setting is one line on standard error and exit status 2.
    """
    chosen = settings_of_the_shop or _load()
    config.install(chosen)
    logs.configure(chosen.log_level, chosen.log_format)
    db.connect(chosen.database_url)
    app = Flask(__name__, static_folder=None)
    _configure(app, chosen)
    for part in (requests, origin, errors, health):
        part.init_app(app)
    headers.init_app(app, chosen)
    limits.init_app(app, chosen)
    assets.init_app(app, _ROOT / "static", chosen.data_dir / "assets")
    smtp.init_app(app, chosen.mail)
    composing.install(app.jinja_env)
    if chosen.mailbox_url:
        acceptance.install(acceptance.mailbox_log(chosen.mailbox_url))
    for package in (shop, blog, newsletter, staff):
        package.wiring.init_app(app)
    jobs.install(chosen, app.app_context)
    for command in (cli.worker, cli.migrate):
        app.cli.add_command(command)
    return app


def _load() -> Config:
    try:
        return config.load(config.read_environment())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _configure(app: Flask, chosen: Config) -> None:
    app.config.update(
        SECRET_KEY=chosen.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(chosen.secret_keys[1:]),
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        # Only the back office has a session, so that public pages are the same for everybody.
        SESSION_COOKIE_PATH="/staff",
        SESSION_COOKIE_NAME="staff",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=chosen.secure,
        PREFERRED_URL_SCHEME="https" if chosen.secure else "http",
        # Forgery is stopped by core.web.origin.
        WTF_CSRF_ENABLED=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(site_url=chosen.site_url, store=settings.store)
    app.jinja_env.filters["money"] = money.display
