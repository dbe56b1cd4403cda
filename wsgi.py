"""The composition root: builds the app, and is the only module to know every package."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import blog.samples
import blog.wiring
import newsletter.samples
import newsletter.wiring
import shop.samples
import shop.wiring
import staff.samples
import staff.wiring
from blog import posts
from core import (
    backups,
    cli,
    config,
    db,
    environment,
    jobs,
    logs,
    money,
    readiness,
    requirements,
    schema,
    settings,
)
from core.archives import Damaged
from core.backups import Refused
from core.config import Config
from core.environment import ConfigError
from core.mail import acceptance, collecting, composing, proof, smtp
from core.pagecache import PageCache
from core.processes import Group, Program
from core.web import (
    assets,
    bounces,
    errors,
    headers,
    health,
    limits,
    origin,
    pictures,
    requests,
    sitemap,
    visits,
)
from shop import catalog, orders

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
    for part in (requests, origin, errors, health, sitemap, pictures, bounces):
        part.init_app(app)
    headers.init_app(app, chosen)
    limits.init_app(app, chosen)
    app.wsgi_app = PageCache(app.wsgi_app, chosen.data_dir / "pages")  # type: ignore[method-assign] # Flask's way
    visits.init_app(app, chosen.site_url)
    if chosen.trusted_proxies:
        # The host is SITE_URL's, whatever a proxy says.
        hops = chosen.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign] # Flask's way
    assets.init_app(app, _ROOT / "static", chosen.data_dir / "assets")
    smtp.init_app(app, chosen.mail)
    composing.install(app.jinja_env)
    proof.install()
    collecting.install()
    if chosen.mailbox_url:
        acceptance.install(acceptance.mailbox_log(chosen.mailbox_url))
    for package in (shop, blog, newsletter, staff):
        package.wiring.init_app(app)
    jobs.install(chosen, app.app_context)
    readiness.register(requirements.check)
    for command in (cli.worker, cli.migrate, cli.backup, restore, cli.check, cli.mail, seed, up):
        app.cli.add_command(command)
    return app


@click.command()
def seed() -> None:
    """Fill the shop with the sample; refuses to touch a shop that has orders."""
    if orders.exist():
        raise click.ClickException("this shop has orders; the sample is for an empty one")
    fill()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace a shop that has orders.")
def restore(file: Path, *, yes: bool) -> None:
    """Replace the whole shop by the backup in FILE, or leave it as it is."""
    if schema.current() and orders.exist() and not yes:
        raise click.ClickException("this shop has orders; --yes replaces them by the backup's")
    try:
        manifest = backups.restore(file)
    except (Damaged, Refused, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Restored the shop as of {manifest.made_at}. Restart what runs. All mail is held, since "
        "what waited then may have gone out since: look at the outbox, then run `mail release`. "
        "`reconcile` brings in what Stripe knows."
    )


@click.command()
def up() -> None:
    """Run the whole shop: web, workers, and stand-ins for Stripe and mail where none are set."""
    chosen = config.current()
    schema.upgrade()
    if not catalog.every() and not posts.in_state():
        fill()
    sign_in = staff.samples.first_sign_in()
    db.engine().dispose()
    group = Group(list(_programs(chosen)))
    group.start()
    if group.wait_until_up(600):
        click.echo(_welcome(chosen, sign_in))
    group.run()


def fill() -> None:
    """Put the sample shop into an empty database."""
    with db.transaction():
        for package in (shop, blog, newsletter):
            package.samples.seed()


def _programs(chosen: Config) -> Iterator[Program]:
    """What has to run, the stand-ins first since the others speak with them."""
    python, host, port = sys.executable, chosen.host, chosen.port
    if chosen.simulator_url:
        yield Program(
            name="Stripe simulator",
            command=[
                *(python, "-m", "shop.simulator", "--host", host, "--port", str(port + 1)),
                *("--data", str(chosen.data_dir / "simulator")),
                *("--webhook-url", f"http://{chosen.local_host}:{port}/webhooks/stripe"),
                *("--webhook-secret", chosen.stripe_webhook_secrets[0]),
            ],
            page=chosen.simulator_url,
        )
    if chosen.mailbox_url:
        yield Program(
            name="mailbox",
            command=[
                *(python, "-m", "core.mailbox", "--host", host, "--http-port", str(port + 2)),
                *("--smtp-port", str(port + 3), "--data", str(chosen.data_dir / "mailbox")),
            ],
            page=chosen.mailbox_url,
        )
    for number in range(1, chosen.mail_workers + 1):
        yield Program(
            name=f"worker {number}", command=[python, "-m", "flask", "--app", "wsgi", "worker"]
        )
    yield Program(
        name="web",
        command=[
            *(python, "-m", "granian", "--interface", "wsgi", "--factory", "wsgi:create_app"),
            *("--host", host, "--port", str(port), "--workers", str(chosen.web_workers)),
            *("--blocking-threads", "4", "--respawn-failed-workers", "--log-level", "warning"),
            *("--workers-kill-timeout", "3"),
        ],
        page=f"http://{chosen.local_host}:{port}/healthz",
    )


def _welcome(chosen: Config, sign_in: tuple[str, str] | None) -> str:
    lines = [
        ("Shop", chosen.site_url),
        ("Back office", f"{chosen.site_url}/staff/"),
        ("Mailbox", chosen.mailbox_url),
        ("Stripe simulator", chosen.simulator_url),
        ("First sign-in", sign_in and " with the password ".join(sign_in)),
    ]
    return "\n".join(f"  {name + ':':<18}{url}" for name, url in lines if url)


def _load() -> Config:
    try:
        return config.load(environment.read())
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
