"""How often a visitor may do what costs us something; shared through `REDIS_URL` when it is set.

A visitor is known by their network: with IPv6 everybody has some 2^64 addresses, which begin alike.
"""

import hmac
import re
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Flask, request
from flask_limiter import Limiter

from core import config
from core.config import Config

_IPV6_PREFIX = 64  # what a household gets, at the least (RFC 6177)
_WITH_PORT = re.compile(r"\[([0-9a-f:.]+)\](?::\d+)?|([0-9.]+):\d+", re.IGNORECASE)


def network() -> str | None:
    """A name for the visitor's network that tells nobody which it is; None for this machine."""
    address = _address()
    if not isinstance(address, str) and address.is_loopback:
        return None
    key = f"network:{config.current().secret_keys[0]}".encode()
    return hmac.new(key, _network().encode(), sha256).hexdigest()[:32]


def _network() -> str:
    address = _address()
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _address() -> IPv4Address | IPv6Address | str:
    """Some proxies write a port behind it, or no address at all: what cannot be read is a name."""
    written = request.remote_addr or "127.0.0.1"
    found = _WITH_PORT.fullmatch(written)
    try:
        return ip_address((found[1] or found[2]) if found else written)
    except ValueError:
        return written[:64]


limiter = Limiter(key_func=_network, headers_enabled=True)


def init_app(app: Flask, config: Config) -> None:
    """Count in Redis where there is one, else in this process."""
    app.config["RATELIMIT_STORAGE_URI"] = config.redis_url or "memory://"
    limiter.init_app(app)
