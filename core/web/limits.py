"""How often a visitor may do what costs us something; shared through `REDIS_URL` when it is set.

A visitor is known by their network: with IPv6 everybody has some 2^64 addresses, which begin alike.
"""

import hmac
from hashlib import sha256
from ipaddress import ip_address, ip_network

from flask import Flask, request
from flask_limiter import Limiter

from core import config
from core.config import Config

_IPV6_PREFIX = 64  # what a household gets, at the least (RFC 6177)


def network() -> str | None:
    """A name for the visitor's network that tells nobody which it is; None for this machine."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    if address.is_loopback:
        return None
    key = f"network:{config.current().secret_keys[0]}".encode()
    return hmac.new(key, _network().encode(), sha256).hexdigest()[:32]


def _network() -> str:
    address = ip_address(request.remote_addr or "127.0.0.1")
    if address.version == 4:
        return str(address)
    return str(ip_network((address, _IPV6_PREFIX), strict=False))


limiter = Limiter(key_func=_network, headers_enabled=True)


def init_app(app: Flask, config: Config) -> None:
    """Count in Redis where there is one, else in this process."""
    app.config["RATELIMIT_STORAGE_URI"] = config.redis_url or "memory://"
    limiter.init_app(app)
