"""Return paths that name the message they belong to (variable envelope return path).

`bounces@your.shop` becomes `bounces+<message>-<signature>@your.shop`: who sends a notice there
knows the message, and nobody else can.
"""

import hmac
import re
from hashlib import sha256

from core import config

_TOKEN = re.compile(r"\+(\d+)-([0-9a-f]{24})@")


def return_path(delivery_id: int) -> str | None:
    """The return path of a message; None where `MAIL_BOUNCE_ADDRESS` is not set."""
    address = config.current().mail.bounce_address
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    return f"{local}+{delivery_id}-{_mac(delivery_id, config.current().secret_keys[0])}@{domain}"


def read(address: str) -> int | None:
    """The message that a return path of ours names; None for any other address."""
    match = _TOKEN.search(address)
    if match is None:
        return None
    delivery_id = int(match[1])
    known = (_mac(delivery_id, key) for key in config.current().secret_keys)
    return delivery_id if any(hmac.compare_digest(mac, match[2]) for mac in known) else None


def _mac(delivery_id: int, key: str) -> str:
    """96 bits, as the address may have 64 characters before its @ (RFC 5321, 4.5.3.1.1)."""
    return hmac.new(f"verp:{key}".encode(), str(delivery_id).encode(), sha256).hexdigest()[:24]
