"""Every setting of the shop, read once from the environment and `.env`, checked, and frozen."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.environment import ConfigError, Environment, split


@dataclass(frozen=True, kw_only=True)
class DkimConfig:
    """Whose signature mail bears, and the private key that makes it."""

    domain: str
    selector: str
    key_file: Path


@dataclass(frozen=True, kw_only=True)
class MailConfig:
    """Where mail goes: Flask-Mail's own names and meaning; `rate` in messages a second.

    `warm_up` is the first day of a new sender's warm-up, see `core.mail.warming`.
    Notices of bounces come back to `bounce_address`, or are posted by a provider who proves itself
    by one of `webhook_keys`, by its name.
    """

    server: str
    port: int
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    use_ssl: bool = False
    default_sender: str | None = None
    rate: float | None = None
    dkim: DkimConfig | None = None
    bounce_address: str | None = None
    bounce_mailbox: str | None = None
    warm_up: date | None = None
    webhook_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting of the README's table; addresses have no trailing slash.

    `simulator_url` and `mailbox_url` are set exactly when the shop has no Stripe key or no mail
    server of its own: then these local stand-ins have to be started beside it.
    """

    data_dir: Path
    database_url: str
    redis_url: str | None
    site_url: str
    host: str
    port: int
    trusted_proxies: int
    web_workers: int
    mail_workers: int
    secret_keys: tuple[str, ...]
    stripe_secret_key: str
    stripe_webhook_secrets: tuple[str, ...]
    stripe_api_base: str | None
    simulator_url: str | None
    mail: MailConfig
    mailbox_url: str | None
    log_level: str
    log_format: str

    @property
    def local_host(self) -> str:
        """The address under which programs on this machine reach each other."""
        return _loopback(self.host)

    @property
    def secure(self) -> bool:
        """Whether the public address is HTTPS, so that cookies may insist on it."""
        return self.site_url.startswith("https://")


def load(given: Mapping[str, str]) -> Config:
    """Check and freeze the settings. Raises `ConfigError` naming the first wrong one.

    Creates `DATA_DIR` and, where they are not given, the generated secrets in it.
    """
    environ = Environment(given)
    data_dir = _data_dir(environ)
    host = environ.get("HOST", "127.0.0.1")
    port = environ.integer("PORT", default=8000, low=1, high=65_532)
    site_url = environ.url("SITE_URL", default=f"http://localhost:{port}")
    local = _loopback(host)
    simulated = "STRIPE_SECRET_KEY" not in environ
    mailbox = "MAIL_SERVER" not in environ
    return Config(
        data_dir=data_dir,
        database_url=_database_url(environ, data_dir),
        redis_url=_redis_url(environ),
        site_url=site_url,
        host=host,
        port=port,
        trusted_proxies=environ.integer("TRUSTED_PROXIES", default=0, low=0, high=9),
        web_workers=environ.integer("WEB_WORKERS", default=2, low=1, high=64),
        mail_workers=environ.integer("MAIL_WORKERS", default=1, low=1, high=64),
        secret_keys=_secret_keys(environ, data_dir, live=_is_live(environ, site_url)),
        stripe_secret_key=_stripe_key(environ),
        stripe_webhook_secrets=_webhook_secrets(environ, data_dir, simulated=simulated),
        stripe_api_base=environ.url("STRIPE_API_BASE", default="")
        or (f"http://{local}:{port + 1}" if simulated else None),
        simulator_url=f"http://{local}:{port + 1}" if _needs_simulator(environ) else None,
        mail=_mail(environ, local, port),
        mailbox_url=f"http://{local}:{port + 2}" if mailbox else None,
        log_level=environ.choice(
            "LOG_LEVEL", "info", ("debug", "info", "warning", "error", "critical")
        ),
        log_format=environ.choice("LOG_FORMAT", "text", ("text", "json")),
    )


_current: Config | None = None


def install(config: Config) -> None:
    """Make `config` the one that `current()` answers with, for this process."""
    global _current  # noqa: PLW0603 - one process serves one shop; this is its only such name
    _current = config


def current() -> Config:
    """The installed settings. Raises `RuntimeError` before `install`."""
    if _current is None:
        raise RuntimeError("no settings are installed yet: call create_app() first")
    return _current


def _data_dir(environ: Environment) -> Path:
    path = Path(environ.get("DATA_DIR", "var")).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("DATA_DIR", f"cannot create {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise ConfigError("DATA_DIR", f"{path} is not writable")
    return path


def _database_url(environ: Environment, data_dir: Path) -> str:
    url = environ.get("DATABASE_URL")
    if url is None:
        return f"sqlite:///{data_dir / 'shop.sqlite3'}"
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg") and rest:
        try:
            make_url(f"postgresql+psycopg://{rest}")
        except (ArgumentError, ValueError) as error:
            raise ConfigError(
                "DATABASE_URL", "must be as postgresql://user@host:5432/shop"
            ) from error
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and rest:
        return url
    raise ConfigError("DATABASE_URL", "must start with postgresql:// or sqlite:///")


def _redis_url(environ: Environment) -> str | None:
    url = environ.get("REDIS_URL")
    parts = split(url or "redis://none")
    if parts is None or parts.scheme not in _REDIS or not (parts.hostname or parts.path):
        raise ConfigError("REDIS_URL", "must be an address such as redis://localhost:6379/0")
    return url


_REDIS = ("redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")


def _secret_keys(environ: Environment, data_dir: Path, *, live: bool) -> tuple[str, ...]:
    given = environ.several("SECRET_KEY")
    if not given:
        if live:
            raise ConfigError("SECRET_KEY", "must be set in production; a generated one is not")
        return (_generated(data_dir / "secret_key", lambda: secrets.token_urlsafe(48)),)
    for key in given:
        if len(key) < 16:
            raise ConfigError("SECRET_KEY", "must have at least 16 characters")
    return given


def _is_live(environ: Environment, site_url: str) -> bool:
    live_key = environ.get("STRIPE_SECRET_KEY", "").startswith(("sk_live_", "rk_live_"))
    return live_key or site_url.startswith("https://")


def _stripe_key(environ: Environment) -> str:
    key = environ.get("STRIPE_SECRET_KEY", "sk_test_simulator")
    if not key.startswith(("sk_", "rk_")):
        raise ConfigError("STRIPE_SECRET_KEY", "must start with sk_ or rk_")
    return key


def _webhook_secrets(environ: Environment, data_dir: Path, *, simulated: bool) -> tuple[str, ...]:
    """Without one the webhook's door stays shut, since anybody can sign with an empty key."""
    given = environ.several("STRIPE_WEBHOOK_SECRET")
    if not given and simulated:
        return (_generated(data_dir / "webhook_secret", lambda: f"whsec_{secrets.token_hex(24)}"),)
    if not given:
        raise ConfigError("STRIPE_WEBHOOK_SECRET", "must be set when STRIPE_SECRET_KEY is")
    for secret in given:
        if not secret.startswith("whsec_"):
            raise ConfigError("STRIPE_WEBHOOK_SECRET", "must start with whsec_")
    return given


def _needs_simulator(environ: Environment) -> bool:
    return "STRIPE_SECRET_KEY" not in environ and "STRIPE_API_BASE" not in environ


def _mail(environ: Environment, local: str, port: int) -> MailConfig:
    rate, warm_up = environ.number("MAIL_RATE"), environ.day("MAIL_WARM_UP")
    sender = environ.get("MAIL_DEFAULT_SENDER")
    dkim, bounce_address = _dkim(environ), environ.get("MAIL_BOUNCE_ADDRESS")
    if sender is not None and "@" not in sender:
        raise ConfigError("MAIL_DEFAULT_SENDER", "must be an address such as hello@your.shop")
    if bounce_address is not None and "@" not in bounce_address:
        raise ConfigError("MAIL_BOUNCE_ADDRESS", "must be an address such as bounces@your.shop")
    if "MAIL_SERVER" not in environ:
        return MailConfig(
            server=local,
            port=port + 3,
            default_sender=sender,
            rate=rate,
            warm_up=warm_up,
            dkim=dkim,
            bounce_address=bounce_address,
            bounce_mailbox=_bounce_mailbox(environ),
            webhook_keys=_webhook_keys(environ),
        )
    use_tls = environ.boolean("MAIL_USE_TLS")
    use_ssl = environ.boolean("MAIL_USE_SSL")
    if use_tls and use_ssl:
        raise ConfigError("MAIL_USE_TLS", "cannot be combined with MAIL_USE_SSL")
    if sender is None:
        raise ConfigError("MAIL_DEFAULT_SENDER", "must be set when MAIL_SERVER is")
    return MailConfig(
        server=environ["MAIL_SERVER"],
        port=environ.integer("MAIL_PORT", default=25, low=1, high=65_535),
        username=environ.get("MAIL_USERNAME"),
        password=environ.get("MAIL_PASSWORD"),
        use_tls=use_tls,
        use_ssl=use_ssl,
        default_sender=sender,
        rate=rate,
        warm_up=warm_up,
        dkim=dkim,
        bounce_address=bounce_address,
        bounce_mailbox=_bounce_mailbox(environ),
        webhook_keys=_webhook_keys(environ),
    )


def _bounce_mailbox(environ: Environment) -> str | None:
    url = environ.get("MAIL_BOUNCE_MAILBOX")
    parts = split(url or "imaps://none")
    known = ("imaps", "imap", "pop3s", "pop3")
    if parts is None or parts.scheme not in known or not parts.hostname:
        raise ConfigError(
            "MAIL_BOUNCE_MAILBOX", "must be an address such as imaps://user:password@host/INBOX"
        )
    return url


def _dkim(environ: Environment) -> DkimConfig | None:
    if "DKIM_KEY_FILE" not in environ:
        return None
    for name in ("DKIM_DOMAIN", "DKIM_SELECTOR"):
        if name not in environ:
            raise ConfigError(name, "must be set when DKIM_KEY_FILE is")
    path = Path(environ["DKIM_KEY_FILE"]).absolute()
    if not os.access(path, os.R_OK):
        raise ConfigError("DKIM_KEY_FILE", f"{path} cannot be read")
    return DkimConfig(
        domain=environ["DKIM_DOMAIN"], selector=environ["DKIM_SELECTOR"], key_file=path
    )


def _webhook_keys(environ: Environment) -> dict[str, str]:
    """What each mail provider proves itself by; one without a key is not listened to."""
    names = {
        "ses": "SES_TOPIC_ARN",
        "postmark": "POSTMARK_WEBHOOK_PASSWORD",
        "sendgrid": "SENDGRID_WEBHOOK_KEY",
        "mailgun": "MAILGUN_WEBHOOK_KEY",
    }
    return {provider: environ[name] for provider, name in names.items() if name in environ}


def _generated(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path`, made on first use, whoever comes first among several processes."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secret := make())
    return secret


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104 - compared, not bound
