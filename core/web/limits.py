"""How often a visitor may do what costs us something; shared through `REDIS_URL` when it is set."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from core.config import Config

limiter = Limiter(key_func=get_remote_address, headers_enabled=True)


def init_app(app: Flask, config: Config) -> None:
    """Count in Redis where there is one, else in this process."""
    app.config["RATELIMIT_STORAGE_URI"] = config.redis_url or "memory://"
    limiter.init_app(app)
